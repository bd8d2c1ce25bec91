import type { StepSpec } from "../model/step-spec.ts";

/** A step without `after`, and those behind it that events start from its beginning on. */
export interface Chapter {
  /** Undefined: nothing stands before the first steps with `after`. */
  readonly step: StepSpec | undefined;
  readonly followers: readonly StepSpec[];
}

export function chapters(steps: readonly StepSpec[]): Chapter[] {
  const list: { step: StepSpec | undefined; followers: StepSpec[] }[] = [];
  for (const step of steps) {
    if (step.after === undefined) list.push({ step, followers: [] });
    else if (list.length === 0) list.push({ step: undefined, followers: [step] });
    else list.at(-1)?.followers.push(step);
  }
  return list;
}
