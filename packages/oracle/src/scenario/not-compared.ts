// What of a scenario another kernel cannot be asked for: there requests are made one behind the other, and no virtual time passes.

import type { CellPlan, FaultSpec, StepSpec } from "@kubehop/lab";

/** Why a fault cannot be repeated; null: what it changes reaches the other kernel as batches like any others. */
const FAULTS: Readonly<Record<FaultSpec["kind"], string | null>> = {
  agent: null,
  crash: "a machine crashes",
  link: "a link loses frames or holds them up",
  heal: "a link is made whole",
  delete: null,
};

/** Why the cell is not compared; undefined: it can be. */
export function whyNotCompared({ steps }: CellPlan): string | undefined {
  for (const step of steps) {
    const why = whyNot(step);
    if (why !== undefined) return `${step.id}: ${why}`;
  }
  return undefined;
}

function whyNot({ action, after, stream }: StepSpec): string | undefined {
  if (after !== undefined) return "begins after an event, beside other steps";
  if (stream !== undefined) return "a stream goes on beside other steps";
  if (action.kind === "race") return "two packets meet behind conntrack's lookup";
  return action.kind === "fault" ? (FAULTS[action.fault.kind] ?? undefined) : undefined;
}
