// All routing tables of a namespace and the way through them (net/ipv4/fib_frontend.c, fib_rules.c: fib_lookup).

import type { Ipv4 } from "../../addr/ipv4.ts";
import type { NetDevice } from "../../dev/net-device.ts";
import type { NetNamespace } from "../../netns/net-namespace.ts";
import type { FlowKey } from "../rtable.ts";
import type { RouteErrno } from "../rt-types.ts";
import { RT_TABLE_DEFAULT, RT_TABLE_LOCAL, RT_TABLE_MAIN } from "../rt-types.ts";
import type { FibRule, FibRuleAction } from "./fib-rules.ts";
import { defaultRules, ruleMatches } from "./fib-rules.ts";
import type { FibAlias, FibResult } from "./fib-types.ts";
import type { FibMatch, FibOutcome } from "./prefix-map.ts";
import { PrefixMap } from "./prefix-map.ts";

const ACTION_ERRORS: Readonly<Partial<Record<FibRuleAction, RouteErrno>>> = {
  blackhole: "EINVAL",
  unreachable: "ENETUNREACH",
  prohibit: "EACCES",
};

export class FibTables {
  readonly ns: NetNamespace;
  /** Ascending priority; equal priorities in order of arrival. */
  rules: FibRule[] = defaultRules();
  /** Set by the first own rule and never taken back, as in the kernel: from then on tables are walked one by one. */
  hasCustomRules = false;
  /** A local route that no address made: source checks cannot rely on addresses alone. */
  hasCustomLocalRoutes = false;
  private readonly tables = new Map<number, PrefixMap>();
  /** local and main as one: the longest prefix of both decides while there are no own rules (fib_trie_unmerge). */
  private readonly merged = new PrefixMap();
  /** Rows by the devices of their nexthops (fib_info_devhash): device events must not walk all routes. */
  private readonly byDev = new Map<NetDevice, Set<FibAlias>>();
  private readonly match: FibMatch = { tos: 0, oif: 0, scope: 0, ignoreLinkState: false };

  constructor(ns: NetNamespace) {
    this.ns = ns;
  }

  table(id: number): PrefixMap | undefined {
    return this.tables.get(id);
  }

  /** Tables that have rows, in ascending id. */
  tableIds(): number[] {
    return [...this.tables.keys()].sort((a, b) => a - b);
  }

  /** Put a row at a position among the rows of its prefix in its table. */
  insertAt(alias: FibAlias, at: number): void {
    this.tableOf(alias.table).insertAt(alias, at);
    this.indexDevices(alias);
    if (alias.table === RT_TABLE_LOCAL) this.merged.insertAt(alias, at);
    else if (alias.table === RT_TABLE_MAIN) this.merged.insertAt(alias, this.localRows(alias) + at);
  }

  remove(alias: FibAlias): void {
    this.tables.get(alias.table)?.remove(alias);
    this.merged.remove(alias);
    this.unindexDevices(alias);
    for (const nh of alias.info.nhs) {
      for (const route of [nh.rthInput, nh.rthOutput, ...(nh.exceptions?.values() ?? [])])
        if (route !== null) route.valid = false;
    }
  }

  /** Rows with a nexthop through `dev`, as a copy that survives changes. */
  rowsOf(dev: NetDevice): FibAlias[] {
    return [...(this.byDev.get(dev) ?? [])];
  }

  private indexDevices(alias: FibAlias): void {
    for (const { dev } of alias.info.nhs) {
      if (dev === null) continue;
      const rows = this.byDev.get(dev);
      if (rows === undefined) this.byDev.set(dev, new Set([alias]));
      else rows.add(alias);
    }
  }

  private unindexDevices(alias: FibAlias): void {
    for (const { dev } of alias.info.nhs) {
      const rows = dev === null ? undefined : this.byDev.get(dev);
      if (dev === null || rows === undefined) continue;
      rows.delete(alias);
      if (rows.size === 0) this.byDev.delete(dev);
    }
  }

  /** fib_lookup: null when found (`res` filled), else why not. */
  lookup(key: FlowKey, res: FibResult, scope = 0, ignoreLinkState = false): RouteErrno | null {
    const match = this.match;
    match.tos = key.tos;
    match.oif = key.oif;
    match.scope = scope;
    match.ignoreLinkState = ignoreLinkState;
    res.alias = null;
    return this.hasCustomRules ? this.lookupRules(key, match, res) : this.lookupMerged(key.daddr, match, res);
  }

  /** fib_table_lookup in one table. */
  lookupIn(table: number, daddr: Ipv4, match: FibMatch, res: FibResult): FibOutcome {
    res.alias = null;
    const map = this.tables.get(table);
    return map === undefined ? "next" : map.lookup(daddr, match, res);
  }

  private lookupMerged(daddr: Ipv4, match: FibMatch, res: FibResult): RouteErrno | null {
    const outcome = this.merged.lookup(daddr, match, res);
    return outcome === "next" ? this.defaultTable(daddr, match, res) : outcome;
  }

  private defaultTable(daddr: Ipv4, match: FibMatch, res: FibResult): RouteErrno | null {
    const outcome = this.tables.get(RT_TABLE_DEFAULT)?.lookup(daddr, match, res);
    return outcome === undefined || outcome === "next" ? "ENETUNREACH" : outcome;
  }

  /** fib_rules_lookup: a table without an answer passes on to the next rule. */
  private lookupRules(key: FlowKey, match: FibMatch, res: FibResult): RouteErrno | null {
    const rules = this.rules;
    for (let i = 0; i < rules.length; i++) {
      const rule = rules[i] as FibRule;
      if (!ruleMatches(this.ns, rule, key)) continue;
      if (rule.action === "goto") {
        const target = rules.findIndex((r, at) => at > i && r.priority >= rule.target);
        if (target > i && rules[target]?.priority === rule.target) i = target - 1;
        continue;
      }
      const outcome = this.ruleAction(rule, key.daddr, match, res);
      if (outcome !== "next") return outcome;
    }
    return "ENETUNREACH";
  }

  private ruleAction(rule: FibRule, daddr: Ipv4, match: FibMatch, res: FibResult): FibOutcome {
    const error = ACTION_ERRORS[rule.action];
    if (error !== undefined) return error;
    const table = rule.action === "lookup" ? this.tables.get(rule.table) : undefined;
    if (table === undefined) return "next";
    const outcome = table.lookup(daddr, match, res);
    if (outcome === null && (res.alias?.len ?? 0) <= rule.suppressPrefixlength) return "next";
    return outcome;
  }

  private tableOf(id: number): PrefixMap {
    let table = this.tables.get(id);
    if (table === undefined) {
      table = new PrefixMap();
      this.tables.set(id, table);
    }
    return table;
  }

  private localRows(alias: FibAlias): number {
    return this.tables.get(RT_TABLE_LOCAL)?.bucket(alias.prefix, alias.len).length ?? 0;
  }
}
