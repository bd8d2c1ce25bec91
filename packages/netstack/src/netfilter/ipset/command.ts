// The program ipset (src/ipset.c, libipset's ipset.c: ipset_parse_argv) on the sets of a namespace.

import type { NetNamespace } from "../../netns/net-namespace.ts";
import type { IpSetCommand, IpSetErrno } from "./ip-set-error.ts";
import { errnoMessage, IpSetError, kernelError, parameterError, syntaxError, unmodelled } from "./ip-set-error.ts";
import type { SetType } from "./ip-set-type.ts";
import { findSetType, OTHER_SET_TYPES } from "./ip-set-types.ts";
import type { IpsetNet } from "./ipset-net.ts";
import { parseCreateOptions, parseElemOptions } from "./options.ts";
import { checkSetName, parseElem } from "./parse-elem.ts";
import type { ListForm } from "./print.ts";
import { listSets } from "./print.ts";
import type { SetSlot } from "./set-directory.ts";
import { splitLine } from "./split-line.ts";
import type { UserElem } from "./user-elem.ts";
import { emptyUserElem } from "./user-elem.ts";

export interface IpsetResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number;
  /** The real tool takes it, kubehop does not. */
  readonly unmodelled?: true;
}

const PROGRAM = "ipset v7.17";
const HINT = "Try `ipset help' for more information.\n";
const EXIT = { session: 1, parameter: 2, other: 1, unmodelled: 2 } as const;

interface CommandRow {
  readonly name: IpSetCommand | "help" | "version" | "quit";
  readonly words: readonly string[];
  /** Mandatory arguments; -1: one that may be left out. */
  readonly args: 0 | 1 | 2 | -1;
}

/** In the order in which abbreviations are tried. */
const COMMANDS: readonly CommandRow[] = [
  { name: "create", words: ["create", "new", "-N"], args: 2 },
  { name: "add", words: ["add", "-A"], args: 2 },
  { name: "del", words: ["del", "-D"], args: 2 },
  { name: "test", words: ["test", "-T"], args: 2 },
  { name: "destroy", words: ["destroy", "x", "-X"], args: -1 },
  { name: "list", words: ["list", "-L"], args: -1 },
  { name: "save", words: ["save", "-S"], args: -1 },
  { name: "restore", words: ["restore", "-R"], args: 0 },
  { name: "flush", words: ["flush", "-F"], args: -1 },
  { name: "rename", words: ["rename", "e", "-E"], args: 2 },
  { name: "swap", words: ["swap", "w", "-W"], args: 2 },
  { name: "help", words: ["help", "-h", "-H"], args: -1 },
  { name: "version", words: ["version", "-v", "-V"], args: 0 },
  { name: "quit", words: ["quit"], args: 0 },
];

/** Options that may stand anywhere; true: with a value. */
const ENV_OPTIONS: readonly (readonly [readonly string[], boolean])[] = [
  [["-o", "-output"], true],
  [["-s", "-sorted"], false],
  [["-q", "-quiet"], false],
  [["-r", "-resolve"], false],
  [["-!", "-exist"], false],
  [["-n", "-name"], false],
  [["-t", "-terse"], false],
  [["-f", "-file"], true],
];

function isPrefixOf(word: string, full: string): boolean {
  const bare = word.startsWith("--") ? word.slice(2) : word;
  return bare !== "" && word !== "-" && full.startsWith(bare);
}

/** Additions or deletions of a restore text that wait to go to the kernel together. */
interface Pending {
  readonly command: "add" | "del";
  readonly slot: SetSlot;
  readonly exist: boolean;
  readonly items: { readonly line: number; readonly elem: UserElem }[];
}

/** A positive test: it is told on stderr and the program ends well, in the midst of a restore too. */
class TestAnswer extends Error {
  readonly found: boolean;

  constructor(text: string, found: boolean) {
    super(text);
    this.found = found;
  }
}

/** One run of the program. */
class Session {
  stdout = "";
  stderr = "";
  quiet = false;
  private exist = false;
  private form: ListForm | null = null;
  private output: "plain" | "save" | null = null;
  /** Line of the restore text, 0 outside. */
  private line = 0;
  private pending: Pending | null = null;
  private readonly sets: IpsetNet;

  constructor(sets: IpsetNet) {
    this.sets = sets;
  }

  // ---- words

  run(words: readonly string[], stdin: string): void {
    const rest = this.takeEnvOptions(words);
    const word = rest[0];
    const row = word === undefined ? undefined : COMMANDS.find((c) => c.words.some((w) => isPrefixOf(word, w)));
    if (row === undefined) {
      throw parameterError(
        word === undefined ? "No command specified." : `No command specified: unknown argument ${word}`,
      );
    }
    if (this.line > 0 && (row.name === "restore" || row.name === "help" || row.name === "version"))
      throw parameterError(`Command \`${row.name}' is invalid in restore mode.`);
    if (row.args > 0 && rest.length < 2) throw parameterError(`Missing mandatory argument to command ${row.name}`);
    if (row.args === 2 && rest.length < 3)
      throw parameterError(`Missing second mandatory argument to command ${row.name}`);
    this.dispatch(row, rest.slice(1), stdin);
  }

  private takeEnvOptions(words: readonly string[]): string[] {
    const rest = [...words];
    for (const [names, hasValue] of ENV_OPTIONS) {
      for (let i = 0; i < rest.length;) {
        const word = rest[i] ?? "";
        if (!names.includes(word.startsWith("--") ? word.slice(1) : word)) {
          i++;
          continue;
        }
        rest.splice(i, 1);
        if (hasValue && i >= rest.length)
          throw parameterError(`Missing mandatory argument to option ${names[0] ?? ""}`);
        this.envOption(names[0] ?? "", hasValue ? (rest.splice(i, 1)[0] ?? "") : "");
      }
    }
    return rest;
  }

  private envOption(name: string, value: string): void {
    if (name === "-q") this.quiet = true;
    else if (name === "-!") this.exist = true;
    else if (name === "-n") this.form = "names";
    else if (name === "-t") this.form = "terse";
    else if (name === "-o" && (value === "plain" || value === "save")) this.output = value;
    else if (name === "-o" && value !== "xml") throw syntaxError(`unknown output mode '${value}'`);
    else throw unmodelled(name === "-o" ? "-o xml" : name);
  }

  private dispatch(row: CommandRow, args: readonly string[], stdin: string): void {
    const [first = "", second = ""] = args;
    const rest = args.slice(2);
    switch (row.name) {
      case "create":
        return this.create(first, second, rest);
      case "add":
      case "del":
        return this.change(row.name, this.slot(first, row.name), second, rest);
      case "test":
        return this.test(this.slot(first, "test"), second, rest);
      case "list":
      case "save":
        return this.list(row.name, args);
      case "destroy":
      case "flush":
        return this.clear(row.name, args);
      case "rename":
      case "swap":
        return this.twoSets(row.name, first, second, rest);
      case "restore":
        noMore(args);
        return this.restore(stdin);
      case "version":
        this.stdout += `${PROGRAM}, protocol version: 7\n`;
        return;
      case "quit":
        return;
      case "help":
        throw unmodelled("help");
    }
  }

  // ---- commands

  private create(name: string, typeName: string, words: readonly string[]): void {
    checkSetName(name);
    const type = findSetType(typeName);
    if (type === undefined) {
      if (OTHER_SET_TYPES.includes(typeName)) throw unmodelled(`set type ${typeName}`);
      throw syntaxError(`typename '${typeName}' is unknown`);
    }
    const { options, warnings } = parseCreateOptions(type, words);
    this.stderr += this.quiet ? "" : warnings;
    this.commit();
    check(this.sets.create(name, type, options, this.exist), "create");
  }

  private change(command: "add" | "del", slot: SetSlot, text: string, words: readonly string[]): void {
    const { type } = slot.set;
    const elem = emptyUserElem();
    parseElem(type, text, elem);
    parseElemOptions(command === "add" ? type.addOptions : delOptions(type), words, elem);
    checkExtensions(slot, elem, command);
    if (this.line === 0) {
      check(applyElem(slot, command, elem, this.exist), command);
      return;
    }
    const { pending } = this;
    if (pending === null || pending.command !== command || pending.slot !== slot) {
      this.commit();
      this.pending = { command, slot, exist: this.exist, items: [] };
    }
    this.pending?.items.push({ line: this.line, elem });
  }

  private test(slot: SetSlot, text: string, words: readonly string[]): void {
    const { type } = slot.set;
    const elem = emptyUserElem();
    parseElem(type, text, elem);
    parseElemOptions(type.testOptions, words, elem);
    checkTestForm(type, elem);
    this.commit();
    const found = slot.set.utest(elem);
    if (typeof found === "string") throw kernelError(found, "test");
    const shown = type.text(elem);
    throw new TestAnswer(
      found ? `Warning: ${shown} is in set ${slot.name}.\n` : `${shown} is NOT in set ${slot.name}.\n`,
      found,
    );
  }

  private list(command: "list" | "save", args: readonly string[]): void {
    const slots = this.oneOrAll(command, args) ?? this.sets.list();
    const mode = this.output ?? (command === "save" ? "save" : "plain");
    this.commit();
    this.stdout += listSets(slots, mode === "save" ? "save" : (this.form ?? "plain"), this.sets.now);
  }

  private clear(command: "destroy" | "flush", args: readonly string[]): void {
    const name = args[0];
    if (command === "destroy" && this.exist && name !== undefined && this.sets.find(name) === undefined) return;
    const slots = this.oneOrAll(command, args);
    this.commit();
    if (command === "flush") for (const s of slots ?? this.sets.list()) s.set.flush();
    else if (slots === null) check(this.sets.destroyAll(), command);
    else for (const s of slots) check(this.sets.destroy(s), command);
  }

  private twoSets(command: "rename" | "swap", first: string, second: string, rest: readonly string[]): void {
    noMore(rest);
    const from = this.slot(first, command);
    checkSetName(second);
    this.commit();
    if (command === "rename") return check(this.sets.rename(from, second), command);
    const to = this.sets.find(second);
    check(to === undefined ? "EXIST_SETNAME2" : this.sets.swap(from, to), command);
  }

  private oneOrAll(command: IpSetCommand, args: readonly string[]): SetSlot[] | null {
    const [name] = args;
    if (name === undefined) return null;
    checkSetName(name);
    noMore(args.slice(1));
    return [this.slot(name, command)];
  }

  private slot(name: string, command: IpSetCommand): SetSlot {
    const slot = this.sets.find(checkSetName(name));
    if (slot === undefined) throw kernelError("ENOENT", command);
    return slot;
  }

  // ---- restore

  private restore(text: string): void {
    const { form, output } = this;
    const lines = text.split("\n");
    for (const content of lines) {
      this.line++;
      const trimmed = content.trim();
      if (trimmed === "" || trimmed.startsWith("#")) continue;
      if (trimmed === "COMMIT") this.commit();
      else this.run(splitLine(trimmed, this.line < lines.length), "");
      this.form = form;
      this.output = output;
    }
    this.commit();
  }

  /** Sends what waits; the first refused element ends it, those before it stay. */
  private commit(): void {
    const { pending } = this;
    this.pending = null;
    if (pending === null) return;
    for (const { line, elem } of pending.items) {
      const errno = applyElem(pending.slot, pending.command, elem, pending.exist);
      if (errno !== null) throw kernelError(errno, pending.command, line);
    }
  }

  /** How the run ends after `error`. */
  fail(error: unknown, words: readonly string[]): IpsetResult {
    if (error instanceof TestAnswer) {
      const stderr = this.stderr + (this.quiet ? "" : error.message);
      return { stdout: this.stdout, stderr, exit: error.found ? 0 : 1 };
    }
    if (!(error instanceof IpSetError)) throw error;
    const line = error.line > 0 ? error.line : this.line;
    const where = line > 0 && error.form !== "parameter" && error.form !== "other" ? `Error in line ${line}: ` : "";
    const what = error.form === "unmodelled" ? `: ipset ${words.join(" ")}` : "";
    const text = `${PROGRAM}: ${where}${error.message}${what}\n${error.form === "parameter" ? HINT : ""}`;
    const exit = EXIT[error.form];
    // A refusal is not hushed.
    if (error.form === "unmodelled") return { stdout: this.stdout, stderr: this.stderr + text, exit, unmodelled: true };
    return { stdout: this.stdout, stderr: this.stderr + (this.quiet ? "" : text), exit };
  }
}

function check(errno: IpSetErrno | null, command: IpSetCommand): void {
  if (errno !== null) throw new IpSetError("session", errnoMessage(errno, command));
}

function noMore(args: readonly string[]): void {
  if (args.length > 0) throw parameterError(`Unknown argument ${args[0] ?? ""}`);
}

function delOptions(type: SetType): readonly string[] {
  return type.ofSets ? type.testOptions : [];
}

function applyElem(slot: SetSlot, command: "add" | "del", e: UserElem, exist: boolean): IpSetErrno | null {
  return command === "add" ? slot.set.uadd(e, exist) : slot.set.udel(e, exist);
}

/** ip_set_get_extensions: what the set was not created with. */
function checkExtensions({ set }: SetSlot, e: UserElem, command: IpSetCommand): void {
  const { ext } = set;
  if (e.timeout !== null && ext.timeout === null) throw kernelError("TIMEOUT", command);
  if ((e.packets !== null || e.bytes !== null) && !ext.counters) throw kernelError("COUNTER", command);
  if (e.comment !== null && !ext.comment) throw kernelError("COMMENT", command);
  if (e.skbinfo !== null && !ext.skbinfo) throw kernelError("SKBINFO", command);
}

/** check_allowed: forms of elements that `test` does not take. */
function checkTestForm(type: SetType, e: UserElem): void {
  const what =
    e.portTo !== null
      ? "FROM-TO port range"
      : e.ipTo !== null && !type.testIpRange
        ? "FROM-TO IP range"
        : e.cidr !== null && !type.testCidr
          ? "IP/CIDR range"
          : null;
  if (what === null) return;
  const family = type.parts.some((p) => p === "ip4") ? "inet" : "unspec";
  throw new IpSetError(
    "other",
    `${what} is not allowed in command test with set type ${type.name} and family ${family}`,
  );
}

/** Words behind `ipset`, e.g. ["add","web","10.0.0.1"]; `stdin` is what restore reads. */
export function ipsetCommand(ns: NetNamespace, words: readonly string[], stdin = ""): IpsetResult {
  const session = new Session(ns.ipset);
  try {
    session.run(words, stdin);
    return { stdout: session.stdout, stderr: session.stderr, exit: 0 };
  } catch (error) {
    return session.fail(error, words);
  }
}
