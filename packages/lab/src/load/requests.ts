// What an expectation says of requests: which count, how they ended, who answered, how many were lost, in which part of the step.
import type { Path, SourcePosition } from "@kubehop/kube";
import type { Check, CountSpec, RequestFilter } from "../model/expect-spec.ts";
import type { FlowSpec } from "../model/step-spec.ts";
import { AT_LEAST_ONE, parseCount, parseFlow, parseFraction } from "../schema/notation.ts";
import type { PlainExpectFile } from "../schema/scenario-schema.ts";
import { type Draft, entriesOf, manyOf } from "./draft.ts";
import { buildMoment } from "./events.ts";
import type { ExpectContext } from "./expectation.ts";

type DraftPlain = Draft<PlainExpectFile>;
type DraftRequests = Pick<DraftPlain, "result" | "by" | "client" | "ttl" | "lost" | "share">;

export function countOf(written: string | number | undefined): CountSpec {
  return (written === undefined ? undefined : parseCount(written)) ?? AT_LEAST_ONE;
}

export function flowOf(ec: ExpectContext, text: string | undefined, path: Path): FlowSpec | undefined {
  const flow = text === undefined ? undefined : parseFlow(text);
  if (flow === undefined || typeof flow === "string") return undefined;
  for (const end of [flow.from, flow.to]) {
    if (end.name !== "*") ec.names.checkEnd(end.name, path);
  }
  return flow;
}

/** Undefined: all count. */
export function requestFilter(
  ec: ExpectContext,
  draft: Pick<DraftPlain, "flow" | "since"> & { readonly until?: string | number | undefined },
  path: Path,
): RequestFilter | undefined {
  const flow = flowOf(ec, draft.flow, [...path, "flow"]);
  const since = draft.since === undefined ? undefined : buildMoment(ec, draft.since, [...path, "since"]);
  const until = draft.until === undefined ? undefined : buildMoment(ec, draft.until, [...path, "until"]);
  return (flow ?? since ?? until) === undefined ? undefined : { flow, since, until };
}

export function requestChecks(ec: ExpectContext, draft: DraftRequests, path: Path): Check[] {
  const at = (key: string): { position: SourcePosition } => ({ position: ec.context.position([...path, key]) });
  const checks: Check[] = [];
  if (draft.result !== undefined) checks.push({ kind: "result", value: draft.result, ...at("result") });
  if (draft.lost !== undefined) checks.push({ kind: "lost", count: countOf(draft.lost), ...at("lost") });
  if (draft.ttl !== undefined) checks.push({ kind: "ttl", value: draft.ttl, ...at("ttl") });
  if (draft.client !== undefined) {
    ec.names.checkEnd(draft.client, [...path, "client"]);
    checks.push({ kind: "client", value: draft.client, ...at("client") });
  }
  const by = manyOf(draft.by);
  for (const { item, step } of by) ec.names.checkEnd(item, [...path, "by", ...step]);
  if (by.length > 0) checks.push({ kind: "by", pods: by.map(({ item }) => item), ...at("by") });
  return [...checks, ...shareChecks(ec, draft.share, [...path, "share"])];
}

/** `stream:` — parts of a stream. */
export function streamChecks(ec: ExpectContext, draft: DraftPlain["stream"], path: Path): Check[] {
  return manyOf(draft).flatMap(({ item, step }): Check[] => {
    const at = [...path, ...step];
    const only = requestFilter(ec, item, at) ?? { flow: undefined, since: undefined, until: undefined };
    const checks = requestChecks(ec, item, at);
    if (checks.length === 0 && !SAYS.some((key) => ec.context.document.has([...at, key])))
      ec.context.report(at, "nothing is expected of these requests", { hint: `write one of ${SAYS.join(", ")}` });
    return [{ kind: "stream", only, checks, position: ec.context.position(at) }];
  });
}

const SAYS = ["result", "by", "client", "ttl", "lost", "share"] as const;

function shareChecks(ec: ExpectContext, draft: DraftPlain["share"], path: Path): Check[] {
  if (draft === undefined) return [];
  const { tolerance, ...rest } = draft;
  const pods = entriesOf(rest).map(([pod, share]) => {
    ec.names.checkEnd(pod, [...path, pod]);
    return { pod, fraction: parseFraction(share) ?? 0, position: ec.context.position([...path, pod]) };
  });
  const total = pods.reduce((sum, { fraction }) => sum + fraction, 0);
  // A share that could not be read was told already.
  const unread = Object.keys(ec.context.document.valueAt(path) ?? {}).some((key) =>
    ec.context.isUnreadable([...path, key]),
  );
  if (unread) return [];
  if (pods.length === 0) ec.context.report(path, "no pod is named", { hint: "write { web#1: 1/2, web#2: 1/2 }" });
  else if (Math.abs(total - 1) > 0.02)
    ec.context.report(path, `the shares add up to ${(total * 100).toFixed(1)} %, not to 100 %`);
  const limit = tolerance === undefined ? undefined : parseFraction(tolerance);
  return [{ kind: "share", pods, tolerance: limit, position: ec.context.position(path) }];
}
