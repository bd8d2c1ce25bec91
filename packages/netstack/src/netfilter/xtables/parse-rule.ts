// Words of a rule → Rule (do_parse of iptables/xshared.c). Options of extensions are searched newest extension first, as getopt with
// merged option tables does; `-p tcp --dport 80` brings `-m tcp` in at the place of its first option.

import type { MatchExtension, OptionSpec, RuleHead, TargetExtension } from "./extension.ts";
import { Options } from "./extension.ts";
import { checkIfaceName } from "./iface-name.ts";
import { parseProtocol, protocolName } from "./protocols.ts";
import { findMatch, findTarget, isUnmodelledMatch, isUnmodelledTarget, protocolMatch, VERDICTS } from "./registry.ts";
import type { MatchUse, NameCondition, RuleTarget } from "./rule.ts";
import { Rule } from "./rule.ts";
import type { AddrMask } from "./syntax.ts";
import { parseAddrMask, parseUint } from "./syntax.ts";
import { parameterError, unmodelled, XtError } from "./xt-error.ts";

export interface ParsedRule {
  /** Several when -s or -d held a list. */
  readonly rules: readonly Rule[];
  /** From -c or a bracket; null when not given. */
  readonly counters: { readonly packets: number; readonly bytes: number } | null;
}

type HeadOption =
  | "source"
  | "destination"
  | "in-interface"
  | "out-interface"
  | "protocol"
  | "fragments"
  | "match"
  | "jump"
  | "goto"
  | "set-counters";

/** Long names of the options of every rule, the short letter, how many arguments. */
const HEAD_OPTIONS: readonly {
  readonly option: HeadOption;
  readonly short: string;
  readonly long: readonly string[];
  readonly args: number;
}[] = [
  { option: "source", short: "s", long: ["source", "src"], args: 1 },
  { option: "destination", short: "d", long: ["destination", "dst"], args: 1 },
  { option: "in-interface", short: "i", long: ["in-interface"], args: 1 },
  { option: "out-interface", short: "o", long: ["out-interface"], args: 1 },
  { option: "protocol", short: "p", long: ["protocol", "proto"], args: 1 },
  { option: "fragments", short: "f", long: ["fragments"], args: 0 },
  { option: "match", short: "m", long: ["match"], args: 1 },
  { option: "jump", short: "j", long: ["jump"], args: 1 },
  { option: "goto", short: "g", long: ["goto"], args: 1 },
  { option: "set-counters", short: "c", long: ["set-counters"], args: 2 },
];

/** `head` is what -p had said when the last option came: some extensions insist on -p before their options. */
type Loaded =
  | { readonly kind: "match"; readonly ext: MatchExtension; readonly options: Options; head: RuleHead | null }
  | { readonly kind: "target"; readonly ext: TargetExtension; readonly options: Options; head: RuleHead | null };

/** Counters are u64 in the kernel. */
const MAX_COUNTER = 2 ** 64;
/** Options that say themselves what is missing. */
const TWO_ARGS: readonly string[] = ["--tcp-flags", "--match-set", "--add-set", "--del-set"];

const ANY_PROTOCOL: RuleHead = { proto: 0, protoInvert: false };

interface AddrList {
  readonly addrs: readonly AddrMask[];
  readonly invert: boolean;
}

/** Reads the words of one rule. */
class RuleParser {
  private readonly words: readonly string[];
  private at = 0;
  private src: AddrList | null = null;
  private dst: AddrList | null = null;
  private inName: NameCondition | null = null;
  private outName: NameCondition | null = null;
  private head: RuleHead | null = null;
  private fragment: boolean | null = null;
  private readonly loaded: Loaded[] = [];
  private target: { readonly kind: "jump" | "goto"; readonly name: string } | null = null;
  private counters: ParsedRule["counters"] = null;

  constructor(words: readonly string[]) {
    this.words = words;
  }

  parse(): ParsedRule {
    while (this.at < this.words.length) this.option();
    return { rules: this.build(), counters: this.counters };
  }

  private option(): void {
    let invert = false;
    if (this.words[this.at] === "!") {
      invert = true;
      this.at++;
      if (this.words[this.at] === "!") throw parameterError("multiple consecutive ! not allowed");
    }
    const word = this.words[this.at++];
    if (word === undefined || !word.startsWith("-") || word.length < 2)
      throw new XtError("argument", `Bad argument \`${word ?? "!"}'`);
    if (word.startsWith("--")) this.longOption(word.slice(2), invert);
    else this.shortOption(word, invert);
  }

  private shortOption(word: string, invert: boolean): void {
    const row = HEAD_OPTIONS.find((o) => o.short === word.charAt(1));
    if (row === undefined) throw parameterError(`unknown option "${word}"`);
    const glued = word.slice(2);
    if (glued !== "" && row.args === 0) throw parameterError(`unknown option "-${glued.charAt(0)}"`);
    this.headOption(row.option, this.args(word.slice(0, 2), row.args, glued === "" ? undefined : glued), invert);
  }

  private longOption(text: string, invert: boolean): void {
    const equals = text.indexOf("=");
    const name = equals < 0 ? text : text.slice(0, equals);
    const glued = equals < 0 ? undefined : text.slice(equals + 1);
    const found = this.findOption(name);
    if (found === undefined) throw parameterError(`unknown option "--${name}"`);
    if ("row" in found) this.headOption(found.row.option, this.args(`--${name}`, found.row.args, glued), invert);
    else {
      found.loaded.options.add(found.spec, this.args(`--${name}`, found.spec.args ?? 1, glued), invert);
      found.loaded.head = this.head ?? ANY_PROTOCOL;
    }
  }

  /** Exact names first, then unique beginnings; then the protocol's own match is tried. */
  private findOption(
    name: string,
  ):
    | { readonly row: (typeof HEAD_OPTIONS)[number] }
    | { readonly loaded: Loaded; readonly spec: OptionSpec }
    | undefined {
    const row = HEAD_OPTIONS.find((o) => o.long.includes(name));
    if (row !== undefined) return { row };
    // An extension that comes again brings no options of its own: those it has go to its last use (xtables_find_match's clones).
    const extensions = [...new Set(this.loaded.map((l) => l.ext))].reverse();
    for (const exact of [true, false]) {
      for (const ext of extensions) {
        const spec = findSpec(ext.options, name, exact);
        const loaded = this.loaded.findLast((l) => l.ext === ext);
        if (spec !== undefined && loaded !== undefined) return { loaded, spec };
      }
    }
    return this.loadProtocol() ? this.findOption(name) : undefined;
  }

  /** The match of -p, once, when it is not loaded yet. */
  private loadProtocol(): boolean {
    const ext = this.head === null ? undefined : protocolMatch(this.head.proto);
    if (ext === undefined || this.loaded.some((l) => l.ext === ext)) return false;
    this.loaded.push({ kind: "match", ext, options: new Options(ext.name), head: null });
    return true;
  }

  private args(option: string, count: number, glued: string | undefined): string[] {
    const args = glued === undefined ? [] : [glued];
    while (args.length < count) {
      const word = this.words[this.at++];
      const isMissing = word === undefined || (args.length === 1 && /^[-!]/.test(word));
      if (isMissing && count === 2 && TWO_ARGS.includes(option)) throw parameterError(`${option} requires two args.`);
      if (word === undefined) throw parameterError(`option "${option}" requires an argument`);
      args.push(word);
    }
    return args;
  }

  private once(seen: unknown, letter: string): void {
    if (seen !== null) throw parameterError(`multiple -${letter} flags not allowed`);
  }

  private headOption(option: HeadOption, args: readonly string[], invert: boolean): void {
    const arg = args[0] ?? "";
    switch (option) {
      case "source":
        this.once(this.src, "s");
        this.src = parseAddrList(arg, invert);
        return;
      case "destination":
        this.once(this.dst, "d");
        this.dst = parseAddrList(arg, invert);
        return;
      case "in-interface":
        this.once(this.inName, "i");
        this.inName = { name: checkIfaceName(arg), invert };
        return;
      case "out-interface":
        this.once(this.outName, "o");
        this.outName = { name: checkIfaceName(arg), invert };
        return;
      case "protocol":
        this.once(this.head, "p");
        this.head = { proto: parseProtocol(arg), protoInvert: invert };
        if (invert && this.head.proto === 0) throw parameterError("rule would never match protocol");
        return;
      case "fragments":
        this.once(this.fragment, "f");
        this.fragment = !invert;
        return;
      case "match":
        if (invert) throw parameterError("unexpected ! flag before --match");
        this.loadMatch(arg);
        return;
      case "jump":
      case "goto":
        if (invert) throw parameterError(`cannot have ! before -${option.charAt(0)}`);
        this.jump(option, arg);
        return;
      case "set-counters":
        this.counters = parseCounters(arg, args[1] ?? "");
    }
  }

  private loadMatch(name: string): void {
    const ext = findMatch(name);
    if (ext !== undefined) {
      this.loaded.push({ kind: "match", ext, options: new Options(ext.name), head: null });
      return;
    }
    if (isUnmodelledMatch(name)) throw unmodelled(`match "${name}"`);
    throw parameterError(`Couldn't load match \`${name}':No such file or directory\n`);
  }

  private jump(kind: "jump" | "goto", name: string): void {
    this.once(this.target, kind === "jump" ? "j" : "g");
    if (name === "") throw parameterError("Invalid target name (too short)");
    if (name.length > 28) throw parameterError(`Invalid target name \`${name}' (28 chars max)`);
    this.target = { kind, name };
    if (kind === "goto") return;
    const ext = findTarget(name);
    if (ext !== undefined) this.loaded.push({ kind: "target", ext, options: new Options(ext.name), head: null });
    else if (isUnmodelledTarget(name)) throw unmodelled(`target "${name}"`);
  }

  private build(): Rule[] {
    const lists = [this.src, this.dst].filter((list) => list !== null);
    if (lists.some((list) => list.invert) && lists.some((list) => list.addrs.length > 1))
      throw parameterError("! not allowed with multiple source or destination IP addresses");
    const head = this.head ?? ANY_PROTOCOL;
    const matches = this.loaded.flatMap((l) =>
      l.kind === "match" ? [buildMatch(l.ext, l.options, l.head ?? head, head)] : [],
    );
    const target = this.buildTarget(head);
    const rules: Rule[] = [];
    for (const src of conditions(this.src)) {
      for (const dst of conditions(this.dst)) {
        rules.push(
          new Rule({
            src,
            dst,
            in: anyName(this.inName),
            out: anyName(this.outName),
            head,
            fragment: this.fragment,
            matches,
            target,
          }),
        );
      }
    }
    return rules;
  }

  private buildTarget(head: RuleHead): RuleTarget {
    if (this.target === null) return { kind: "none" };
    const { kind, name } = this.target;
    if (kind === "goto") return { kind, name };
    const verdict = VERDICTS.find((v) => v === name);
    if (verdict !== undefined) return { kind: "verdict", name: verdict };
    const use = this.loaded.find((l) => l.kind === "target");
    if (use === undefined || use.kind !== "target") return { kind: "jump", name };
    return { kind: "target", name, ext: use.ext, params: use.ext.parse(use.options, use.head ?? head) };
  }
}

function findSpec(specs: readonly OptionSpec[], name: string, exact: boolean): OptionSpec | undefined {
  const fits = (full: string): boolean => (exact ? full === name : full.startsWith(name));
  return specs.find((s) => fits(s.name) || s.aliases?.some(fits) === true);
}

function buildMatch(ext: MatchExtension, options: Options, then: RuleHead, head: RuleHead): MatchUse {
  if (ext.protocol !== undefined && ext.protocol !== head.proto) {
    throw parameterError(`${ext.name.toUpperCase()} match requires '-p ${protocolName(ext.protocol)}'`);
  }
  return { ext, params: ext.parse(options, then) };
}

function parseAddrList(text: string, invert: boolean): AddrList {
  return { addrs: text.split(",").map(parseAddrMask), invert };
}

/** One condition per address; the whole Internet is no condition. */
function conditions(list: AddrList | null): ((AddrMask & { invert: boolean }) | null)[] {
  if (list === null) return [null];
  return list.addrs.map((a) => (a.mask === 0 && !list.invert ? null : { ...a, invert: list.invert }));
}

/** `-i +` says nothing. */
function anyName(c: NameCondition | null): NameCondition | null {
  return c !== null && c.name === "+" && !c.invert ? null : c;
}

function parseCounters(packets: string, bytes: string): { packets: number; bytes: number } {
  const p = parseUint(packets, MAX_COUNTER);
  const b = parseUint(bytes, MAX_COUNTER);
  if (p === undefined) throw parameterError("-c packet counter not numeric");
  if (b === undefined) throw parameterError("-c byte counter not numeric");
  return { packets: p, bytes: b };
}

/** Parse the words behind `-A CHAIN`. Throws XtError. */
export function parseRuleWords(words: readonly string[]): ParsedRule {
  return new RuleParser(words).parse();
}
