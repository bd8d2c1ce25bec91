// Words of an iptables command line → what is asked (do_parse of iptables/xshared.c). Command options may stand anywhere.

import type { ParsedRule } from "./parse-rule.ts";
import { parseRuleWords } from "./parse-rule.ts";
import type { RuleCache } from "./rule-cache.ts";
import { parseUint } from "./syntax.ts";
import { parameterError, XtError } from "./xt-error.ts";

export type CommandName =
  | "append"
  | "delete"
  | "insert"
  | "replace"
  | "list"
  | "list-rules"
  | "flush"
  | "zero"
  | "new-chain"
  | "delete-chain"
  | "policy"
  | "rename-chain"
  | "check";

export interface CommandWords {
  readonly name: CommandName;
  /** Null: filter. */
  readonly table: string | null;
  readonly chain: string | null;
  /** -I, -R, -D, -Z, -L, -S with a number (1-based); -I without is 1. */
  readonly ruleNumber: number | null;
  /** New name of -E, policy of -P. */
  readonly argument: string | null;
  readonly rule: ParsedRule | null;
  readonly verbose: boolean;
  readonly numeric: boolean;
  readonly exact: boolean;
  readonly lineNumbers: boolean;
  /** -Z together with -L or -S. */
  readonly zero: boolean;
}

interface CommandRow {
  readonly name: CommandName;
  readonly short: string;
  /** Arguments: required, then optional ones. */
  readonly required: number;
  readonly optional: number;
  /** Words that are left make up a rule. */
  readonly rule: boolean;
}

const COMMANDS: readonly CommandRow[] = [
  { name: "append", short: "A", required: 1, optional: 0, rule: true },
  { name: "delete", short: "D", required: 1, optional: 1, rule: true },
  { name: "insert", short: "I", required: 1, optional: 1, rule: true },
  { name: "replace", short: "R", required: 2, optional: 0, rule: true },
  { name: "check", short: "C", required: 1, optional: 0, rule: true },
  { name: "list", short: "L", required: 0, optional: 2, rule: false },
  { name: "list-rules", short: "S", required: 0, optional: 2, rule: false },
  { name: "flush", short: "F", required: 0, optional: 1, rule: false },
  { name: "zero", short: "Z", required: 0, optional: 2, rule: false },
  { name: "new-chain", short: "N", required: 1, optional: 0, rule: false },
  { name: "delete-chain", short: "X", required: 0, optional: 1, rule: false },
  { name: "policy", short: "P", required: 2, optional: 0, rule: false },
  { name: "rename-chain", short: "E", required: 2, optional: 0, rule: false },
];

/** Options without an effect on rules: long name → field. */
const FLAGS: Readonly<Record<string, "verbose" | "numeric" | "exact" | "lineNumbers" | "ignored">> = {
  "--verbose": "verbose",
  "-v": "verbose",
  "--numeric": "numeric",
  "-n": "numeric",
  "--exact": "exact",
  "-x": "exact",
  "--line-numbers": "lineNumbers",
  "--wait": "ignored",
  "-w": "ignored",
  "-4": "ignored",
  "--ipv4": "ignored",
};
/** Short options that may be written together: -nvL. */
const CLUSTER = /^-[nvxwLSFZX]+$/;

class CommandReader {
  private readonly words: readonly string[];
  private at = 0;
  private row: CommandRow | null = null;
  private args: string[] = [];
  private table: string | null = null;
  private zero = false;
  private readonly flags = new Set<string>();
  private readonly rest: string[] = [];

  constructor(words: readonly string[]) {
    this.words = words;
  }

  read(cache: RuleCache | null): CommandWords {
    while (this.at < this.words.length) this.word(this.words[this.at++] ?? "");
    const row = this.row;
    if (row === null) {
      // A mistake in the options is reported before the missing command.
      if (this.rest.length > 0) parseRuleWords(this.rest);
      throw parameterError("no command specified");
    }
    return this.finish(row, cache);
  }

  private word(word: string): void {
    const flag = FLAGS[word];
    if (flag !== undefined) this.flag(word, flag);
    else if (word === "-t" || word === "--table") this.table = this.argument(word);
    else if (word.startsWith("--table=")) this.table = word.slice("--table=".length);
    else if (CLUSTER.test(word) && word.length > 2) this.cluster(word);
    else {
      const row = commandRow(word);
      if (row !== undefined) this.command(word, row);
      else this.ruleWord(word);
    }
  }

  private flag(word: string, flag: string): void {
    this.flags.add(flag);
    // `-w 5`: seconds to wait for the lock.
    if ((word === "-w" || word === "--wait") && /^\d+$/.test(this.words[this.at] ?? "")) this.at++;
  }

  private cluster(word: string): void {
    for (const letter of word.slice(1)) {
      const flag = FLAGS[`-${letter}`];
      if (flag !== undefined) this.flags.add(flag);
      else this.command(`-${letter}`, commandRow(`-${letter}`) as CommandRow);
    }
  }

  private command(word: string, row: CommandRow): void {
    // -Z joins a listing.
    if (this.row !== null && row.name === "zero" && (this.row.name === "list" || this.row.name === "list-rules")) {
      this.zero = true;
      this.optional(row.optional);
      return;
    }
    if (this.row !== null) throw parameterError(`Cannot use -${row.short} with -${this.row.short}`);
    this.row = row;
    for (let i = 0; i < row.required; i++) this.args.push(i === 0 ? this.argument(word) : this.secondArgument(row));
    this.optional(row.optional);
  }

  private optional(count: number): void {
    for (let i = 0; i < count; i++) {
      const next = this.words[this.at];
      if (next === undefined || next.startsWith("-") || next === "!") return;
      if (this.row?.rule === true && !/^\d+$/.test(next)) return;
      this.args.push(next);
      this.at++;
    }
  }

  private secondArgument(row: CommandRow): string {
    const next = this.words[this.at];
    if (next === undefined || next.startsWith("-")) {
      const what =
        row.name === "rename-chain"
          ? "old-chain-name and new-chain-name"
          : row.name === "policy"
            ? "a chain and a policy"
            : "a rule number";
      throw parameterError(`-${row.short} requires ${what}`);
    }
    this.at++;
    return next;
  }

  private argument(word: string): string {
    const next = this.words[this.at++];
    if (next === undefined) throw parameterError(`option "${word}" requires an argument`);
    return next;
  }

  /** A word of the rule; arguments follow their option here so that they are not taken for commands. */
  private ruleWord(word: string): void {
    this.rest.push(word);
    if (!word.startsWith("-")) return;
    while (this.at < this.words.length) {
      const next = this.words[this.at] ?? "";
      if (next.startsWith("-") && commandOrFlag(next)) return;
      if (next === "!" || (next.startsWith("-") && next.length > 1)) return;
      this.rest.push(next);
      this.at++;
    }
  }

  private finish(row: CommandRow, cache: RuleCache | null): CommandWords {
    const [first = null, second = null] = this.args;
    const usesNumber = row.name !== "policy" && row.name !== "rename-chain";
    const number = usesNumber && second !== null ? ruleNumber(second) : row.name === "insert" ? 1 : null;
    const byNumber = row.name === "delete" && number !== null;
    if ((!row.rule || byNumber) && this.rest.length > 0) throw illegal(this.rest[0] ?? "");
    const parse = cache === null ? parseRuleWords : (words: readonly string[]) => cache.parseWords(words);
    return {
      name: row.name,
      table: this.table,
      chain: first,
      ruleNumber: number,
      argument: usesNumber ? null : second,
      rule: row.rule && !byNumber ? parse(this.rest) : null,
      verbose: this.flags.has("verbose"),
      numeric: this.flags.has("numeric"),
      exact: this.flags.has("exact"),
      lineNumbers: this.flags.has("lineNumbers"),
      zero: this.zero,
    };
  }
}

function illegal(word: string): XtError {
  return word.startsWith("-")
    ? parameterError(`Illegal option \`${word}' with this command`)
    : new XtError("argument", `Bad argument \`${word}'`);
}

function ruleNumber(text: string): number {
  const number = parseUint(text);
  if (number === undefined || number === 0) throw parameterError(`Invalid rule number \`${text}'`);
  return number;
}

function commandRow(word: string): CommandRow | undefined {
  return COMMANDS.find((c) => word === `-${c.short}` || word === `--${c.name}`);
}

function commandOrFlag(word: string): boolean {
  return FLAGS[word] !== undefined || word === "-t" || word === "--table" || commandRow(word) !== undefined;
}

/** Words behind `iptables`. Throws XtError. */
export function parseCommandWords(words: readonly string[], cache: RuleCache | null = null): CommandWords {
  return new CommandReader(words).read(cache);
}
