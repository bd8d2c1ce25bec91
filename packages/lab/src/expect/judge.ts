// Holds what happened against what was expected. Judging changes nothing: it reads outcomes and asks the live state.
import type { Check, ExpectSpec, NeverCheck } from "../model/expect-spec.ts";
import type { Failure, FlowOutcome, LiveState, StepOutcome } from "../model/outcome.ts";
import { judgeFate } from "../flows/judge-fate.ts";
import { formatTime, judgeDropped, judgePacket, judgeRow } from "./judge-live.ts";
import { judgeOutput } from "./judge-output.ts";
import { judgeShare } from "./judge-share.ts";
import { judgeNat, judgePath } from "./judge-way.ts";
import type { Problem } from "./problem.ts";
import { judgeEach, judgeLost, judgeStream, narrowed, requestLines } from "./requests.ts";

/** Everything that did not hold, in the order it was written. */
export function judge(expect: ExpectSpec, outcome: StepOutcome, live: LiveState): Failure[] {
  const counted = narrowed(expect.only, outcome, live);
  if ("message" in counted) return [failure(expect.position, counted)];
  return judgeEach(expect.checks, counted, (check, asked) => judgeOne(check, asked, live)).map(
    ({ position, ...problem }) => failure(position, problem),
  );
}

function failure(position: Failure["position"], { message, details = [], wrong }: Problem): Failure {
  return { position, message, details, ...(wrong === undefined ? {} : { wrong }) };
}

function judgeOne(check: Check, outcome: StepOutcome, live: LiveState): Problem | undefined {
  switch (check.kind) {
    case "result":
      return judgeResult(check.value, outcome);
    case "exit":
      return judgeExit(check.value, outcome);
    case "ttl":
      return judgeFlows(outcome, `ttl ${check.value}`, (flow) =>
        flow.ttl === check.value ? undefined : `ttl: ${flow.ttl ?? "unknown"}, expected ${check.value}`,
      );
    case "by":
      return judgeBy(check.pods, outcome, live);
    case "client":
      return judgeClient(check.value, outcome, live);
    case "output":
      return judgeOutput(check, outcome);
    case "share":
      return judgeShare(check, outcome, live);
    case "dropped":
      return judgeDropped(check, live);
    case "packet":
      return judgePacket(check, live);
    case "path":
    case "reply-path":
      return judgePath(check, live);
    case "nat":
      return judgeNat(check, live);
    case "row":
      return judgeRow(check, live);
    case "lost":
      return judgeLost(check.count, outcome);
    case "stream":
      return judgeStream(check, outcome, live, (one, part) => judgeOne(one, part, live));
    case "never":
      return judgeNever(check, outcome, live);
    case "fate":
      return judgeFate(check, outcome);
  }
}

/** What cannot be asked for has not held, and yet nothing is known of it. */
function judgeNever(check: NeverCheck, outcome: StepOutcome, live: LiveState): Problem | undefined {
  const at = outcome.held?.get(check);
  if (at !== undefined) return { message: `never: it held at ${formatTime(at)} s` };
  const problems = check.expect.checks.map((one) => judgeOne(one, outcome, live));
  const unanswered = problems.find((problem) => problem?.unanswerable === true);
  return unanswered === undefined ? undefined : { message: `never: ${unanswered.message}` };
}

/** A result is that of a request: a step without one has none, however well its command ended. */
function judgeResult(wanted: FlowOutcome["result"], outcome: StepOutcome): Problem | undefined {
  if (outcome.flows.length > 0) {
    return judgeFlows(outcome, wanted, (flow) =>
      flow.result === wanted ? undefined : `result: ${flow.result}, expected ${wanted}`,
    );
  }
  const hint =
    wanted === "ok" ? ["for a command that asks nobody write exit: 0, which also holds when nothing is said"] : [];
  return {
    message: `result: the step made no request, expected ${wanted}`,
    details: [...lastLines(outcome), ...hint],
  };
}

function judgeExit(wanted: number, outcome: StepOutcome): Problem | undefined {
  if (outcome.exitCode === wanted) return undefined;
  return { message: `exit status: ${outcome.exitCode}, expected ${wanted}`, details: lastLines(outcome) };
}

const SHOWN_LINES = 5;

/** What the command said last: usually the reason. */
function lastLines(outcome: StepOutcome): string[] {
  const text = outcome.stderr.trim() === "" ? outcome.stdout : outcome.stderr;
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-SHOWN_LINES);
}

/** Every request of the step must be as expected; the first that is not is told. */
function judgeFlows(
  outcome: StepOutcome,
  wanted: string,
  complain: (flow: FlowOutcome) => string | undefined,
): Problem | undefined {
  const { flows } = outcome;
  if (flows.length === 0)
    return { message: `the step made no request, expected ${wanted}`, details: lastLines(outcome) };
  const wrong = flows.filter((flow) => complain(flow) !== undefined);
  const [first] = wrong;
  const complaint = first && complain(first);
  if (first === undefined || complaint === undefined) return undefined;
  if (flows.length === 1) return { message: complaint, wrong };
  return {
    message: `${complaint} (request ${flows.indexOf(first) + 1}; ${wrong.length} of ${flows.length} like this)`,
    details: requestLines(wrong),
    wrong,
  };
}

function judgeBy(pods: readonly string[], outcome: StepOutcome, live: LiveState): Problem | undefined {
  const wanted = pods.map((pod) => live.placeOf(pod) ?? pod);
  const text = pods.join(" or ");
  return judgeFlows(outcome, `by ${text}`, (flow) => {
    if (flow.by !== undefined && wanted.includes(flow.by)) return undefined;
    return `by: ${flow.byName ?? flow.by ?? "nobody"}, expected ${text}`;
  });
}

function judgeClient(value: string, outcome: StepOutcome, live: LiveState): Problem | undefined {
  const wanted = live.addressOf(value) ?? value;
  const text = wanted === value ? value : `${value} (${wanted})`;
  return judgeFlows(outcome, `client ${text}`, (flow) =>
    flow.client === wanted ? undefined : `client: ${flow.client ?? "unknown"}, expected ${text}`,
  );
}
