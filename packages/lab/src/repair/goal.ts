// What a repair has to bring about: in a cell that shows its bug, what the fixed half says; else what the file expects.

import type { CellPlan } from "../model/scenario.ts";

/** Tables of flows are left out: each asks its flows of many clusters of their own, none of which is the one that would be repaired. */
export function goalPlan(plan: CellPlan): CellPlan {
  const asked = plan.steps.filter(({ action }) => action.kind !== "flows");
  if (plan.half !== "broken") return { ...plan, steps: asked };
  return { ...plan, steps: asked.map((step) => ({ ...step, expect: step.expect.repaired ?? step.expect })) };
}
