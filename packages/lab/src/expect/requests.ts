// Which requests of a step count.
import type { Check, CountSpec, RequestFilter, StreamCheck } from "../model/expect-spec.ts";
import type { FlowOutcome, Instant, LiveState, StepOutcome } from "../model/outcome.ts";
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
  const counts = (flow: FlowOutcome): boolean =>
    (since?.at === undefined || !isBefore(flow, since.at)) &&
    (until?.at === undefined || isBefore(flow, until.at)) &&
    (only.flow === undefined || isOfFlow(only.flow, flow.ends, live));
  return withFlows(outcome, outcome.flows.filter(counts));
}

/** In the order of things: of the same ms the one that began before the event was before it. */
function isBefore({ startedAt = 0, eventsBefore }: FlowOutcome, { at, event }: Instant): boolean {
  if (startedAt !== at || event === undefined || eventsBefore === undefined) return startedAt < at;
  return eventsBefore < event;
}

function isOfFlow(flow: NonNullable<RequestFilter["flow"]>, ends: FlowOutcome["ends"], live: LiveState): boolean {
  return ends !== undefined && matchesFlow(flow, ends, live);
}

type JudgeOne = (check: Check, outcome: StepOutcome) => Problem | undefined;

/** What does not hold, with its place. A check is asked of the requests that are its business. */
export function judgeEach(
  checks: readonly Check[],
  outcome: StepOutcome,
  judgeOne: JudgeOne,
): (Problem & Required<Pick<Problem, "position">>)[] {
  return checks.flatMap((check) => {
    const problem = judgeAsked(check, checks, outcome, judgeOne);
    return problem === undefined ? [] : [{ ...problem, position: problem.position ?? check.position }];
  });
}

/** Beside `lost`, checks of who answered ask those that were answered. A request that nobody saw is told once. */
function judgeAsked(
  check: Check,
  checks: readonly Check[],
  outcome: StepOutcome,
  judgeOne: JudgeOne,
): Problem | undefined {
  const { flows } = outcome;
  const countsLost = checks.some(({ kind }) => kind === "lost");
  const asked = countsLost && ASKS_ANSWERED.includes(check.kind) ? flows.filter(isAnswered) : flows;
  if (asked.length === 0 && flows.length > 0)
    return { message: `${check.kind}: none of ${flows.length} requests was answered`, wrong: flows };
  const left = asked.filter((flow) => !isToldOf(flow, check, checks));
  return left.length === 0 && asked.length > 0 ? undefined : judgeOne(check, withFlows(outcome, left));
}

const ASKS_ANSWERED: readonly Check["kind"][] = ["by", "client", "ttl", "share"];
/** What is known of a request that somebody saw, in the order in which it is told that it is not. */
const ASKS_SEEN: readonly Check["kind"][] = ["by", "client", "ttl"];

/** Nobody saw the request, and another check says so. */
function isToldOf(flow: FlowOutcome, { kind }: Check, checks: readonly Check[]): boolean {
  if (flow.by !== undefined || !ASKS_SEEN.includes(kind)) return false;
  const before = ASKS_SEEN.slice(0, ASKS_SEEN.indexOf(kind));
  return checks.some(
    (other) => (other.kind === "result" && other.value !== flow.result) || before.includes(other.kind),
  );
}

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
  // Too few were lost: the others are what is wrong.
  const wrong = lost.length > count.max ? lost : flows.filter(isAnswered);
  return {
    message: `lost ${lost.length}, expected ${count.text}`,
    details: [`of ${flows.length} requests`, ...requestLines(wrong)],
    wrong,
  };
}

/** The first ones, one a line. */
export function requestLines(flows: readonly FlowOutcome[]): string[] {
  const rest = flows.length - SHOWN;
  return [...flows.slice(0, SHOWN).map(formatRequest), ...(rest > 0 ? [`… ${rest} more`] : [])];
}

function formatRequest({ startedAt = 0, ends, result, by, byName = by }: FlowOutcome): string {
  const who = ends === undefined ? "" : `${ends.src}:${ends.sport} > ${ends.dst}:${ends.dport} ${ends.protocol}  `;
  const whom = byName === undefined ? "" : result === "ok" ? ` by ${byName}` : ` (asked ${byName})`;
  return `${formatTime(startedAt)}  ${who}${result}${whom}`;
}

/** `judgeOne` for each check of the window, told with its name. */
export function judgeStream(
  check: StreamCheck,
  outcome: StepOutcome,
  live: LiveState,
  judgeOne: JudgeOne,
): Problem | undefined {
  const window = narrowed(check.only, outcome, live);
  if ("message" in window) return { message: `stream: ${window.message}` };
  if (window.flows.length === 0)
    return { message: "stream: no request began in this part", details: [`of ${outcome.flows.length} requests`] };
  const problems = judgeEach(check.checks, window, judgeOne);
  const [first] = problems;
  if (first === undefined) return undefined;
  return {
    message: `stream: ${problems.map(({ message }) => message).join("; ")}`,
    // Two checks may complain of the same requests.
    details: [...new Set(problems.flatMap(({ details = [] }) => details))],
    position: first.position,
    wrong: problems.flatMap(({ wrong = [] }) => wrong),
  };
}
