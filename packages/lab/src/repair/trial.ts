// One repetition of a run, with or without a change: which steps' expectations failed.

import { Refusal } from "@kubehop/sim";
import { judge } from "../expect/judge.ts";
import type { CellRunner, Failure, FlowOutcome, StepOutcome } from "../model/outcome.ts";
import type { CellPlan } from "../model/scenario.ts";
import type { StepSpec } from "../model/step-spec.ts";
import { REPAIR_INDEX } from "./apply.ts";

export interface Trial {
  /** Indices of the steps whose expectations did not hold, or that were not reached. */
  readonly failed: ReadonlySet<number>;
  /** Requests that count by step index, at least one for each step. */
  readonly requests: ReadonlyMap<number, number>;
}

/** A trial that cannot end well any more. */
class Hopeless extends Error {
  override readonly name = "Hopeless";
}

/** Is asked as soon as a step has failed: true ends the trial. */
export type GiveUp = (step: StepSpec, failures: readonly Failure[], outcome: StepOutcome) => boolean;

export interface TrialOptions {
  readonly seed: number;
  readonly run: CellRunner;
  readonly giveUp: GiveUp;
  /** Which requests count. */
  readonly counts: (flow: FlowOutcome) => boolean;
}

/** Repeats a run; undefined when it was given up, or asked for something that is refused. */
export function tryPlan(plan: CellPlan, { seed, run, giveUp, counts }: TrialOptions): Trial | undefined {
  const failed = new Set(plan.steps.map(({ index }) => index).filter((index) => index !== REPAIR_INDEX));
  const requests = new Map<number, number>();
  try {
    run(plan, seed, (step, outcome, live) => {
      if (step.index === REPAIR_INDEX) return mustSucceed(outcome);
      const failures = judge(step.expect, outcome, live);
      requests.set(step.index, Math.max(1, outcome.flows.filter(counts).length));
      if (failures.length === 0) failed.delete(step.index);
      else if (giveUp(step, failures, outcome)) throw new Hopeless();
    });
  } catch (error) {
    if (error instanceof Hopeless || error instanceof Refusal) return undefined;
    throw error;
  }
  return { failed, requests };
}

/** A command that was refused repairs nothing. */
function mustSucceed({ exitCode }: StepOutcome): void {
  if (exitCode !== 0) throw new Hopeless();
}

/** A step that only changes something, and whose command found it changed already: no expectation of a request got worse. */
export function isOnlyExit(failures: readonly Failure[], { flows }: StepOutcome): boolean {
  return flows.length === 0 && failures.every(({ message }) => message.startsWith("exit status:"));
}
