// A chain as one namespace has it loaded: shared rules, and beside them, by position, what belongs to the namespace: counters, resolved
// jump targets, handles, state of stateful matches, origins.

import type { RuleOrigin } from "../../rtnl/batch.ts";
import type { HookNum } from "../hooks.ts";
import type { Rule } from "./rule.ts";
import type { RuleIndex } from "./rule-index.ts";
import { ALL_HOOKS } from "./extension.ts";
import type { Policy } from "./verdict.ts";

/** One rule with what goes along when a chain is edited. */
export interface RuleEntry {
  readonly rule: Rule;
  packets: number;
  bytes: number;
  /** nft rule handle. */
  readonly handle: number;
  readonly origin: RuleOrigin | null;
  readonly states: unknown[] | null;
}

export class Chain {
  name: string;
  /** The hook of a base chain, null for a user chain. */
  readonly hook: HookNum | null;
  policy: Policy = "ACCEPT";
  /** nft counts what meets the policy only once somebody has spoken of it: `-P`, `-Z`, a `:CHAIN` line of a restore. */
  policyCounts = false;
  policyPackets = 0;
  policyBytes = 0;
  /** Who set the policy. */
  policyOrigin: RuleOrigin | null = null;
  handle = 0;
  /** Rules that jump or go here. */
  references = 0;
  rules: readonly Rule[] = [];
  /** Chain of a jump or goto by rule position. */
  jumps: (Chain | null)[] = [];
  handles: number[] = [];
  /** Finds candidates in a long chain; null: walk. */
  index: RuleIndex | null = null;
  /** Hooks that all rules here allow, as bits; without those of called chains. */
  hookMask = ALL_HOOKS;
  callees: readonly Chain[] = [];
  private counters: Float64Array | null = null;
  private states: (unknown[] | undefined)[] | null = null;
  private origins: (RuleOrigin | undefined)[] | null = null;

  constructor(name: string, hook: HookNum | null) {
    this.name = name;
    this.hook = hook;
  }

  count(at: number, bytes: number): void {
    const counters = (this.counters ??= new Float64Array(2 * this.rules.length));
    counters[2 * at] = (counters[2 * at] as number) + 1;
    counters[2 * at + 1] = (counters[2 * at + 1] as number) + bytes;
  }

  packets(at: number): number {
    return this.counters?.[2 * at] ?? 0;
  }

  bytes(at: number): number {
    return this.counters?.[2 * at + 1] ?? 0;
  }

  origin(at: number): RuleOrigin | undefined {
    return this.origins?.[at];
  }

  /** State of one stateful match of a rule; lives as long as the rule stays loaded. */
  ruleState<T>(at: number, slot: number, make: () => T): T {
    const states = (this.states ??= []);
    const slots = (states[at] ??= []);
    return (slots[slot] ??= make()) as T;
  }

  /** The policy counts from here on. */
  countPolicy({ packets, bytes }: { readonly packets: number; readonly bytes: number }): void {
    this.policyCounts = true;
    this.policyPackets = packets;
    this.policyBytes = bytes;
  }

  zero(at: number): void {
    this.counters?.fill(0, 2 * at, 2 * at + 2);
  }

  zeroAll(): void {
    this.counters = null;
    this.policyPackets = 0;
    this.policyBytes = 0;
  }

  /** Legacy replaces a whole table at once: stateful matches start anew. */
  forgetStates(): void {
    this.states = null;
  }

  /** The rules for editing. */
  entries(): RuleEntry[] {
    return this.rules.map((rule, i) => ({
      rule,
      packets: this.packets(i),
      bytes: this.bytes(i),
      handle: this.handles[i] ?? 0,
      origin: this.origins?.[i] ?? null,
      states: this.states?.[i] ?? null,
    }));
  }

  /** Takes edited rules; jumps are resolved by the caller (commit.ts). */
  setEntries(entries: readonly RuleEntry[]): void {
    this.rules = entries.map((e) => e.rule);
    this.handles = entries.map((e) => e.handle);
    const counted = entries.some((e) => e.packets !== 0 || e.bytes !== 0);
    this.counters = counted ? Float64Array.from(entries.flatMap((e) => [e.packets, e.bytes])) : null;
    this.states = entries.some((e) => e.states !== null) ? entries.map((e) => e.states ?? undefined) : null;
    this.origins = entries.some((e) => e.origin !== null) ? entries.map((e) => e.origin ?? undefined) : null;
    this.index = null;
  }
}
