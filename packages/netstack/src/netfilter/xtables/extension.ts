// What a match or target extension is (libxtables' xtables_match / xtables_target with the kernel's xt_match / xt_target):
// its options, its canonical text, its -L text, and what it does to a packet. Extensions hold no state: parameters are immutable and
// shared by all namespaces, per-rule state lives beside the rule (XtContext.ruleState).

import type { SetDirectory } from "../ipset/set-directory.ts";
import type { XtContext } from "./context.ts";
import type { RecentTables } from "./recent-tables.ts";
import { parameterError } from "./xt-error.ts";
import type { KernelErrno } from "./xt-error.ts";

export interface OptionSpec {
  readonly name: string;
  /** Number of arguments; 1. */
  readonly args?: 0 | 1 | 2;
  /** Accepts a preceding `!`. */
  readonly invert?: boolean;
  /** May be given more than once. */
  readonly multi?: boolean;
  /** Given twice, it is refused in the words of the older options. */
  readonly onlyOne?: boolean;
  /** What is said when it is given twice. */
  readonly twice?: string;
  /** Other spelling of the option `name`. */
  readonly aliases?: readonly string[];
}

/** The protocol condition of a rule, which some extensions demand. */
export interface RuleHead {
  /** IP protocol number, 0 = any. */
  readonly proto: number;
  readonly protoInvert: boolean;
}

interface Given {
  readonly values: readonly string[];
  readonly invert: boolean;
}

/** The options that a rule gives to one extension. */
export class Options {
  private readonly owner: string;
  private readonly given = new Map<string, Given[]>();

  constructor(owner: string) {
    this.owner = owner;
  }

  add(spec: OptionSpec, values: readonly string[], invert: boolean): void {
    if (invert && spec.invert !== true) throw parameterError(`unexpected ! flag before --${spec.name}`);
    const before = this.given.get(spec.name);
    if (before !== undefined && spec.twice !== undefined) throw parameterError(spec.twice);
    if (before !== undefined && spec.onlyOne === true) throw parameterError(`Only one \`--${spec.name}' allowed`);
    if (before !== undefined && spec.multi !== true)
      throw parameterError(`${this.owner}: option "--${spec.name}" can only be used once.\n`);
    if (before === undefined) this.given.set(spec.name, [{ values, invert }]);
    else before.push({ values, invert });
  }

  has(name: string): boolean {
    return this.given.has(name);
  }

  /** First argument of an option, undefined when it was not given. */
  value(name: string): string | undefined {
    return this.given.get(name)?.[0]?.values[0];
  }

  second(name: string): string | undefined {
    return this.given.get(name)?.[0]?.values[1];
  }

  inverted(name: string): boolean {
    return this.given.get(name)?.[0]?.invert === true;
  }

  /** First argument of an option without which the extension makes no sense. */
  need(name: string): string {
    const value = this.value(name);
    if (value === undefined) throw parameterError(`${this.owner}: option "--${name}" must be specified\n`);
    return value;
  }

  /** Names of those of `names` that were given. */
  among(names: readonly string[]): string[] {
    return names.filter((name) => this.given.has(name));
  }

  get size(): number {
    return this.given.size;
  }

  /** An argument that is not what the option takes. */
  bad(name: string, range?: string): Error {
    return parameterError(
      `${this.owner}: bad ${range === undefined ? "integer " : ""}value for option "--${name}", or out of range${range === undefined ? "" : ` (${range})`}.\n`,
    );
  }

  /** `!` in front of the canonical option. */
  bang(name: string): string {
    return this.inverted(name) ? " !" : "";
  }
}

/** Where a rule may be used (xt_match.table, .hooks, .proto): undefined means everywhere. */
export interface Place {
  readonly tables?: readonly string[];
  /** The restriction to `tables` is legacy's; nft takes the target anywhere. */
  readonly legacyTables?: readonly string[];
  /** Bits of hook numbers. */
  readonly hooks?: number;
}

export interface MatchExtension<P = unknown> {
  readonly name: string;
  readonly options: readonly OptionSpec[];
  /** Loading a rule with it activates conntrack in the namespace (nf_ct_netns_get in its checkentry). */
  readonly conntrack?: boolean;
  /** Being asked changes something (a counter, a bucket, a list): such a match may not be skipped. */
  readonly stateful?: boolean;
  /** Kernel module that comes with the match. */
  readonly module?: string;
  parse(o: Options, head: RuleHead): P;
  /** What legacy's kernel module says to these parameters, null when it takes them. */
  legacyErrno?(p: P): KernelErrno | null;
  /** Written as an expression of nf_tables' own: on reading it back, what came first has taken up what follows. Null: stays an xt match. */
  nftMerge?(first: P, next: P): P | null;
  /** Options in canonical order, each with a leading space. */
  save(p: P): string;
  /** Text of -L, without the space that separates it. */
  list(p: P, numeric: boolean): string;
  test(this: void, p: P, c: XtContext): boolean;
  /** Every packet passes `test`: it is not asked. */
  readonly always?: true;
  /** Hooks that these parameters allow, as bits; all when absent. */
  hooks?(p: P): number;
  /** The protocol the rule must name (checkentry of the kernel module or of the library). */
  readonly protocol?: number;
  /** Throws XtError when the namespace lacks what the parameters name. */
  admit?(p: P, ns: XtResources): void;
  /** A rule with it was put into, taken out of a namespace. */
  load?(p: P, ns: XtResources): void;
  unload?(p: P, ns: XtResources): void;
}

/** What a namespace keeps for loaded rules. */
export interface XtResources {
  readonly recent: RecentTables;
  readonly ipset: SetDirectory;
}

export interface TargetExtension<P = unknown> {
  readonly name: string;
  /** Name in the target column of -L; `name`. */
  readonly listName?: string;
  readonly options: readonly OptionSpec[];
  /** As of matches; a function when it depends on the options. */
  readonly conntrack?: boolean | ((p: P) => boolean);
  readonly place?: Place;
  parse(o: Options, head: RuleHead): P;
  save(p: P): string;
  list(p: P, numeric: boolean): string;
  /** A verdict of netfilter, XT_CONTINUE or XT_RETURN. */
  run(p: P, c: XtContext): number;
  hooks?(p: P): number;
  /** Legacy wants a tcp match on SYN in the same rule. */
  readonly needsSyn?: boolean;
  /** The kernel's check of the protocol and the other matches: false is EINVAL. */
  check?(p: P, head: RuleHead): boolean;
  /** As of matches. */
  admit?(p: P, ns: XtResources): void;
  load?(p: P, ns: XtResources): void;
  unload?(p: P, ns: XtResources): void;
}

/** Bits of hook numbers: PREROUTING 1, INPUT 2, FORWARD 4, OUTPUT 8, POSTROUTING 16. */
export const HOOK_BIT = { PREROUTING: 1, INPUT: 2, FORWARD: 4, OUTPUT: 8, POSTROUTING: 16 } as const;
export const ALL_HOOKS = 31;
