// A parsed rule: immutable, without counters or state, and shared by every namespace that loads the same text. The header conditions
// lie flat as 32-bit integers, so that most rules are refused without a call.

import type { XtContext } from "./context.ts";
import type { MatchExtension, RuleHead, TargetExtension } from "./extension.ts";
import { ALL_HOOKS } from "./extension.ts";
import type { AddrMask } from "./syntax.ts";
import { saveAddr } from "./syntax.ts";
import { protocolName } from "./protocols.ts";

export interface MatchUse {
  readonly ext: MatchExtension;
  readonly params: unknown;
}

/** A match as the walk asks it. Extensions differ in shape, so the function is fetched once, not for every packet. */
export interface MatchCheck {
  readonly test: (params: unknown, c: XtContext) => boolean;
  readonly params: unknown;
  /** Ordinal of the match within the rule. */
  readonly slot: number;
}

/** What happens after a match: a verdict word, an extension, a chain, or nothing. */
export type RuleTarget =
  | { readonly kind: "none" }
  | { readonly kind: "verdict"; readonly name: "ACCEPT" | "DROP" | "RETURN" }
  | { readonly kind: "target"; readonly name: string; readonly ext: TargetExtension; readonly params: unknown }
  | { readonly kind: "jump" | "goto"; readonly name: string };

export interface AddrCondition extends AddrMask {
  readonly invert: boolean;
}

export interface NameCondition {
  /** Exact, or a prefix with a final `+`. */
  readonly name: string;
  readonly invert: boolean;
}

export interface RuleInit {
  readonly src: AddrCondition | null;
  readonly dst: AddrCondition | null;
  readonly in: NameCondition | null;
  readonly out: NameCondition | null;
  readonly head: RuleHead;
  /** -f: true second and later fragments only, false none of them. */
  readonly fragment: boolean | null;
  readonly matches: readonly MatchUse[];
  /** The matches as listings show them, where that is not as they were given. */
  readonly listed?: readonly MatchUse[];
  readonly target: RuleTarget;
}

export class Rule {
  readonly src: AddrCondition | null;
  readonly dst: AddrCondition | null;
  readonly in: NameCondition | null;
  readonly out: NameCondition | null;
  readonly head: RuleHead;
  readonly fragment: boolean | null;
  readonly matches: readonly MatchUse[];
  readonly listed: readonly MatchUse[];
  /** The matches that can refuse a packet. */
  readonly checks: readonly MatchCheck[];
  readonly target: RuleTarget;
  /** Conditions in canonical text, with a leading space unless empty. */
  readonly conditions: string;
  /** Target in canonical text, with a leading space unless empty. */
  readonly action: string;
  /** Chain that is jumped or gone to, "" without. */
  readonly chainName: string;
  /** Loading it activates conntrack. */
  readonly conntrack: boolean;
  /** Hooks that its matches and target allow, as bits. */
  readonly hookMask: number;
  /** A match or the target keeps something in the namespace or needs a module. */
  readonly hasResources: boolean;
  /** Address conditions for the walk, int32: (addr ^ value) & mask is zero when it fits. */
  readonly saddr: number;
  readonly smask: number;
  readonly sinv: boolean;
  readonly daddr: number;
  readonly dmask: number;
  readonly dinv: boolean;
  readonly proto: number;
  readonly pinv: boolean;
  /** Every step of a journey that a rule decides quotes it. */
  private cachedText: string | null = null;

  constructor(init: RuleInit) {
    this.src = init.src;
    this.dst = init.dst;
    this.in = init.in;
    this.out = init.out;
    this.head = init.head;
    this.fragment = init.fragment;
    this.matches = init.matches;
    this.listed = init.listed ?? init.matches;
    this.checks = init.matches.flatMap(({ ext, params }, slot) =>
      ext.always === true ? [] : [{ test: ext.test, params, slot }],
    );
    this.target = init.target;
    this.conditions = printConditions(init);
    this.action = printTarget(init.target);
    this.chainName = init.target.kind === "jump" || init.target.kind === "goto" ? init.target.name : "";
    this.conntrack = init.matches.some((m) => m.ext.conntrack === true) || targetTracks(init.target);
    this.hookMask = hookMask(init);
    this.hasResources =
      init.matches.some((m) => m.ext.load !== undefined || m.ext.module !== undefined) ||
      (init.target.kind === "target" && init.target.ext.load !== undefined);
    this.saddr = (init.src?.addr ?? 0) | 0;
    this.smask = (init.src?.mask ?? 0) | 0;
    this.sinv = init.src?.invert === true;
    this.daddr = (init.dst?.addr ?? 0) | 0;
    this.dmask = (init.dst?.mask ?? 0) | 0;
    this.dinv = init.dst?.invert === true;
    this.proto = init.head.proto;
    this.pinv = init.head.protoInvert;
  }

  /** The same conditions with another target. */
  withTarget(target: RuleTarget): Rule {
    return new Rule({ ...this.init, target });
  }

  /** As the nft programs will read it back: matches that became expressions of nf_tables' own are gathered in the first of their name. */
  asNftListed(): Rule {
    if (this.matches.filter((m) => m.ext.nftMerge !== undefined).length < 2) return this;
    const listed: MatchUse[] = [];
    for (const use of this.matches) {
      const merged = listed.map((l) => (l.ext === use.ext ? (l.ext.nftMerge?.(l.params, use.params) ?? null) : null));
      const at = merged.findIndex((params) => params !== null);
      if (at < 0) listed.push(use);
      else listed[at] = { ext: use.ext, params: merged[at] };
    }
    return listed.length === this.matches.length ? this : new Rule({ ...this.init, listed });
  }

  private get init(): RuleInit {
    const { src, dst, in: inName, out, head, fragment, matches, listed, target } = this;
    return { src, dst, in: inName, out, head, fragment, matches, listed, target };
  }

  /** Canonical text without `-A CHAIN`. */
  get text(): string {
    this.cachedText ??= (this.conditions + this.action).slice(1);
    return this.cachedText;
  }
}

function targetTracks(t: RuleTarget): boolean {
  if (t.kind !== "target") return false;
  const { conntrack } = t.ext;
  return typeof conntrack === "function" ? conntrack(t.params) : conntrack === true;
}

function hookMask(r: RuleInit): number {
  let mask = ALL_HOOKS;
  for (const m of r.matches) mask &= m.ext.hooks?.(m.params) ?? ALL_HOOKS;
  if (r.target.kind !== "target") return mask;
  const { ext, params } = r.target;
  return mask & (ext.place?.hooks ?? ALL_HOOKS) & (ext.hooks?.(params) ?? ALL_HOOKS);
}

function bang(invert: boolean): string {
  return invert ? " !" : "";
}

/** Everything before -j, in the order of iptables-save (save_ipv4_addr … of iptables/xshared.c). */
function printConditions(r: RuleInit): string {
  let text = "";
  if (r.src !== null) text += `${bang(r.src.invert)} -s ${saveAddr(r.src)}`;
  if (r.dst !== null) text += `${bang(r.dst.invert)} -d ${saveAddr(r.dst)}`;
  if (r.in !== null) text += `${bang(r.in.invert)} -i ${r.in.name}`;
  if (r.out !== null) text += `${bang(r.out.invert)} -o ${r.out.name}`;
  if (r.head.proto !== 0) text += `${bang(r.head.protoInvert)} -p ${protocolName(r.head.proto)}`;
  if (r.fragment !== null) text += `${bang(!r.fragment)} -f`;
  for (const m of r.listed ?? r.matches) text += ` -m ${m.ext.name}${m.ext.save(m.params)}`;
  return text;
}

function printTarget(t: RuleTarget): string {
  switch (t.kind) {
    case "none":
      return "";
    case "goto":
      return ` -g ${t.name}`;
    case "target":
      return ` -j ${t.name}${t.ext.save(t.params)}`;
    default:
      return ` -j ${t.name}`;
  }
}
