// How a rule that a packet met is named.

import type { StepOf } from "./phrases.ts";

export type RuleStep = StepOf<"rule">;

/** `filter/FORWARD 7 -s 10.1.0.0/16 -j ACCEPT`, or the policy at the end of the chain. */
export function ruleName({ table, chain, rule, text, verdict }: RuleStep): string {
  const where = `${table}/${chain}`;
  return rule === 0 ? `policy ${verdict} of ${where}` : `${where} ${rule} ${withoutComment(text)}`;
}

/** As iptables-save has it: `-A FORWARD -s 10.1.0.0/16 -j ACCEPT`, `-P FORWARD DROP`. */
export function ruleSpec({ chain, rule, text }: RuleStep): string {
  return rule === 0 ? `-P ${chain} DROP` : `-A ${chain} ${text}`;
}

export function withoutComment(text: string): string {
  return text.replace(/-m comment --comment ("(?:[^"\\]|\\.)*"|\S+) ?/g, "");
}
