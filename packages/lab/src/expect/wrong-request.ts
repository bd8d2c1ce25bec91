// Which of the failing steps, and which of its requests, a case is told by.
import type { FlowOutcome, StepOutcome, StepResult } from "../model/outcome.ts";

/** What a choice is made by. */
export type Judged = Pick<StepResult, "failures"> & { readonly outcome: Pick<StepOutcome, "flows"> };

/** The first request that is not as expected, one that was not answered before others; undefined: the step holds, or asked nobody. */
export function wrongRequest({ failures, outcome }: Judged): FlowOutcome | undefined {
  if (failures.length === 0) return undefined;
  return unexpected(failures, isUnanswered) ?? unexpected(failures, () => true) ?? outcome.flows.find(isUnanswered);
}

function unexpected(failures: Judged["failures"], counts: (flow: FlowOutcome) => boolean): FlowOutcome | undefined {
  return failures.flatMap(({ wrong = [] }) => wrong).find(counts);
}

/** How much a step has to tell: a request without an answer more than one that was answered otherwise; 0: it holds. */
export function worthTelling(step: Judged): number {
  const { failures, outcome } = step;
  if (failures.length === 0) return 0;
  if (unexpected(failures, isUnanswered) !== undefined) return 4;
  if (wrongRequest(step) !== undefined) return 3;
  return outcome.flows.length > 0 ? 2 : 1;
}

/** The failing step that has most to tell, the first of equals; undefined: all hold. */
export function failingStep(steps: readonly StepResult[]): StepResult | undefined {
  const failing = steps.filter(({ failures }) => failures.length > 0);
  const most = Math.max(0, ...failing.map(worthTelling));
  return failing.find((step) => worthTelling(step) === most);
}

/** However it ended, it was not with an answer. */
function isUnanswered({ result }: FlowOutcome): boolean {
  return result !== "ok";
}
