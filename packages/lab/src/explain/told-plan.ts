// What is run to be told: the steps of a cell, or a flow in the state of one of its moments.

import { didYouMean } from "@kubehop/kube";
import type { CellPlan } from "../model/scenario.ts";
import { plainStep, REQUEST_TIMEOUT_MS, type SendFlow, sendFlow, type StepSpec } from "../model/step-spec.ts";
import { parseFlow } from "../schema/notation.ts";

/** Id of a step at time 0 that others are timed by; no id of a file has a blank. */
const TIME_ZERO = "time 0";

/** The one who asked named something that is not there. */
export class ExplainError extends Error {
  override readonly name = "ExplainError";
}

export interface ToldPlan {
  readonly plan: CellPlan;
  /** The one step to be told; undefined: any. */
  readonly only: string | undefined;
}

/** The moment a flow is asked in; neither: time 0, before all steps. */
export interface FlowMoment {
  /** Id of a step: when that begins. */
  readonly step?: string;
  /** Virtual ms since time 0. */
  readonly at?: number;
}

/** The steps up to this one; undefined: all. @throws ExplainError when there is no such step */
export function planOfSteps(plan: CellPlan, id: string | undefined): ToldPlan {
  if (id === undefined) return { plan, only: undefined };
  const at = stepAt(plan, id);
  return { plan: upTo(plan, at), only: plan.steps[at]?.id };
}

/** A plan in which the flow is all that happens. @throws ExplainError when it is no flow that can be sent */
export function flowPlan(plan: CellPlan, flow: string): CellPlan {
  return planOfFlow(plan, flow, {}).plan;
}

/** All that happens before that moment, then the flow. @throws ExplainError for an unknown step, or no flow that can be sent */
export function planOfFlow(plan: CellPlan, text: string, { step, at }: FlowMoment): ToldPlan {
  const flow = parseFlow(text);
  const sendable = typeof flow === "string" ? flow : sendFlow(flow);
  if (typeof sendable === "string") throw new ExplainError(sendable);
  if (step !== undefined && at !== undefined)
    throw new ExplainError("a flow is sent when a step begins or at a time, not both");
  const sending = sendingStep(sendable, plan);
  const only = sending.id;
  if (at !== undefined) return { plan: { ...plan, steps: sentAt(plan, sending, at) }, only };
  if (step === undefined) return { plan: { ...plan, steps: [sending] }, only };
  return { plan: sentInstead(plan, stepAt(plan, step), sending), only };
}

function stepAt({ steps }: CellPlan, id: string): number {
  const at = steps.findIndex((step) => step.id === id);
  if (at >= 0) return at;
  const ids = steps.map((step) => step.id);
  throw new ExplainError(`no step ${JSON.stringify(id)}: ${didYouMean(id, ids) ?? `there are ${ids.join(", ")}`}`);
}

/** Without the steps behind this one, unless what goes on beside other steps may need them. */
function upTo(plan: CellPlan, at: number): CellPlan {
  const isTimed = plan.steps.some(({ after, stream }) => after !== undefined || stream !== undefined);
  return isTimed ? plan : { ...plan, steps: plan.steps.slice(0, at + 1) };
}

/** The flow begins when the step would have begun. */
function sentInstead(plan: CellPlan, number: number, sending: StepSpec): CellPlan {
  const { steps } = upTo(plan, number);
  const instead = ({ at, after }: StepSpec): StepSpec => ({
    ...sending,
    at,
    ...(after === undefined ? {} : { after }),
  });
  return { ...plan, steps: steps.map((step, i) => (i === number ? instead(step) : step)) };
}

/** Beside all steps: the flow waits for nothing but the time. */
function sentAt({ steps }: CellPlan, sending: StepSpec, at: number): StepSpec[] {
  const zero: StepSpec = { ...sending, index: steps.length + 1, id: TIME_ZERO, action: { kind: "wait", ms: 0 } };
  const after = { text: `${TIME_ZERO} begun`, subject: TIME_ZERO, event: "begun", number: undefined, plus: at };
  return [zero, { ...sending, after }, ...steps];
}

function sendingStep(flow: SendFlow, { steps }: CellPlan): StepSpec {
  const position = steps[0]?.position ?? { file: "", line: 1, col: 1, endCol: 2 };
  const action = { kind: "send", flow, payload: undefined, timeout: REQUEST_TIMEOUT_MS } as const;
  return plainStep(flow.text, steps.length, position, action);
}
