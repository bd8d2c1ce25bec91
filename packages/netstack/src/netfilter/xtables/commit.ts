// A validated draft becomes the table that packets see.

import type { NetNamespace } from "../../netns/net-namespace.ts";
import { HOOK_NAMES } from "../hooks.ts";
import { Chain } from "./chain.ts";
import type { RuleEntry } from "./chain.ts";
import type { ChainDraft, TableDraft } from "./draft.ts";
import { ALL_HOOKS } from "./extension.ts";
import type { XtResources } from "./extension.ts";
import type { Rule } from "./rule.ts";
import { buildRuleIndex } from "./rule-index.ts";
import type { XtTable } from "./xt-table.ts";

const NO_PACKETS = { packets: 0, bytes: 0 };

/** What rules need of the namespace once they are loaded: conntrack, lists, modules. Taken before anything is given back. */
class Holdings {
  private readonly ns: NetNamespace;
  private readonly resources: XtResources;
  private readonly gone: Rule[] = [];

  constructor(ns: NetNamespace, resources: XtResources) {
    this.ns = ns;
    this.resources = resources;
  }

  take(rule: Rule): void {
    if (rule.conntrack) this.ns.ct.get();
    if (!rule.hasResources) return;
    for (const m of rule.matches) {
      if (m.ext.module !== undefined) this.ns.modules.load(m.ext.module);
      m.ext.load?.(m.params, this.resources);
    }
    if (rule.target.kind === "target") rule.target.ext.load?.(rule.target.params, this.resources);
  }

  giveLater(rule: Rule): void {
    if (rule.conntrack || rule.hasResources) this.gone.push(rule);
  }

  /** After everything new is in place, so that what old and new rules share stays alive. */
  settle(): void {
    for (const rule of this.gone) {
      if (rule.conntrack) this.ns.ct.put();
      if (!rule.hasResources) continue;
      for (const m of rule.matches) m.ext.unload?.(m.params, this.resources);
      if (rule.target.kind === "target") rule.target.ext.unload?.(rule.target.params, this.resources);
    }
  }
}

export function commitDraft(draft: TableDraft, table: XtTable, ns: NetNamespace, resources: XtResources): void {
  const holdings = new Holdings(ns, resources);
  table.nextHandle = draft.nextHandle;
  if (draft.flushed) emptyTable(draft, table, holdings);
  const changed: Chain[] = [];
  for (const [name, chain] of draft.touched) {
    if (chain === null) removeChain(table, name, holdings);
    else changed.push(applyChain(table, chain, holdings));
  }
  if (draft.kind === "legacy") {
    ensureBuiltins(table, changed);
    if (draft.flushed || changed.length > 0 || draft.touched.size > 0) recountPolicies(table, draft);
  }
  for (const chain of changed) link(table, chain);
  countReferences(table, draft);
  for (const chain of changed) table.hookUp(chain);
  if (draft.kind === "legacy") for (const chain of table.chains.values()) chain.forgetStates();
  holdings.settle();
}

/** libiptc carries counters over for rules alone: whatever changes in a table, its policies count from 0. */
function recountPolicies(table: XtTable, draft: TableDraft): void {
  for (const chain of table.chains.values())
    if (chain.hook !== null) chain.countPolicy(draft.touched.get(chain.name)?.policyCounters ?? NO_PACKETS);
}

/** nft deletes the table with its chains and hooks and starts its handles anew; legacy only empties it. */
function emptyTable(draft: TableDraft, table: XtTable, holdings: Holdings): void {
  for (const chain of table.chains.values()) {
    for (const rule of chain.rules) holdings.giveLater(rule);
    if (draft.kind === "nft") table.unhook(chain);
    else if (chain.hook !== null) {
      chain.setEntries([]);
      chain.jumps = [];
      chain.callees = [];
      chain.policy = "ACCEPT";
      chain.policyOrigin = null;
      chain.zeroAll();
    }
  }
  if (draft.kind === "nft") {
    table.chains.clear();
    return;
  }
  for (const [name, chain] of table.chains) if (chain.hook === null) table.chains.delete(name);
}

function removeChain(table: XtTable, name: string, holdings: Holdings): void {
  const chain = table.chains.get(name);
  if (chain === undefined) return;
  for (const rule of chain.rules) holdings.giveLater(rule);
  table.unhook(chain);
  table.chains.delete(name);
}

function applyChain(table: XtTable, draft: ChainDraft, holdings: Holdings): Chain {
  let chain = table.chains.get(draft.name);
  if (chain === undefined) {
    chain = new Chain(draft.name, draft.hook);
    chain.handle = draft.handle;
    table.chains.set(draft.name, chain);
  }
  chain.policy = draft.policy;
  if (draft.policyCounters !== null) chain.countPolicy(draft.policyCounters);
  chain.policyOrigin = draft.policyOrigin;
  if (draft.entries !== null) setRules(chain, draft.entries, holdings);
  return chain;
}

function setRules(chain: Chain, entries: readonly RuleEntry[], holdings: Holdings): void {
  for (const rule of chain.rules) holdings.giveLater(rule);
  for (const e of entries) holdings.take(e.rule);
  chain.setEntries(entries);
}

/** Legacy registers all chains of a table together. */
function ensureBuiltins(table: XtTable, changed: Chain[]): void {
  for (const hook of table.spec.hooks) {
    const missing = HOOK_NAMES[hook];
    if (table.chains.has(missing)) continue;
    const chain = new Chain(missing, hook);
    table.chains.set(missing, chain);
    changed.push(chain);
  }
}

/** Resolve jumps, and note what validation wants to know of the chain. */
function link(table: XtTable, chain: Chain): void {
  const callees = new Set<Chain>();
  let hookMask = ALL_HOOKS;
  chain.jumps = chain.rules.map((rule) => {
    hookMask &= rule.hookMask;
    const callee = rule.chainName === "" ? undefined : table.chains.get(rule.chainName);
    if (callee !== undefined) callees.add(callee);
    return callee ?? null;
  });
  chain.callees = [...callees];
  chain.hookMask = hookMask;
  chain.index = buildRuleIndex(chain.rules);
}

/** The draft has kept count while rules came and went. */
function countReferences(table: XtTable, draft: TableDraft): void {
  if (draft.flushed) for (const chain of table.chains.values()) chain.references = 0;
  for (const [name, delta] of draft.referenceChanges()) {
    const chain = table.chains.get(name);
    if (chain !== undefined) chain.references += delta;
  }
}
