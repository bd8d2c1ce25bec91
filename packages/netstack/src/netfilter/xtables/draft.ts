// Changes to one table before they are committed. Chains that a change touches are copied once, all others are read from the live
// table; nothing is visible to packets until commit.ts takes the draft.

import type { RuleOrigin } from "../../rtnl/batch.ts";
import type { HookNum } from "../hooks.ts";
import type { RuleRequest } from "./admit.ts";
import { admitRule, checkChainName, checkJumpTarget, checkResources } from "./admit.ts";
import type { Chain, RuleEntry } from "./chain.ts";
import type { IptablesFlavour } from "./iptables-version.ts";
import type { XtBackendKind } from "./evaluate.ts";
import type { XtResources } from "./extension.ts";
import type { ParsedRule } from "./parse-rule.ts";
import type { Rule } from "./rule.ts";
import type { Policy } from "./verdict.ts";
import { KernelError, noSuchChain, parameterError, plainError } from "./xt-error.ts";
import type { XtTable } from "./xt-table.ts";
import { builtinHook } from "./xt-tables.ts";
import type { TableSpec } from "./xt-tables.ts";

/** A chain as the draft leaves it. */
export interface ChainDraft {
  name: string;
  readonly hook: HookNum | null;
  /** Null: new. */
  readonly live: Chain | null;
  readonly handle: number;
  policy: Policy;
  /** Counters that the policy gets; null: nothing was said of them. */
  policyCounters: { readonly packets: number; readonly bytes: number } | null;
  policyOrigin: RuleOrigin | null;
  /** Null: the live chain's, untouched. */
  entries: RuleEntry[] | null;
}

const ZERO = { packets: 0, bytes: 0 };

export class TableDraft {
  readonly spec: TableSpec;
  readonly kind: XtBackendKind;
  readonly live: XtTable | null;
  readonly flavour: IptablesFlavour;
  /** What rules may name in the namespace. */
  private readonly resources: XtResources;
  /** The table was emptied first (restore without --noflush). */
  flushed = false;
  /** Touched chains by name; null: deleted. In order of first touch. */
  readonly touched = new Map<string, ChainDraft | null>();
  /** nft: next handle of the table; chains and rules take theirs in the order in which they are made. */
  nextHandle: number;
  /** Change of the number of rules that point at a chain. */
  private readonly refDelta = new Map<string, number>();

  constructor(
    spec: TableSpec,
    kind: XtBackendKind,
    live: XtTable | null,
    flavour: IptablesFlavour,
    resources: XtResources,
  ) {
    this.resources = resources;
    this.flavour = flavour;
    this.spec = spec;
    this.kind = kind;
    this.live = live;
    this.nextHandle = live?.nextHandle ?? 1;
  }

  // ---- reading

  has(name: string): boolean {
    const touched = this.touched.get(name);
    return touched === undefined ? this.liveChain(name) !== undefined : touched !== null;
  }

  references(name: string): number {
    return (this.liveChain(name)?.references ?? 0) + (this.refDelta.get(name) ?? 0);
  }

  referenceChanges(): ReadonlyMap<string, number> {
    return this.refDelta;
  }

  rulesOf(name: string): readonly Rule[] {
    const touched = this.touched.get(name);
    if (touched === null) return [];
    if (touched !== undefined && touched.entries !== null) return touched.entries.map((e) => e.rule);
    return this.liveChain(name)?.rules ?? [];
  }

  names(): string[] {
    const live =
      this.flushed || this.live === null ? [] : [...this.live.chains.keys()].filter((n) => !this.touched.has(n));
    return [...live, ...[...this.touched].flatMap(([name, chain]) => (chain === null ? [] : [name]))];
  }

  isBuiltin(name: string): boolean {
    return builtinHook(this.spec, name) !== undefined;
  }

  private liveChain(name: string): Chain | undefined {
    return this.flushed ? undefined : this.live?.chains.get(name);
  }

  // ---- chains

  /** The table is emptied: nft deletes it, legacy keeps the built-in chains. */
  flushTable(): void {
    this.flushed = true;
    if (this.kind === "nft") this.nextHandle = 1;
  }

  /** -N. */
  newChain(name: string): void {
    checkChainName(name);
    if (this.has(name) || this.isBuiltin(name)) throw plainError("EEXIST", "Chain already exists.");
    this.create(name);
  }

  /** The chain for editing; built-in chains come into being, others must exist. */
  edit(name: string): ChainDraft {
    const touched = this.touched.get(name);
    if (touched !== undefined && touched !== null) return touched;
    const live = touched === null ? undefined : this.liveChain(name);
    if (live !== undefined) return this.touch(live);
    if (!this.isBuiltin(name)) throw noSuchChain();
    return this.create(name);
  }

  private touch(live: Chain): ChainDraft {
    const draft: ChainDraft = {
      name: live.name,
      hook: live.hook,
      live,
      handle: live.handle,
      policy: live.policy,
      policyCounters: null,
      policyOrigin: live.policyOrigin,
      entries: null,
    };
    this.touched.set(live.name, draft);
    return draft;
  }

  private create(name: string): ChainDraft {
    const hook = builtinHook(this.spec, name) ?? null;
    const draft: ChainDraft = {
      name,
      hook,
      live: null,
      handle: this.nextHandle++,
      policy: "ACCEPT",
      policyCounters: null,
      policyOrigin: null,
      entries: [],
    };
    this.touched.delete(name);
    this.touched.set(name, draft);
    return draft;
  }

  entriesOf(chain: ChainDraft): RuleEntry[] {
    return (chain.entries ??= chain.live?.entries() ?? []);
  }

  /** -F CHAIN, or a `:CHAIN` line of a user chain. */
  flushChain(name: string): void {
    const chain = this.edit(name);
    for (const rule of this.rulesOf(name)) this.refer(rule, -1);
    chain.entries = [];
  }

  /** -P, or a `:CHAIN` line of a built-in chain. */
  setPolicy(name: string, policy: string, origin: RuleOrigin | null): ChainDraft {
    if (!this.isBuiltin(name)) throw plainError("ENOENT", "Bad built-in chain name.");
    if (policy !== "ACCEPT" && policy !== "DROP") throw plainError("EINVAL", "Bad policy name.");
    const chain = this.edit(name);
    chain.policy = policy;
    chain.policyCounters = ZERO;
    chain.policyOrigin = origin;
    return chain;
  }

  /** -X CHAIN. */
  deleteChain(name: string): void {
    if (!this.has(name)) throw noSuchChain();
    const busy = this.references(name) > 0;
    const filled = this.rulesOf(name).length > 0;
    if (this.kind === "legacy") {
      if (this.isBuiltin(name)) throw new KernelError("CHAIN_DEL", "EINVAL", `chain ${name}`);
      if (busy) throw plainError("EMLINK", "Too many links.");
      if (filled) throw plainError("ENOTEMPTY", "Directory not empty.");
    } else if (busy || filled) throw new KernelError("CHAIN_DEL", "EBUSY", `chain ${name}`);
    this.touched.set(name, null);
  }

  /** -X: all user chains; nft removes built-in chains that are as if they had never been, too. */
  deleteAllChains(): void {
    for (const name of this.names().sort()) {
      if (!this.isBuiltin(name)) this.deleteChain(name);
      else if (this.kind === "nft" && this.rulesOf(name).length === 0 && this.policyOf(name) === "ACCEPT")
        this.touched.set(name, null);
    }
  }

  policyOf(name: string): Policy {
    return this.touched.get(name)?.policy ?? this.liveChain(name)?.policy ?? "ACCEPT";
  }

  /** -E. The rules that point at the chain follow. */
  renameChain(name: string, to: string): void {
    checkChainName(to);
    if (!this.has(name) || this.isBuiltin(name)) throw noSuchChain();
    if (this.has(to)) throw plainError("EEXIST", "File exists.");
    const old = this.edit(name);
    const entries = this.entriesOf(old);
    const references = this.references(name);
    this.touched.set(name, null);
    const chain = this.create(to);
    chain.entries = entries;
    if (references > 0) this.repoint(name, to);
  }

  private repoint(from: string, to: string): void {
    for (const name of this.names()) {
      if (!this.rulesOf(name).some((r) => r.chainName === from)) continue;
      const chain = this.edit(name);
      chain.entries = this.entriesOf(chain).map((e) => {
        const { target } = e.rule;
        if ((target.kind !== "jump" && target.kind !== "goto") || target.name !== from) return e;
        const rule = e.rule.withTarget({ kind: target.kind, name: to });
        this.refer(e.rule, -1);
        this.refer(rule, 1);
        return { ...e, rule };
      });
    }
  }

  // ---- rules

  append(name: string, parsed: ParsedRule, origin: RuleOrigin | null): void {
    this.mustExist(name);
    const chain = this.edit(name);
    const entries = this.entriesOf(chain);
    for (const rule of parsed.rules) entries.push(this.admit(name, rule, parsed, origin, "RULE_APPEND"));
  }

  /** -I: `at` is 1-based. */
  insert(name: string, at: number, parsed: ParsedRule, origin: RuleOrigin | null): void {
    this.mustExist(name);
    if (at > this.rulesOf(name).length + 1) throw plainError("E2BIG", "Index of insertion too big.");
    const entries = this.entriesOf(this.edit(name));
    // A list of addresses is inserted address by address, each in front of the one before.
    for (const rule of parsed.rules) entries.splice(at - 1, 0, this.admit(name, rule, parsed, origin, "RULE_INSERT"));
  }

  replace(name: string, at: number, parsed: ParsedRule, origin: RuleOrigin | null): void {
    this.mustExist(name, true);
    if (parsed.rules.length !== 1) throw parameterError("Replacement rule does not specify a unique address");
    if (at > this.rulesOf(name).length) throw plainError("E2BIG", "Index of replacement too big.");
    const entries = this.entriesOf(this.edit(name));
    const [rule] = parsed.rules;
    if (rule === undefined) return;
    const entry = this.admit(name, rule, parsed, origin, "RULE_REPLACE");
    this.refer((entries[at - 1] as RuleEntry).rule, -1);
    entries[at - 1] = entry;
  }

  deleteAt(name: string, at: number): void {
    this.mustExist(name, true);
    if (at > this.rulesOf(name).length) throw plainError("E2BIG", "Index of deletion too big.");
    this.removeEntry(name, at - 1);
  }

  /** -D by specification: the first equal rule. */
  deleteRule(name: string, parsed: ParsedRule): void {
    for (const rule of parsed.rules) this.removeEntry(name, this.find(name, rule));
  }

  /** -C, and the search of -D: 0-based position; throws when there is no such rule. */
  find(name: string, rule: Rule): number {
    checkResources(rule, this.resources);
    checkJumpTarget(this, rule, "RULE_APPEND", "");
    const { text } = this.asListed(rule);
    const at = this.rulesOf(name).findIndex((r) => r === rule || r.text === text);
    if (at < 0) throw plainError("ENOENT", "Bad rule (does a matching rule exist in that chain?).");
    return at;
  }

  /** Zero the counters of a rule (1-based), of a chain, or of all chains. */
  zero(name: string | undefined, at: number | undefined): void {
    for (const one of name === undefined ? this.names() : [name]) {
      const chain = this.edit(one);
      const entries = this.entriesOf(chain);
      if (at !== undefined && at > entries.length) throw plainError("E2BIG", "Index of zero counter too big.");
      const which = at === undefined ? entries : entries.slice(at - 1, at);
      for (const e of which) e.packets = e.bytes = 0;
      if (at === undefined) chain.policyCounters = ZERO;
    }
  }

  private removeEntry(name: string, at: number): void {
    const [removed] = this.entriesOf(this.edit(name)).splice(at, 1);
    if (removed !== undefined) this.refer(removed.rule, -1);
  }

  /** `strictly`: a built-in chain that nft has not made yet does not count. */
  private mustExist(name: string, strictly = false): void {
    if (!this.has(name) && (strictly || !this.isBuiltin(name))) throw noSuchChain();
  }

  private refer(rule: Rule, by: number): void {
    if (rule.chainName !== "") this.refDelta.set(rule.chainName, (this.refDelta.get(rule.chainName) ?? 0) + by);
  }

  private asListed(rule: Rule): Rule {
    return this.kind === "nft" && this.flavour.nftPayload ? rule.asNftListed() : rule;
  }

  /** Everything that can be refused by looking at the rule and its chain. */
  private admit(
    chain: string,
    rule: Rule,
    parsed: ParsedRule,
    origin: RuleOrigin | null,
    request: RuleRequest,
  ): RuleEntry {
    checkResources(rule, this.resources);
    admitRule(this, chain, rule, request);
    this.refer(rule, 1);
    return {
      rule: this.asListed(rule),
      packets: parsed.counters?.packets ?? 0,
      bytes: parsed.counters?.bytes ?? 0,
      handle: this.nextHandle++,
      origin,
      states: null,
    };
  }
}
