// `pick`: the choice that a step forces, and whether it was forced.

import type { Cluster } from "../cluster/cluster.ts";
import type { EndpointPick } from "../cluster/pick.ts";
import type { Places } from "../cluster/places.ts";
import type { FlowOutcome } from "../model/outcome.ts";
import type { StepSpec } from "../model/step-spec.ts";
import { StepStopped } from "./step-stopped.ts";

export function pickFor({ pick }: StepSpec, cluster: Cluster): EndpointPick | undefined {
  if (pick === undefined) return undefined;
  const ip = cluster.places.pod(pick.text)?.status.podIP;
  if (ip === undefined) throw new StepStopped(`pick: ${pick.text} has no address now`);
  const picked = cluster.pick(ip);
  if (!picked.leads) throw new StepStopped(`pick: no rule of any node leads to ${pick.text} (${ip})`);
  return picked;
}

/** A choice that was to be forced and was not: the step does not show what it says. */
export function checkPicked(
  step: StepSpec,
  pick: EndpointPick | undefined,
  flows: readonly FlowOutcome[],
  places: Places,
): void {
  if (step.pick === undefined || pick === undefined || pick.used) return;
  const { text } = step.pick;
  if (flows.length === 0) throw new StepStopped(`pick: nothing chose ${text}, the step made no request`);
  if (pick.elsewhere !== undefined)
    throw new StepStopped(`pick: ${text} was not among the choices of ${pick.elsewhere}`);
  const wanted = places.find(text)?.ns.name;
  const other = flows.find(({ by }) => by !== undefined && by !== wanted)?.by;
  if (other !== undefined)
    throw new StepStopped(`pick: nothing chose ${text}, ${other} answered without a random choice`);
}
