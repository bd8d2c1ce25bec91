// A stream goes on while things go wrong and are repaired: what a repair has to bring about are the requests that begin after it.

import { judge } from "../expect/judge.ts";
import type { Check, ExpectSpec } from "../model/expect-spec.ts";
import type { FlowOutcome, LiveState, StepOutcome } from "../model/outcome.ts";
import type { EventSpec, StepSpec } from "../model/step-spec.ts";

/** A moment in the life of a stream at which it is repaired. */
export interface StreamMoment {
  readonly stream: StepSpec;
  /** Virtual ms since time 0. */
  readonly at: number;
  /** As an event that a step beside the stream waits for. */
  readonly event: EventSpec;
  /** What then has to hold of the requests that begin later. */
  readonly goal: ExpectSpec;
}

/** What begins at the moment of the repair has begun before it. */
const JUST_AFTER_MS = 0.001;

/** Checks of requests one by one: what a single one has to be like. */
const OF_ONE: readonly Check["kind"][] = ["result", "by", "client", "ttl", "lost"];
/** What can be asked of a part of the requests, or is there only when the step ends. */
const OF_PART: readonly Check["kind"][] = [...OF_ONE, "share", "row"];

/**
 * When the first request begins that is not as expected, in a stream that went right until then and does not go right again by
 * itself. Undefined: it is no stream, it went wrong from its first request on, or no request is to blame.
 */
export function streamMoment(stream: StepSpec, outcome: StepOutcome, live: LiveState): StreamMoment | undefined {
  if (stream.stream === undefined) return undefined;
  const flows = outcome.flows.toSorted((a, b) => startOf(a) - startOf(b));
  const first = flows.findIndex((flow) => isWrong(stream.expect, flow, outcome, live));
  const wrong = flows[first];
  if (first < 1 || wrong === undefined) return undefined;
  const at = startOf(wrong);
  const goal = goalFrom(stream.expect, at + JUST_AFTER_MS, outcome, live);
  const plus = at - outcome.startedAt;
  const event = { text: `${stream.id} begun + ${plus}ms`, subject: stream.id, event: "begun", number: undefined, plus };
  return judge(goal, outcome, live).length === 0 ? undefined : { stream, at, event, goal };
}

/** Those that are counted for it. */
export function beginsAfter({ at }: StreamMoment): (flow: FlowOutcome) => boolean {
  return (flow) => startOf(flow) > at;
}

function startOf({ startedAt = 0 }: FlowOutcome): number {
  return startedAt;
}

function isWrong(expect: ExpectSpec, flow: FlowOutcome, outcome: StepOutcome, live: LiveState): boolean {
  const alone = { ...outcome, flow, flows: [flow] };
  return [expect, ...windowsOf(expect)].some((part) => {
    const checks = part.checks.filter(({ kind }) => OF_ONE.includes(kind)).map(noneLost);
    // Beside `lost`, a request without answer is nobody's.
    return counts(part, flow, outcome, live) && judge({ position: part.position, checks }, alone, live).length > 0;
  });
}

function windowsOf({ checks }: ExpectSpec): ExpectSpec[] {
  return checks.flatMap((check) => (check.kind === "stream" ? [check] : []));
}

function noneLost(check: Check): Check {
  return check.kind === "lost" ? { ...check, count: { min: 0, max: 0, text: "0" } } : check;
}

function counts({ only, position }: ExpectSpec, flow: FlowOutcome, outcome: StepOutcome, live: LiveState): boolean {
  // A window in which no request begins does not hold.
  const asked: Check[] = [{ kind: "stream", position, only: { ...ANY, ...only }, checks: [] }];
  return judge({ position, checks: asked }, { ...outcome, flow, flows: [flow] }, live).length === 0;
}

const ANY = { flow: undefined, since: undefined, until: undefined };

function goalFrom(expect: ExpectSpec, since: number, outcome: StepOutcome, live: LiveState): ExpectSpec {
  const { position, only } = expect;
  const isOver = (check: Check): boolean => {
    if (check.kind !== "stream" || check.only.until === undefined) return false;
    return (live.timeOf(check.only.until, outcome.startedAt)?.at ?? Infinity) <= since;
  };
  const checks = expect.checks
    .filter((check) => OF_PART.includes(check.kind) || (check.kind === "stream" && !isOver(check)))
    .map((check) => (check.kind === "lost" ? { ...check, count: { ...check.count, min: 0 } } : check));
  const narrowed: readonly Check[] = only === undefined ? checks : [{ kind: "stream", position, only, checks }];
  return { position, checks: [{ kind: "stream", position, only: { ...ANY, since }, checks: narrowed }] };
}
