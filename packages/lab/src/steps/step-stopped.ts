import type { StepSpec } from "../model/step-spec.ts";

/** A step cannot go on: the reason is told to the person who wrote it. */
export class StepStopped extends Error {
  override readonly name = "StepStopped";
}

/** The run ends at this step, because of that. */
export class EndOfRun extends Error {
  override readonly name = "EndOfRun";
  readonly step: StepSpec;
  override readonly cause: unknown;

  constructor(step: StepSpec, cause: unknown) {
    super("the run ends here");
    this.step = step;
    this.cause = cause;
  }
}
