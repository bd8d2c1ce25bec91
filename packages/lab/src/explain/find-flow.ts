// Which of the recorded packets is the request, and which one answers it.

import type { Journey, Step } from "@kubehop/netstack";
import type { PacketSummary } from "../model/outcome.ts";
import type { RunningCluster } from "../model/running-cluster.ts";
import type { StepAction } from "../model/step-spec.ts";
import { firstHeaders, isReverse, lastHeaders, sameFlow } from "./headers.ts";

/** One packet's way from its first step to its end; where copies were made, the way of the copy that arrived. */
export interface Way {
  readonly first: PacketSummary;
  readonly steps: readonly Step[];
  readonly end: Journey["end"];
}

/** A request and what came back for it. */
export interface Exchange {
  readonly request: Way;
  readonly reply: Way | undefined;
}

/** What a request looks like; undefined fields may be anything. */
export interface Wanted {
  readonly protocol?: string;
  /** Namespace it begins in. */
  readonly from?: string;
}

/** What the request of a step looks like. */
export function wantedOf(action: StepAction, cluster: Pick<RunningCluster, "places">): Wanted {
  const flow = action.kind === "send" ? action.flow : action.kind === "race" ? action.flows[0] : undefined;
  const from = flow?.from.name ?? ("in" in action ? action.in : undefined);
  const place = from === undefined ? undefined : cluster.places.find(from);
  return {
    ...(flow === undefined ? {} : { protocol: flow.protocol }),
    // At the admin's desk kubectl sends others on their way.
    ...(place === undefined || place.kind === "admin" ? {} : { from: place.ns.name }),
  };
}

/** Requests in the order they were made, with their answers. */
export function findExchanges(journeys: readonly Journey[], wanted: Wanted = {}): Exchange[] {
  const found: Exchange[] = [];
  for (const [i, journey] of journeys.entries()) {
    const request = wayOf(journey);
    if (
      request === undefined ||
      !isRequest(journey, request, wanted) ||
      found.some(({ reply }) => reply !== undefined && isReverseOf(reply, request))
    )
      continue;
    found.push(exchangeAt(journeys, i, request));
  }
  return found;
}

/** The request that the `at`-th packet is, with what came back for it. */
export function exchangeAt(journeys: readonly Journey[], at: number, request: Way): Exchange {
  const journey = journeys[at];
  return { request, reply: journey && findReply(journey, request, journeys.slice(at + 1)) };
}

/** Nothing came back to the one who asked. */
export function wentWrong({ request, reply }: Exchange): boolean {
  return (
    (request.end !== "deliver" && request.end !== "consume") ||
    reply === undefined ||
    reply.end === "drop" ||
    reply.end === "queued"
  );
}

/** Undefined: ARP, or a packet that has shown no header. */
export function wayOf(journey: Journey): Way | undefined {
  const first = firstHeaders(journey);
  return first === undefined || first.protocol === "arp" ? undefined : { first, ...mainLine(journey) };
}

/** A connection's or conversation's first packet, made by a program. */
function isRequest(journey: Journey, { first, steps }: Way, { protocol, from }: Wanted): boolean {
  if (journey.parent !== 0 || (protocol !== undefined && first.protocol !== protocol)) return false;
  if (from !== undefined && steps[0]?.ns !== from) return false;
  return first.protocol !== "tcp" || first.flags === "S";
}

function isReverseOf(reply: Way, request: Way): boolean {
  return sameFlow(reply.first, request.first);
}

/**
 * Where the request arrived: the first packet that goes back from there. Where it did not: what was made because of it (ICMP error,
 * RST). A redirect on the way is no reply.
 */
function findReply(journey: Journey, request: Way, later: readonly Journey[]): Way | undefined {
  const arrived = lastHeaders(request.steps);
  const delivered = request.end === "deliver" || request.end === "consume";
  if (arrived !== undefined && delivered) {
    for (const candidate of later) {
      const first = firstHeaders(candidate);
      if (first !== undefined && isReverse(first, arrived)) return wayOf(candidate);
    }
  }
  if (request.end === "deliver") return undefined;
  for (const child of descendants(journey)) {
    const way = wayOf(child);
    if (way !== undefined && !isCopy(child, journey)) return way;
  }
  return undefined;
}

function* descendants(journey: Journey): Generator<Journey> {
  for (const child of journey.children) {
    yield child;
    yield* descendants(child);
  }
}

/** A copy or fragment looks like the packet it was made from; an answer does not. */
function isCopy(child: Journey, parent: Journey): boolean {
  const own = firstHeaders(child);
  if (own === undefined) return true;
  return parent.steps.some((step) => {
    const headers = lastHeaders([step]);
    return headers !== undefined && sameFlow(headers, own);
  });
}

/** The packet's own way, or, when it did not arrive, the way of the first copy that did. */
function mainLine(journey: Journey): { readonly steps: readonly Step[]; readonly end: Journey["end"] } {
  if (journey.end !== "deliver") {
    for (const child of journey.children) {
      if (!isCopy(child, journey)) continue;
      const way = mainLine(child);
      if (way.end === "deliver")
        return { steps: [...journey.steps.slice(0, child.bornAt), ...way.steps], end: way.end };
    }
  }
  return { steps: journey.steps, end: journey.end };
}
