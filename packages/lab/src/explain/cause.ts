// What a request that went wrong failed of, in one line: the thing to look at, with who made it.

import { authorOf, type Background } from "./background.ts";
import type { Exchange, Way } from "./find-flow.ts";
import { endText, lastHeaders } from "./headers.ts";
import { dropText } from "./phrases.ts";
import { type RowsUsed, responsible } from "./responsible.ts";
import { ruleName, type RuleStep } from "./rule-text.ts";
import { wrongRow } from "./wrong-row.ts";

/** Undefined: the steps name nothing to blame. */
export function causeOf(exchange: Exchange, background: Background): string | undefined {
  const { request, reply } = exchange;
  return (
    ruled(request, background) ??
    oldEntry(request, background) ??
    lost(request, background) ??
    strangeReply(exchange, background) ??
    (reply === undefined ? undefined : (ruled(reply, background) ?? lost(reply, background)))
  );
}

const ARROW = " ← ";

/** A new request that an entry of an earlier one translates: rules that changed since are not asked. */
function oldEntry({ steps, first }: Way, background: Background): string | undefined {
  const hit = steps.find((step) => step.kind === "ct" && background.isHit(step));
  if (hit?.kind !== "ct" || !steps.some((step) => step.kind === "nat" && step.ns === hit.ns)) return undefined;
  const [rule] = background.makerOf(hit)?.rules ?? [];
  const made = `made ${background.seconds(hit.createdAt)}${rule === undefined ? "" : ` by ${ruleText(rule, background)}`}`;
  const renewed = first.protocol === "udp" ? "; every datagram refreshes it" : "";
  return `${background.placeName(hit.ns)} conntrack ${shortEntry(hit.entry)} ${made}${renewed}`;
}

/** `udp src=… dst=… sport=… dport=…`, the first direction of a line of `conntrack -L`. */
function shortEntry(entry: string): string {
  const ends = /src=\S+ dst=\S+(?: sport=\d+ dport=\d+)?/.exec(entry)?.[0] ?? "";
  return `${entry.slice(0, entry.indexOf(" "))} ${ends}`;
}

function ruleText(rule: RuleStep, background: Background): string {
  return [rule.chain, ...behindRule(rule, background)].join(ARROW);
}

function behindRule(rule: RuleStep, background: Background): string[] {
  return authorOf(background.originOf(rule));
}

/** The rule or policy that dropped or rejected the packet. */
function ruled({ steps }: Way, background: Background): string | undefined {
  const rule = steps.findLast((step) => step.kind === "rule");
  const drop = steps.at(-1);
  if (rule?.kind !== "rule" || drop?.kind !== "drop" || drop.reason !== "NETFILTER_DROP") return undefined;
  return [`${background.placeName(drop.ns)} ${ruleName(rule)}`, ...behindRule(rule, background)].join(ARROW);
}

/** Where the packet died or waits, with the row or setting that decided. */
function lost({ steps, end }: Way, background: Background): string | undefined {
  if (end === "queued") return waits(steps, background);
  const drop = steps.at(-1);
  // A packet that nobody waits for is told by what led it there.
  if (drop?.kind !== "drop" || drop.reason === "NO_SOCKET") return undefined;
  const who = responsible(drop, rowsOf(steps.filter(({ ns }) => ns === drop.ns)));
  const what = dropText(drop, undefined).replace("DROPPED ", "");
  const behind = who === "" ? wrongRow(steps, drop, background) : [who];
  return [`${background.placeName(drop.ns)} ${what}`, ...behind].join(ARROW);
}

function rowsOf(steps: Way["steps"]): RowsUsed {
  const route = steps.findLast((step) => step.kind === "route");
  const neigh = steps.findLast((step) => step.kind === "neigh");
  return {
    ...(route?.kind === "route" ? { route } : {}),
    ...(neigh?.kind === "neigh" ? { neigh } : {}),
  };
}

function waits(steps: Way["steps"], background: Background): string | undefined {
  const neigh = steps.findLast((step) => step.kind === "neigh");
  if (neigh?.kind !== "neigh") return undefined;
  const { route } = rowsOf(steps);
  const by = route === undefined ? [] : [`route ${route.route.trimEnd()}`, ...authorOf(route.origin)];
  const what = `${background.placeName(neigh.ns)} nobody answers for ${background.named(neigh.nexthop)} on ${neigh.dev}`;
  return [what, ...by].join(ARROW);
}

/** The answer comes from another address than was asked: what was translated on the way there was not translated back. */
function strangeReply({ request, reply }: Exchange, background: Background): string | undefined {
  const arrived = reply === undefined ? undefined : lastHeaders(reply.steps);
  const change = request.steps.find((step) => step.kind === "nat" && step.what === "dst");
  if (reply === undefined || arrived === undefined || change?.kind !== "nat") return undefined;
  if (reply.steps.at(-1)?.ns !== request.steps[0]?.ns) return undefined;
  const { src, sport } = arrived;
  if (src === request.first.dst && sport === request.first.dport) return undefined;
  const asked = background.named(endText(request.first.dst, request.first.dport));
  const met = reply.steps.some((step) => step.kind === "ct" && step.ns === change.ns);
  const why = met ? "does not translate it back" : "never sees it";
  const place = background.placeName(change.ns);
  return `the answer comes from ${background.named(endText(src, sport))}, not from ${asked}: conntrack of ${place}, which translated the request, ${why}`;
}
