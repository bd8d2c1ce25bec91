// Which requests of a step count.
import type { Check, CountSpec, RequestFilter, StreamCheck } from "../model/expect-spec.ts";
import type { FlowOutcome, LiveState, StepOutcome } from "../model/outcome.ts";
import { formatTime } from "./judge-live.ts";
import { matchesFlow } from "./match-flow.ts";
import type { Problem } from "./problem.ts";

/** The outcome with only the requests that count, or why that cannot be said. */
export function narrowed(
  only: RequestFilter | undefined,
  outcome: StepOutcome,
  live: LiveState,
): StepOutcome | Problem {
  if (only === undefined) return outcome;
  const [since, until] = [only.since, only.until].map((moment) =>
    moment === undefined ? undefined : { moment, at: live.timeOf(moment, outcome.startedAt) },
  );
  for (const bound of [since, until])
    if (bound !== undefined && bound.at === undefined && typeof bound.moment !== "number")
      return { message: `${bound.moment.text}: did not happen` };
  const from = since?.at ?? Number.NEGATIVE_INFINITY;
  const to = until?.at ?? Number.POSITIVE_INFINITY;
  const counts = ({ startedAt = 0, ends }: FlowOutcome): boolean =>
    startedAt >= from && startedAt < to && (only.flow === undefined || isOfFlow(only.flow, ends, live));
  return withFlows(outcome, outcome.flows.filter(counts));
}

function isOfFlow(flow: NonNullable<RequestFilter["flow"]>, ends: FlowOutcome["ends"], live: LiveState): boolean {
  return ends !== undefined && matchesFlow(flow, ends, live);
}

/** Beside `lost`, checks of who answered ask the requests that were answered. */
export function answeredOnly(checks: readonly Check[], outcome: StepOutcome): (check: Check) => StepOutcome {
  const answered = withFlows(outcome, outcome.flows.filter(isAnswered));
  const countsLost = checks.some(({ kind }) => kind === "lost");
  return ({ kind }) => (countsLost && ASKS_ANSWERED.includes(kind) ? answered : outcome);
}

const ASKS_ANSWERED: readonly Check["kind"][] = ["by", "client", "ttl", "share"];

function withFlows(outcome: StepOutcome, flows: readonly FlowOutcome[]): StepOutcome {
  const { flow: _last, ...rest } = outcome;
  const last = flows.at(-1);
  return { ...rest, flows, ...(last === undefined ? {} : { flow: last }) };
}

function isAnswered({ result }: FlowOutcome): boolean {
  return result === "ok";
}

const SHOWN = 5;

/** `lost 42, expected 0`. */
export function judgeLost(count: CountSpec, { flows }: StepOutcome): Problem | undefined {
  if (flows.length === 0) return { message: "lost: no request counts" };
  const lost = flows.filter((flow) => !isAnswered(flow));
  if (lost.length >= count.min && lost.length <= count.max) return undefined;
  const rest = lost.length - SHOWN;
  return {
    message: `lost ${lost.length}, expected ${count.text}`,
    details: [
      `of ${flows.length} requests`,
      ...lost.slice(0, SHOWN).map(formatLost),
      ...(rest > 0 ? [`… ${rest} more`] : []),
    ],
  };
}

function formatLost({ startedAt = 0, ends, result, by, byName = by }: FlowOutcome): string {
  const who = ends === undefined ? "" : `${ends.src}:${ends.sport} > ${ends.dst}:${ends.dport} ${ends.protocol}  `;
  return `${formatTime(startedAt)}  ${who}${result}${byName === undefined ? "" : ` (asked ${byName})`}`;
}

/** `judgeOne` for each check of the window, told with its name. */
export function judgeStream(
  check: StreamCheck,
  outcome: StepOutcome,
  live: LiveState,
  judgeOne: (check: Check, outcome: StepOutcome) => Problem | undefined,
): Problem | undefined {
  const window = narrowed(check.only, outcome, live);
  if ("message" in window) return { message: `stream: ${window.message}` };
  if (window.flows.length === 0)
    return { message: "stream: no request began in this part", details: [`of ${outcome.flows.length} requests`] };
  const outcomeFor = answeredOnly(check.checks, window);
  const wrong = check.checks.flatMap((one) => {
    const problem = judgeOne(one, outcomeFor(one));
    return problem === undefined ? [] : [{ ...problem, position: one.position }];
  });
  const [first] = wrong;
  if (first === undefined) return undefined;
  return {
    message: `stream: ${wrong.map(({ message }) => message).join("; ")}`,
    details: wrong.flatMap(({ details = [] }) => details),
    position: first.position,
  };
}
