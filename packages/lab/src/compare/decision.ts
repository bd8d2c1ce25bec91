// The rules that two packets met at the same place: what decides is told of both, side by side.

import type { Step } from "@kubehop/netstack";
import { type Background, originText } from "../explain/background.ts";
import { ruleName, type RuleStep } from "../explain/rule-text.ts";

/** A packet's steps, and what its run knows beyond them. */
export interface Side {
  readonly steps: readonly Step[];
  readonly background: Background;
}

/** A table at a hook of a machine. */
export interface RulePlace {
  /** As scenarios name it. */
  readonly place: string;
  readonly hook: string;
  readonly table: string;
}

/** Where the packet met the rule that has just decided about it; undefined: no rule did more than let it pass. */
export function decidingPlace({ steps, background }: Side): RulePlace | undefined {
  const last = steps.at(-1);
  if (last === undefined || (last.kind !== "drop" && last.kind !== "nat" && last.kind !== "answer")) return undefined;
  const hookAt = steps.findLastIndex(({ kind }) => kind === "hook");
  const hook = steps[hookAt];
  const rule = steps.slice(hookAt).findLast(isRule);
  if (rule === undefined || hook?.kind !== "hook" || rule.ns !== last.ns) return undefined;
  // The kernel answers by itself too: a redirect, an unreachable next hop.
  if (last.kind === "answer" && !rule.text.includes("-j REJECT")) return undefined;
  return { place: background.placeName(rule.ns), hook: hook.hook, table: rule.table };
}

/** The last rule, or the policy, that the packet met there, with who wrote it; "" when it met none. */
export function decisionAt({ steps, background }: Side, at: RulePlace): string {
  let hook = "";
  let found: RuleStep | undefined;
  for (const step of steps) {
    if (step.kind === "hook") hook = step.hook;
    const here = isRule(step) && step.table === at.table && hook === at.hook;
    if (here && background.placeName(step.ns) === at.place) found = step;
  }
  return found === undefined ? "" : ruleText(found, background);
}

function isRule(step: Step): step is RuleStep {
  return step.kind === "rule";
}

function ruleText(rule: RuleStep, background: Background): string {
  const origin = originText(background.originOf(rule));
  return `${ruleName(rule)}${origin === "" ? "" : ` ← ${origin}`}`;
}
