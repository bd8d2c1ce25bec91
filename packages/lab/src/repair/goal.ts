// What a repair has to bring about: in a cell that shows its bug, what the fixed half says; else what the file expects.

import type { CellPlan } from "../model/scenario.ts";

export function goalPlan(plan: CellPlan): CellPlan {
  if (plan.half !== "broken") return plan;
  const steps = plan.steps.map((step) => {
    const { position, checks, repaired = checks } = step.expect;
    return { ...step, expect: { position, checks: repaired } };
  });
  return { ...plan, steps };
}
