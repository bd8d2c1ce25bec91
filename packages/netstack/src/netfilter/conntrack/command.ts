// The `conntrack` command (conntrack-tools 1.4.7): list, get, delete, flush, count, statistics, events. What the simulation does
// not have (creating entries, expectations with content, other output formats) is refused by name.

import type { NetNamespace } from "../../netns/net-namespace.ts";
import type { Conntrack } from "./conntrack.ts";
import { IPCT_PROTOINFO } from "./events.ts";
import type { CtFilterOption, CtTest } from "./filter.ts";
import { COMMON_OPTIONS, CtFilterError, parseCtProto, protoOptions } from "./filter.ts";
import type { EntryFormat, EventInfo, EventTag } from "./print.ts";
import { EVENT_FORMAT, formatEntry, formatEvent, LIST_FORMAT } from "./print.ts";

/** What a finished command printed. */
export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number;
  /** The real tool takes it, kubehop does not. */
  readonly unmodelled?: true;
}

const VERSION = "conntrack v1.4.7 (conntrack-tools): ";
const HINT = "Try `conntrack -h' or 'conntrack --help' for more information.\n";

type Verb = "L" | "G" | "D" | "F" | "C" | "S" | "E";
/** Words that say what to do. */
export const VERBS: Readonly<Record<string, Verb>> = {
  "-L": "L",
  "--dump": "L",
  "-G": "G",
  "--get": "G",
  "-D": "D",
  "--delete": "D",
  "-F": "F",
  "--flush": "F",
  "-C": "C",
  "--count": "C",
  "-S": "S",
  "--stats": "S",
  "-E": "E",
  "--event": "E",
};
/** Exist in the real tool, not here. */
export const UNMODELLED_VERBS = new Set(["-I", "--create", "-U", "--update", "-A", "--add", "-R", "--load-file"]);
/** Verbs that take filters. */
const FILTERED = new Set<Verb>(["L", "G", "D", "E"]);

type OutputWord = "extended" | "id" | "timestamp" | "ktimestamp" | "userspace";
export const OUTPUT_WORDS = new Set<string>(["extended", "id", "timestamp", "ktimestamp", "userspace"]);
export const UNMODELLED_OUTPUT = new Set(["xml", "save", "labels"]);

const EVENT_WORDS: Readonly<Record<string, readonly EventTag[]>> = {
  NEW: ["NEW"],
  UPDATES: ["UPDATE"],
  DESTROY: ["DESTROY"],
  ALL: ["NEW", "UPDATE", "DESTROY"],
};

/** A parsed command line. */
interface Parsed {
  verb: Verb;
  tests: CtTest[];
  output: Set<OutputWord>;
  events: Set<EventTag>;
  family: "ipv4" | "ipv6";
  /** Table named behind the verb. */
  table: string;
  /** -t: seconds; null without. */
  timeout: number | null;
}

class UsageError extends Error {
  override readonly name = "UsageError";
}

class NotModelledError extends Error {
  override readonly name = "NotModelledError";
}

/** Words of a command line, consumed from the front. */
class Words {
  private readonly words: readonly string[];
  private at = 0;

  constructor(words: readonly string[]) {
    this.words = words;
  }

  get done(): boolean {
    return this.at >= this.words.length;
  }

  next(): string {
    return this.words[this.at++] ?? "";
  }

  /** The value of `option`: behind `=`, or the next word. */
  required(option: string, inline: string | undefined): string {
    if (inline !== undefined) return inline;
    if (this.done) throw new UsageError(`option \`${option}' requires an argument`);
    return this.next();
  }

  /** The next word unless it is an option. */
  optional(inline: string | undefined): string {
    if (inline !== undefined) return inline;
    const word = this.words[this.at];
    return word === undefined || word.startsWith("-") ? "" : this.next();
  }
}

function parse(args: readonly string[]): Parsed {
  const verb = findVerb(args);
  const p: Parsed = {
    verb,
    tests: [],
    output: new Set(),
    events: new Set(EVENT_WORDS["ALL"]),
    family: "ipv4",
    table: "conntrack",
    timeout: null,
  };
  const words = new Words(args);
  let known: readonly CtFilterOption[] = COMMON_OPTIONS;
  while (!words.done) {
    const word = words.next();
    if (VERBS[word] !== undefined) p.table = parseTable(words.optional(undefined));
    else if (!word.startsWith("-")) throw new UsageError(`Bad parameter \`${word}'`);
    else known = parseOption(p, known, word, words);
  }
  addTimeoutTest(p);
  return p;
}

/** Seen with 1.4.7: -D deletes what has just that many seconds left, as listings show them; without another filter it looks at nothing. */
function addTimeoutTest({ timeout, tests }: Parsed): void {
  if (timeout !== null && tests.length > 0) tests.push((ct) => Math.floor(ct.remaining / 1000) === timeout);
}

function findVerb(args: readonly string[]): Verb {
  const refused = args.find((a) => UNMODELLED_VERBS.has(a));
  if (refused !== undefined) throw new NotModelledError(`command ${refused}`);
  const verbs = args.map((a) => VERBS[a]).filter((v) => v !== undefined);
  if (verbs.length > 1) throw new UsageError("Invalid commands combination");
  const [verb] = verbs;
  if (verb === undefined) throw new UsageError("Invalid parameters");
  return verb;
}

function parseTable(word: string): string {
  if (word === "") return "conntrack";
  if (["conntrack", "expect", "dying", "unconfirmed"].includes(word)) return word;
  throw new UsageError(`unknown type \`${word}'`);
}

/** One option and its value; returns the options known from here on (-p brings those of its protocol). */
function parseOption(
  p: Parsed,
  known: readonly CtFilterOption[],
  word: string,
  words: Words,
): readonly CtFilterOption[] {
  const eq = word.startsWith("--") ? word.indexOf("=") : -1;
  const name = eq < 0 ? word : word.slice(0, eq);
  const inline = eq < 0 ? undefined : word.slice(eq + 1);
  const filter = known.find(
    (o) => name === `-${o.short ?? ""}` || (name.startsWith("--") && o.long.includes(name.slice(2))),
  );
  if (filter !== undefined) {
    allow(p.verb, FILTERED.has(p.verb), filter.long[0] ?? "");
    const value = filter.value === "required" ? words.required(word, inline) : words.optional(inline);
    p.tests.push(filter.test(value));
    return known;
  }
  if (name === "-p" || name === "--proto" || name === "--protonum") {
    const proto = parseCtProto(words.required(word, inline));
    allow(p.verb, FILTERED.has(p.verb), "protonum");
    p.tests.push((ct) => ct.proto === proto);
    return [...COMMON_OPTIONS, ...protoOptions(proto)];
  }
  parseOther(p, name, words.done ? inline : (inline ?? words.next()), word);
  return known;
}

/** Options that are no filters. */
function parseOther(p: Parsed, name: string, value: string | undefined, word: string): void {
  switch (name) {
    case "-o":
    case "--output":
      allow(p.verb, FILTERED.has(p.verb), "output");
      parseOutput(p, need(value, word));
      return;
    case "-e":
    case "--event-mask":
      allow(p.verb, p.verb === "E", "event-mask");
      p.events = new Set(need(value, word).split(",").flatMap(eventTags));
      return;
    case "-f":
    case "--family":
      p.family = parseFamily(need(value, word));
      return;
    case "-t":
    case "--timeout":
      allow(p.verb, p.verb === "D", "timeout");
      p.timeout = Number.parseInt(need(value, word)) || 0;
      return;
    default:
      throw new UsageError(`unknown option \`${word}'`);
  }
}

function allow(_verb: Verb, allowed: boolean, option: string): void {
  if (!allowed) throw new UsageError(`Illegal option \`--${option}' with this command`);
}

function need(value: string | undefined, word: string): string {
  if (value === undefined) throw new UsageError(`option \`${word}' requires an argument`);
  return value;
}

function eventTags(word: string): readonly EventTag[] {
  const tags = EVENT_WORDS[word];
  if (tags === undefined) throw new UsageError(`Bad parameter \`${word}'`);
  return tags;
}

function parseOutput(p: Parsed, value: string): void {
  for (const word of value.split(",")) {
    if (UNMODELLED_OUTPUT.has(word)) throw new NotModelledError(`output ${word}`);
    if (!OUTPUT_WORDS.has(word)) throw new UsageError(`Bad parameter \`${word}'`);
    p.output.add(word as OutputWord);
  }
}

function parseFamily(word: string): "ipv4" | "ipv6" {
  if (word !== "ipv4" && word !== "ipv6") throw new UsageError(`unsupported family: \`${word}'`);
  return word;
}

function formatOf(p: Parsed, base: EntryFormat): EntryFormat {
  return { ...base, extended: p.output.has("extended"), id: p.output.has("id") };
}

function matches(p: Parsed, ct: Conntrack): boolean {
  return p.family === "ipv4" && p.tests.every((t) => t(ct));
}

function lines(p: Parsed, entries: readonly Conntrack[]): string {
  const format = formatOf(p, LIST_FORMAT);
  return entries.map((ct) => `${formatEntry(ct, format)}\n`).join("");
}

function list(ns: NetNamespace, p: Parsed): CommandResult {
  if (p.table === "expect") return { stdout: "", stderr: `${VERSION}0 expectations have been shown.\n`, exit: 0 };
  // Nothing dies slowly here, and an unconfirmed connection lives no longer than the call that made its packet.
  const found = p.table === "conntrack" ? ns.ct.list().filter((ct) => matches(p, ct)) : [];
  return { stdout: lines(p, found), stderr: `${VERSION}${found.length} flow entries have been shown.\n`, exit: 0 };
}

function remove(ns: NetNamespace, p: Parsed): CommandResult {
  const found = ns.ct.list().filter((ct) => matches(p, ct));
  const stdout = lines(p, found);
  for (const ct of found) ns.ct.delete(ct, "user");
  return {
    stdout,
    stderr: `${VERSION}${found.length} flow entries have been deleted.\n`,
    exit: found.length > 0 ? 0 : 1,
  };
}

function flush(ns: NetNamespace): CommandResult {
  ns.ct.flush();
  return { stdout: "", stderr: `${VERSION}connection tracking table has been emptied.\n`, exit: 0 };
}

/** One processor. */
function statistics(ns: NetNamespace): CommandResult {
  const s = ns.ct.stats;
  const stdout =
    `cpu=0   \tfound=${s.found} invalid=${s.invalid} insert=${s.insert} insert_failed=${s.insertFailed} drop=${s.drop} early_drop=${s.earlyDrop} ` +
    `error=${s.error} search_restart=${s.searchRestart} clash_resolve=${s.clashResolve} chaintoolong=${s.chaintoolong} \n`;
  return { stdout, stderr: "", exit: 0 };
}

function run(ns: NetNamespace, p: Parsed): CommandResult {
  switch (p.verb) {
    case "L":
    case "G":
      return list(ns, p);
    case "D":
      return remove(ns, p);
    case "F":
      return flush(ns);
    case "C":
      return { stdout: `${ns.ct.count}\n`, stderr: "", exit: 0 };
    case "S":
      return statistics(ns);
    case "E":
      throw new NotModelledError("-E as a command that ends (use conntrackEvents)");
  }
}

function failure(err: unknown): CommandResult {
  if (err instanceof UsageError || err instanceof CtFilterError)
    return { stdout: "", stderr: `${VERSION}${err.message}\n${HINT}`, exit: 2 };
  if (err instanceof NotModelledError)
    return { stdout: "", stderr: `conntrack: ${err.message} is not modelled\n`, exit: 2, unmodelled: true };
  throw err;
}

/** `conntrack WORDS…`, except -E. Errors are printed as the real tool words them. */
export function conntrackCommand(ns: NetNamespace, args: readonly string[]): CommandResult {
  try {
    return run(ns, parse(args));
  } catch (err) {
    return failure(err);
  }
}

/** A running `conntrack -E`. */
export interface EventWatch {
  /** SIGINT; returns what the tool prints at its end on stderr. */
  stop(): string;
}

/** True when the words are a `conntrack -E …`. */
export function isEventCommand(args: readonly string[]): boolean {
  return args.some((a) => VERBS[a] === "E");
}

/** `conntrack -E …`: prints a line per event until stopped. */
export function conntrackEvents(
  ns: NetNamespace,
  args: readonly string[],
  out: (line: string) => void,
): EventWatch | CommandResult {
  try {
    return watch(ns, parse(args), out);
  } catch (err) {
    return failure(err);
  }
}

function watch(ns: NetNamespace, p: Parsed, out: (line: string) => void): EventWatch {
  const format = formatOf(p, EVENT_FORMAT);
  let shown = 0;
  const show = (tag: EventTag, ct: Conntrack, info: EventInfo): void => {
    if (!p.events.has(tag) || !matches(p, ct)) return;
    shown++;
    const stamp = p.output.has("timestamp") ? `${timestamp(ns.world.now)}\t` : "";
    out(`${stamp}${formatEvent(tag, ct, format, info)}`);
  };
  const stop = ns.ct.listen({
    new: (ct) => show("NEW", ct, { byUser: false, withState: true }),
    update: (ct, mask) => show("UPDATE", ct, { byUser: false, withState: (mask & IPCT_PROTOINFO) !== 0 }),
    destroy: (ct, cause) => show("DESTROY", ct, { byUser: cause === "user", withState: true }),
  });
  return {
    stop: () => {
      stop();
      return `${VERSION}${shown} flow events have been shown.\n`;
    },
  };
}

/** `[seconds.microseconds]` of virtual time. */
function timestamp(now: number): string {
  const us = Math.floor(now * 1000) % 1_000_000;
  return `[${String(Math.floor(now / 1000)).padEnd(8)}.${String(us).padStart(6, "0")}]`;
}
