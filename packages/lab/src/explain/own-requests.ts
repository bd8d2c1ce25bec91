// Which of the recorded packets are a step's own requests: those that leave from the requests' own ends. Others may ask at the same
// time, from the same place.

import type { Journey } from "@kubehop/netstack";
import type { RunningCluster } from "../model/running-cluster.ts";
import type { FlowOutcome, PacketSummary, StepOutcome } from "../model/outcome.ts";
import type { StepAction } from "../model/step-spec.ts";
import { type Exchange, exchangeAt, findExchanges, type Way, wantedOf, wayOf, wentWrong } from "./find-flow.ts";

/** A request of a step, with how it ended for who asked; without, where packets are all there is to see. */
export interface OwnExchange extends Exchange {
  readonly flow?: FlowOutcome;
}

/**
 * The requests of a step in order, each with its answer. `journeys`: packets of the time of the step. `from`: virtual ms since time 0
 * before which no packets were recorded. What a step does without a request of its own (inject, datagram) is what leaves its place.
 */
export function ownExchanges(
  journeys: readonly Journey[],
  action: StepAction,
  outcome: Pick<StepOutcome, "flows">,
  cluster: Pick<RunningCluster, "places" | "epoch">,
  from = Number.NEGATIVE_INFINITY,
): OwnExchange[] {
  const flows = outcome.flows.filter(({ ends }) => ends !== undefined);
  if (flows.length === 0) return findExchanges(journeys, wantedOf(action, cluster));
  const left = waysByFlow(journeys);
  return flows
    .filter(({ startedAt = from }) => startedAt >= from)
    .flatMap((flow) => {
      const found = take(left, flow, cluster.epoch);
      return found === undefined ? [] : [{ ...exchangeAt(journeys, found.at, found.way), flow }];
    });
}

/** What came back, as the one who asked says; where he says nothing, as the packets do. */
export function failed(exchange: OwnExchange): boolean {
  return exchange.flow === undefined ? wentWrong(exchange) : exchange.flow.result !== "ok";
}

interface Sent {
  readonly at: number;
  readonly way: Way;
}

type Ends = NonNullable<FlowOutcome["ends"]>;

/** Packets that programs sent, by what they ask, in order. */
function waysByFlow(journeys: readonly Journey[]): Map<string, Sent[]> {
  const sent = new Map<string, Sent[]>();
  for (const [at, journey] of journeys.entries()) {
    const way = journey.parent === 0 ? wayOf(journey) : undefined;
    if (way === undefined || !begins(way.first)) continue;
    const key = askedOf(way.first);
    const same = sent.get(key);
    if (same === undefined) sent.set(key, [{ at, way }]);
    else same.push({ at, way });
  }
  return sent;
}

function begins({ protocol, flags }: PacketSummary): boolean {
  return protocol !== "tcp" || flags === "S";
}

function askedOf({ protocol, dst, dport }: Ends): string {
  return `${protocol} ${dst} ${dport}`;
}

/** The first packet of the request; it belongs to no later one. */
function take(left: Map<string, Sent[]>, { ends, startedAt, endedAt }: FlowOutcome, epoch: number): Sent | undefined {
  if (ends === undefined) return undefined;
  const same = left.get(askedOf(ends)) ?? [];
  const at = same.findIndex(({ way }) => {
    const begun = (way.steps[0]?.at ?? epoch) - epoch;
    return isFrom(way.first, ends) && begun >= (startedAt ?? begun) && begun <= (endedAt ?? begun);
  });
  return at < 0 ? undefined : same.splice(at, 1)[0];
}

/** Who found no way to go has no end of its own. */
function isFrom({ src, sport }: PacketSummary, { src: ownSrc, sport: ownSport }: Ends): boolean {
  return (ownSrc === "" || src === ownSrc) && (ownSport === 0 || sport === ownSport);
}
