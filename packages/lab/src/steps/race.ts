// Two requests at once, whose first packets meet behind conntrack's lookup.

import { formatIpv4, PacketRace } from "@kubehop/netstack";
import type { Ipv4, NetNamespace, Packet } from "@kubehop/netstack";
import type { ClientOutcome } from "@kubehop/commands";
import type { Places } from "../cluster/places.ts";
import { matchesEnd, type Names } from "../expect/match-flow.ts";
import type { RaceAction, SendFlow } from "../model/step-spec.ts";
import { addressTexts } from "./address-texts.ts";
import { startSend } from "./send.ts";
import { SendStream } from "./send-stream.ts";

/** What the two requests are sent through, and what keeps them apart. */
export interface RaceRun {
  /** One per request that has ended, in the order of their ends. */
  readonly outcomes: readonly RequestOutcome[];
  /** Lets go of a packet that still waits. Undefined: the race came about; else why it did not. */
  close(): string | undefined;
}

/** `data`: what tells requests of one socket apart at the servers. */
export type RequestOutcome = ClientOutcome & { readonly data?: Uint8Array };

/** An end of a request: where it begins, and the address it goes to. */
export interface RaceEnd {
  readonly ns: NetNamespace;
  readonly dst: Ipv4;
}

/** Both requests begin now. `ends`: of the two flows. `at`: where their connections are tracked. */
export function startRace(
  action: RaceAction,
  at: NetNamespace,
  ends: readonly [RaceEnd, RaceEnd],
  places: Places,
): RaceRun {
  const [first, second] = action.flows;
  const names = addressTexts(places);
  const race = new PacketRace(at, action.held, meant(first, names), meant(second, names));
  const outcomes: RequestOutcome[] = [];
  const done = (outcome: RequestOutcome): void => void outcomes.push(outcome);
  const one = (flow: SendFlow, { ns, dst }: RaceEnd): void =>
    startSend(ns, sendOf(action, flow), formatIpv4(dst), done);
  const stream =
    first.protocol === "udp" && first.text === second.text
      ? new SendStream(ends[0].ns, sendOf(action, first), formatIpv4(ends[0].dst))
      : undefined;
  if (stream === undefined) {
    one(first, ends[0]);
    one(second, ends[1]);
  } else for (const number of [1, 2]) stream.send(number, done);
  const close = (): string | undefined => {
    stream?.close();
    return closeRace(race, action);
  };
  return { outcomes, close };
}

function sendOf({ timeout }: RaceAction, flow: SendFlow): Parameters<typeof startSend>[1] {
  return { kind: "send", flow, payload: undefined, timeout };
}

/** NAT may have changed the packet already: its connection still knows what was asked for. */
function meant({ from, to, protocol }: SendFlow, names: Names): (pkt: Packet) => boolean {
  return (pkt) => {
    const orig = pkt.ct?.orig;
    if (orig === undefined || orig.proto !== PROTOCOLS[protocol]) return false;
    return (
      matchesEnd(from, formatIpv4(orig.src as Ipv4), orig.sport, names) &&
      matchesEnd(to, formatIpv4(orig.dst as Ipv4), orig.dport, names)
    );
  };
}

const PROTOCOLS = { icmp: 1, tcp: 6, udp: 17 } as const;

function closeRace(race: PacketRace, { in: place, flows: [first, second] }: RaceAction): string | undefined {
  const { met, waiting, late } = race;
  race.close();
  if (met) return undefined;
  if (late > 0) return `race: at ${place} the connection was in the table already, there was nothing to race for`;
  if (waiting) return `race: only ${first.text} came to ${place}, ${second.text} did not`;
  return `race: at ${place} no packet of ${first.text} passed conntrack (is it on the way, untranslated, and are connections tracked there?)`;
}
