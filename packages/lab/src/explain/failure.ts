// What the report of a failed case tells beyond the expectation: the time around it, the packet's decisive hops, the cause.

import { wrongRequest } from "../expect/wrong-request.ts";
import type { CellRunner, FailureStory, StepResult } from "../model/outcome.ts";
import type { CellPlan } from "../model/scenario.ts";
import type { StepSpec } from "../model/step-spec.ts";
import { causeOf } from "./cause.ts";
import type { OwnExchange } from "./own-requests.ts";
import { recordCell, type RecordedStep } from "./record.ts";
import { storyOf } from "./story.ts";
import { type BegunStep, timelineLines } from "./timeline.ts";
import { toldExchange } from "./told-exchange.ts";

/**
 * The story of the first request of a step that is not as expected: the cell is run once more, recorded from when it began.
 * Undefined when no packet of it is to be seen.
 */
export function storyOfFailure(
  plan: CellPlan,
  seed: number,
  run: CellRunner,
  failing: StepResult,
): FailureStory | undefined {
  const begun: BegunStep[] = [];
  let story: FailureStory | undefined;
  const wrong = wrongRequest(failing);
  const told = (recorded: RecordedStep): void => {
    if (recorded.step.index !== failing.step.index) return;
    // A run is repeated exactly: it is the request of the same number.
    const same = wrong && recorded.outcome.flows[failing.outcome.flows.indexOf(wrong)];
    story = tell(recorded, toldExchange(recorded.exchanges, same), begun);
  };
  recordCell(planUpTo(failing.step, plan), seed, notingBegun(run, begun), told, wrong?.startedAt);
  return story;
}

/** What goes on beside others may need those behind it. */
function planUpTo({ index }: StepSpec, plan: CellPlan): CellPlan {
  const isTimed = plan.steps.some(({ after, stream }) => after !== undefined || stream !== undefined);
  return isTimed ? plan : { ...plan, steps: plan.steps.filter((step) => step.index <= index) };
}

/** Steps that go on still have begun, too. */
function notingBegun(run: CellRunner, begun: BegunStep[]): CellRunner {
  return (plan, seed, onStep, onBegin) =>
    run(plan, seed, onStep, (step, cluster) => {
      begun.push({ at: cluster.world.now - cluster.epoch, step });
      onBegin?.(step, cluster);
    });
}

function tell(
  { outcome, exchanges, background, cluster }: RecordedStep,
  wrong: OwnExchange | undefined,
  begun: readonly BegunStep[],
): FailureStory | undefined {
  if (wrong === undefined) return undefined;
  const sentAt = (wrong.request.steps[0]?.at ?? cluster.epoch) - cluster.epoch;
  const isOnly = wrong.flow === undefined ? wrong === exchanges[0] : outcome.flows.length === 1;
  const cause = causeOf(wrong, background);
  return {
    ...(isOnly ? {} : { at: wrong.flow?.startedAt ?? sentAt }),
    lines: [...timelineLines(begun, cluster.events, sentAt), ...storyOf(wrong, background)],
    ...(cause === undefined ? {} : { cause }),
  };
}
