// One case: the steps of a cell run, every step judged while the cluster stands as the step left it.
import type { CellResult, CellRunner, Failure, LiveState, StepOutcome, StepResult } from "../model/outcome.ts";
import type { BugSpec, CellPlan, Scenario } from "../model/scenario.ts";
import type { StepSpec } from "../model/step-spec.ts";
import { storyOfFailure } from "../explain/failure.ts";
import { judge } from "./judge.ts";
import { NeverSeen } from "./never-seen.ts";
import { failingStep } from "./wrong-request.ts";

/** Runs and judges one cell of a scenario. */
export function runCase(
  scenario: Scenario,
  plan: CellPlan,
  seed: number,
  run: CellRunner,
  never = new NeverSeen(),
): CellResult {
  const steps: StepResult[] = [];
  const cause = new CauseWatch(scenario.bug, plan.half);
  const end = run(withCauseWatched(plan, scenario.bug), seed, ({ index }, outcome, live) => {
    const step = plan.steps.find((written) => written.index === index);
    if (step === undefined) throw new Error(`the runner made up step ${index}`);
    steps.push({ step, outcome, failures: judge(step.expect, outcome, live) });
    cause.look(step, outcome, live);
    never.look(plan.steps, live);
  });
  const stopped =
    end.stopped === undefined
      ? []
      : [{ position: end.stopped.step.position, message: end.stopped.reason, details: notRun(plan, end.stopped.step) }];
  // Steps that go on beside others end out of order.
  steps.sort((a, b) => a.step.index - b.step.index);
  const failures = [
    ...steps.flatMap((result) => result.failures),
    ...stopped,
    ...(stopped.length === 0 ? cause.failures() : []),
  ];
  const { file, title } = scenario;
  const failing = failingStep(steps);
  // Nothing is recorded while all goes well: a run is repeated exactly, so the story can be had afterwards.
  const story = failing === undefined ? undefined : storyOfFailure(plan, seed, run, failing);
  return {
    file,
    title,
    cell: plan.cell,
    status: failures.length === 0 ? "passed" : "failed",
    steps,
    failures,
    ...(story === undefined ? {} : { story }),
    fixes: [],
    virtualMs: end.virtualMs,
  };
}

/** What a run that stopped early has not shown. */
function notRun({ steps }: CellPlan, { index }: StepSpec): string[] {
  const later = steps.filter((step) => step.index > index).length;
  return later === 0 ? [] : [`${later} ${later === 1 ? "step" : "steps"} not run`];
}

/** The runner taps the devices that a step's checks name: every step watches those of the cause too. */
function withCauseWatched(plan: CellPlan, bug: BugSpec | undefined): CellPlan {
  const because = bug?.because?.checks ?? [];
  if (because.length === 0) return plan;
  const steps = plan.steps.map((step) => ({
    ...step,
    expect: { ...step.expect, also: because },
  }));
  return { ...plan, steps };
}

/**
 * `bug.because` must hold at the end of some step of a broken cell. It may be seen in a fixed one too: a promiscuous tap of a bridge
 * shows a reply before netfilter translates it back, whether or not it does.
 */
class CauseWatch {
  readonly #bug: BugSpec | undefined;
  readonly #half: CellPlan["half"];
  #seenAt: StepSpec | undefined;
  #nearest: readonly Failure[] = [];

  constructor(bug: BugSpec | undefined, half: CellPlan["half"]) {
    this.#bug = bug;
    this.#half = half;
  }

  look(step: StepSpec, outcome: StepOutcome, live: LiveState): void {
    const because = this.#bug?.because;
    if (because === undefined || this.#seenAt !== undefined) return;
    const failures = judge(because, outcome, live);
    if (failures.length === 0) this.#seenAt = step;
    else this.#nearest = failures;
  }

  failures(): readonly Failure[] {
    const because = this.#bug?.because;
    if (because === undefined) return [];
    if (this.#half !== "broken" || this.#seenAt !== undefined) return [];
    return this.#nearest.map((failure) => ({ ...failure, message: `the cause was not seen: ${failure.message}` }));
  }
}
