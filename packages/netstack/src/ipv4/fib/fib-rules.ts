// Policy rules (net/core/fib_rules.c, net/ipv4/fib_rules.c): which table answers for which packet.

import type { Ipv4 } from "../../addr/ipv4.ts";
import { inPrefix } from "../../addr/ipv4.ts";
import type { NetNamespace } from "../../netns/net-namespace.ts";
import type { FlowKey } from "../rtable.ts";
import { RT_TABLE_DEFAULT, RT_TABLE_LOCAL, RT_TABLE_MAIN } from "../rt-types.ts";

export type FibRuleAction = "lookup" | "goto" | "nop" | "blackhole" | "unreachable" | "prohibit";

export interface FibRule {
  readonly priority: number;
  readonly action: FibRuleAction;
  /** Table of `lookup`, 0 otherwise. */
  readonly table: number;
  /** Priority that `goto` jumps to. */
  readonly target: number;
  readonly not: boolean;
  readonly from: Ipv4;
  readonly fromLen: number;
  readonly to: Ipv4;
  readonly toLen: number;
  /** Device names, empty: any. */
  readonly iif: string;
  readonly oif: string;
  readonly mark: number;
  readonly mask: number;
  readonly tos: number;
  readonly ipproto: number;
  readonly sport: readonly [number, number] | null;
  readonly dport: readonly [number, number] | null;
  /** Results with a prefix this long or shorter are discarded; -1: none. */
  readonly suppressPrefixlength: number;
  /** rt_protos number: 2 kernel for the default rules, 3 boot. */
  readonly protocol: number;
}

const ANY: Ipv4 = 0 as Ipv4;
/** Priorities of the rules every namespace starts with (fib_default_rules_init). */
const PRIORITY_MAIN = 0x7ffe;
const PRIORITY_DEFAULT = 0x7fff;

/** A rule that matches everything and looks up main; `part` says what differs. */
export function fibRule(part: Partial<FibRule>): FibRule {
  return {
    priority: 0,
    action: "lookup",
    table: RT_TABLE_MAIN,
    target: 0,
    not: false,
    from: ANY,
    fromLen: 0,
    to: ANY,
    toLen: 0,
    iif: "",
    oif: "",
    mark: 0,
    mask: 0,
    tos: 0,
    ipproto: 0,
    sport: null,
    dport: null,
    suppressPrefixlength: -1,
    protocol: 3,
    ...part,
  };
}

export function defaultRules(): FibRule[] {
  return [
    fibRule({ priority: 0, table: RT_TABLE_LOCAL, protocol: 2 }),
    fibRule({ priority: PRIORITY_MAIN, table: RT_TABLE_MAIN, protocol: 2 }),
    fibRule({ priority: PRIORITY_DEFAULT, table: RT_TABLE_DEFAULT, protocol: 2 }),
  ];
}

/** fib_default_rule_pref: one below the second rule of the list. */
export function defaultRulePriority(rules: readonly FibRule[]): number {
  const second = rules[1];
  return second !== undefined && second.priority > 0 ? second.priority - 1 : 0;
}

/** fib_rule_match: does the rule apply to the flow? `not` turns the whole of it around, devices included. */
export function ruleMatches(ns: NetNamespace, rule: FibRule, key: FlowKey): boolean {
  return (
    (matchDevice(ns, rule.iif, key.iif) && matchDevice(ns, rule.oif, key.oif) && matchHeaders(rule, key)) !== rule.not
  );
}

/** A named device that is not there matches nothing. */
function matchDevice(ns: NetNamespace, name: string, ifindex: number): boolean {
  return name === "" || ns.devices.byName(name)?.ifindex === ifindex;
}

function matchHeaders(rule: FibRule, key: FlowKey): boolean {
  return (
    ((key.mark ^ rule.mark) & rule.mask) === 0 &&
    inPrefix(key.saddr, rule.from, rule.fromLen) &&
    inPrefix(key.daddr, rule.to, rule.toLen) &&
    (rule.tos === 0 || rule.tos === (key.tos & 0xfc)) &&
    (rule.ipproto === 0 || rule.ipproto === key.proto) &&
    inRange(rule.sport, key.sport) &&
    inRange(rule.dport, key.dport)
  );
}

function inRange(range: readonly [number, number] | null, port: number): boolean {
  return range === null || (port >= range[0] && port <= range[1]);
}
