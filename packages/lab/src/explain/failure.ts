// What the report of a failed case tells beyond the expectation: the time around it, the packet's decisive hops, the cause.

import type { LabEvent } from "../model/lab-event.ts";
import type { CellRunner, FailureStory, StepOutcome, StepResult } from "../model/outcome.ts";
import type { CellPlan } from "../model/scenario.ts";
import { causeOf } from "./cause.ts";
import { wentWrong } from "./find-flow.ts";
import { recordCell, type RecordedStep } from "./record.ts";
import { storyOf } from "./story.ts";
import { type BegunStep, timelineLines } from "./timeline.ts";

/**
 * The story of what went wrong in a step: the cell is run once more, recorded. Undefined when the step made no request that went wrong.
 */
export function storyOfFailure(
  plan: CellPlan,
  seed: number,
  run: CellRunner,
  { step: failing, outcome }: StepResult,
): FailureStory | undefined {
  const begun: BegunStep[] = [];
  let story: FailureStory | undefined;
  const steps = plan.steps.filter(({ index }) => index <= failing.index);
  const told = (recorded: RecordedStep): void => {
    begun.push({ at: recorded.outcome.startedAt, step: recorded.step });
    if (recorded.step.index === failing.index) story = tell(recorded, begun);
  };
  recordCell({ ...plan, steps }, seed, run, told, failing.stream === undefined ? undefined : firstLost(outcome));
  return story;
}

/** A stream may be long: its packets are recorded from the first request on that was not answered. */
function firstLost({ flows }: StepOutcome): number | undefined {
  return flows.find(({ result }) => result !== "ok")?.startedAt;
}

function tell(
  { step, exchanges, background, cluster }: RecordedStep,
  begun: readonly BegunStep[],
): FailureStory | undefined {
  const wrong = exchanges.find(wentWrong);
  if (wrong === undefined) return undefined;
  const at = (wrong.request.steps[0]?.at ?? cluster.epoch) - cluster.epoch;
  const events: readonly LabEvent[] = cluster.events;
  const cause = causeOf(wrong, background);
  return {
    step: step.id,
    ...(wrong === exchanges[0] && step.stream === undefined ? {} : { at }),
    lines: [...timelineLines(begun, events, at), ...storyOf(wrong, background)],
    ...(cause === undefined ? {} : { cause }),
  };
}
