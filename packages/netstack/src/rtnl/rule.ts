// `ip rule` as operations of a batch and as listings (net/core/fib_rules.c: fib_nl_newrule, fib_nl_delrule).

import type { Ipv4 } from "../addr/ipv4.ts";
import { parseInterfaceAddr } from "../addr/ipv4.ts";
import type { FibRule } from "../ipv4/fib/fib-rules.ts";
import { defaultRulePriority, fibRule } from "../ipv4/fib/fib-rules.ts";
import { RT_TABLE_MAIN } from "../ipv4/rt-types.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import type { ConfigOp, RuleSpec } from "./batch.ts";
import type { RtnlFailure } from "./nl-error.ts";
import { rtnlFailure, toolFailure } from "./nl-error.ts";
import type { RuleRow } from "./print-rule.ts";
import { printRule, ruleRow } from "./print-rule.ts";
import { parseRtName } from "./rt-names.ts";

export type RuleOp = Extract<ConfigOp, { op: "rule-add" | "rule-del" }>;

/** Apply one operation; null when done, else what `ip` prints. */
export function applyRuleOp(ns: NetNamespace, op: RuleOp): RtnlFailure | null {
  const parsed = parseSpec(op);
  if ("message" in parsed) return parsed;
  return op.op === "rule-add" ? addRule(ns, op, parsed) : deleteRule(ns, parsed);
}

/** Fields that the words set, and only those: a deletion compares nothing else. */
function parseSpec(spec: RuleSpec): Partial<FibRule> | RtnlFailure {
  const from = parsePrefix(spec.from);
  const to = parsePrefix(spec.to);
  if (from === undefined || to === undefined)
    return toolFailure(
      "EINVAL",
      `Error: any valid prefix is expected rather than "${(from === undefined ? spec.from : spec.to) ?? ""}".`,
    );
  const table = spec.table === undefined ? null : parseRtName("table", spec.table);
  if (table === undefined)
    return toolFailure("EINVAL", `Error: argument "${spec.table ?? ""}" is wrong: invalid table ID\n`);
  return {
    ...(spec.priority === undefined ? {} : { priority: spec.priority }),
    ...(spec.not === undefined ? {} : { not: spec.not }),
    ...(from === null ? {} : { from: from.addr, fromLen: from.len }),
    ...(to === null ? {} : { to: to.addr, toLen: to.len }),
    ...(spec.iif === undefined ? {} : { iif: spec.iif }),
    ...(spec.oif === undefined ? {} : { oif: spec.oif }),
    ...markFields(spec),
    ...(spec.tos === undefined ? {} : { tos: spec.tos }),
    ...(spec.ipproto === undefined ? {} : { ipproto: spec.ipproto }),
    ...(spec.sport === undefined ? {} : { sport: spec.sport }),
    ...(spec.dport === undefined ? {} : { dport: spec.dport }),
    ...(table === null ? {} : { table }),
    ...actionFields(spec),
    ...(spec.suppressPrefixlength === undefined ? {} : { suppressPrefixlength: spec.suppressPrefixlength }),
  };
}

/** null: not given. */
function parsePrefix(text: string | undefined): { addr: Ipv4; len: number } | null | undefined {
  if (text === undefined || text === "all" || text === "default") return null;
  return parseInterfaceAddr(text);
}

function markFields(spec: RuleSpec): Partial<FibRule> {
  if (spec.fwmark === undefined && spec.fwmask === undefined) return {};
  return { mark: spec.fwmark ?? 0, mask: spec.fwmask ?? 0xffffffff };
}

function actionFields(spec: RuleSpec): Partial<FibRule> {
  if (spec.goto !== undefined) return { action: "goto", target: spec.goto, table: 0 };
  if (spec.action === undefined) return {};
  return spec.action === "lookup" ? { action: "lookup" } : { action: spec.action, table: 0 };
}

function addRule(ns: NetNamespace, spec: RuleSpec, fields: Partial<FibRule>): RtnlFailure | null {
  const { fib } = ns;
  const rule = fibRule({ table: RT_TABLE_MAIN, ...fields, priority: spec.priority ?? defaultRulePriority(fib.rules) });
  if (rule.action === "goto" && rule.target <= rule.priority)
    return rtnlFailure({ errno: "EINVAL", extack: "Backward goto not supported" });
  if (fib.rules.some((other) => sameRule(other, rule))) return rtnlFailure({ errno: "EEXIST" });
  const at = fib.rules.findIndex((other) => other.priority > rule.priority);
  fib.rules = at < 0 ? [...fib.rules, rule] : [...fib.rules.slice(0, at), rule, ...fib.rules.slice(at)];
  fib.hasCustomRules = true;
  return null;
}

function sameRule(a: FibRule, b: FibRule): boolean {
  return (Object.keys(a) as (keyof FibRule)[]).every((key) => key === "protocol" || sameField(a[key], b[key]));
}

function sameField(a: FibRule[keyof FibRule], b: FibRule[keyof FibRule]): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  return a[0] === b[0] && a[1] === b[1];
}

/** The first rule that has everything named; unnamed things are not compared. */
function deleteRule(ns: NetNamespace, fields: Partial<FibRule>): RtnlFailure | null {
  const keys = Object.keys(fields) as (keyof FibRule)[];
  const rule = ns.fib.rules.find((r) => keys.every((key) => sameField(r[key], fields[key] as FibRule[keyof FibRule])));
  if (rule === undefined) return rtnlFailure({ errno: "ENOENT" });
  ns.fib.rules = ns.fib.rules.filter((r) => r !== rule);
  ns.fib.hasCustomRules = true;
  return null;
}

/** `ip rule`: the text with newlines. */
export function printRules(ns: NetNamespace): string {
  return ns.fib.rules.map((rule) => `${printRule(rule)}\n`).join("");
}

/** `ip -j rule`. */
export function dumpRules(ns: NetNamespace): RuleRow[] {
  return ns.fib.rules.map(ruleRow);
}
