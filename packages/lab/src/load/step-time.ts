// `at`, `after`, `every` and `until` of a step.
import type { Path } from "@kubehop/kube";
import type { StepSpec, StreamSpec } from "../model/step-spec.ts";
import { parseDuration, parseFlow } from "../schema/notation.ts";
import type { DraftStep } from "./actions.ts";
import { buildEvent, buildMoment } from "./events.ts";
import type { ExpectContext } from "./expectation.ts";
import { EXCLUDED, VERBS, verbsWith } from "./verb-keys.ts";

type StepTime = Pick<StepSpec, "at" | "after" | "stream">;

export function buildStepTime(ec: ExpectContext, step: DraftStep, path: Path): StepTime {
  checkKeys(ec, step, path);
  return {
    at: step.at === undefined ? undefined : parseDuration(step.at),
    after: step.after === undefined ? undefined : buildEvent(ec, step.after, [...path, "after"]),
    stream: buildStream(ec, step, path),
  };
}

function buildStream(ec: ExpectContext, step: DraftStep, path: Path): StreamSpec | undefined {
  const begin = step.at === undefined ? 0 : (parseDuration(step.at) ?? 0);
  const every = step.every === undefined ? undefined : parseDuration(step.every);
  const until = step.until === undefined ? undefined : buildMoment(ec, step.until, [...path, "until"]);
  if (every === 0) ec.context.report([...path, "every"], "nothing can begin again after no time");
  else if (every !== undefined && typeof until === "number") checkRepetitions(ec, (until - begin) / every, path);
  return every === undefined || every === 0 || until === undefined ? undefined : { every, until };
}

/** As many as `repeat` takes. */
const MOST_REPETITIONS = 100_000;

function checkRepetitions({ context }: ExpectContext, count: number, path: Path): void {
  if (count > MOST_REPETITIONS)
    context.report([...path, "every"], `${Math.ceil(count)} repetitions, at most ${MOST_REPETITIONS} are made`, {
      hint: "take a longer time, or an earlier end",
    });
}

/** There is no stream of these, which is said of their keys. */
const IDLE = VERBS.filter((verb) => !verbsWith("every").includes(verb));

/** Keys that need or exclude each other. */
function checkKeys({ context }: ExpectContext, step: DraftStep, path: Path): void {
  const has = (...keys: string[]): boolean => context.document.has([...path, ...keys]);
  for (const [key, other, why] of EXCLUDED) {
    if (has(key) && has(other))
      context.report([...path, key], `"${key}" beside "${other}": ${why}`, { code: "conflict", atKey: true });
  }
  const isIdle = IDLE.some((verb) => has(verb));
  if (has("every") && !has("until") && !isIdle)
    context.report([...path, "every"], 'missing key "until": when the stream ends', {
      code: "missing-key",
      hint: "write until: 30s",
      atKey: true,
    });
  if (has("until") && !has("every") && !isIdle)
    context.report([...path, "until"], '"until" ends a stream, and this is none', {
      code: "missing-key",
      hint: "write every: 200ms",
      atKey: true,
    });
  const flow = typeof step.send === "string" ? step.send : step.send?.flow;
  const parsed = flow === undefined ? undefined : parseFlow(flow);
  if (has("every") && typeof parsed === "object" && parsed.protocol === "tcp" && parsed.from.port !== undefined)
    context.report([...path, "send"], "a connection keeps its port for a while: the next one cannot have it", {
      code: "conflict",
      hint: "leave the source port out, or make it udp",
    });
  for (const half of [[], ["fixed"], ["broken"]])
    if (has("expect", ...half, "stream") && !has("every"))
      context.report(
        [...path, "expect", ...half, "stream"],
        '"stream" looks at parts of a stream, and this step is none',
        {
          code: "missing-key",
          hint: "write every: 200ms and until: 30s",
          atKey: true,
        },
      );
}
