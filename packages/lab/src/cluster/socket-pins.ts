// `pin.sockets`: what a capture fixes of sockets (ports, sequence numbers, ids, timestamps), handed to the namespaces at time 0.

import type { NetNamespace, SockPins } from "@kubehop/netstack";
import type { SocketPin } from "../model/scenario.ts";
import { ClusterError } from "./machines.ts";
import type { Places } from "./places.ts";

/** `epoch`: world time of time 0, virtual ms. @throws ClusterError for a place that is not there at time 0 */
export function pinSockets(pins: readonly SocketPin[], places: Places, epoch: number): void {
  for (const pin of pins) {
    const place = places.find(pin.place);
    if (place === undefined) throw new ClusterError(`pin.sockets: there is no place ${pin.place} at time 0`);
    place.ns.sockets.pins = sockPins(place.ns, pin, epoch);
  }
}

function sockPins(ns: NetNamespace, pin: SocketPin, epoch: number): SockPins {
  const { timestamp, windowScale } = pin;
  // The stack counts its ticks from world time 0.
  const ticks = Math.floor((epoch * ns.flavour.tcpTsHz) / 1000);
  return {
    isn: [...pin.isn],
    sport: [...pin.ports],
    ipId: [...pin.ipIds],
    rstIpId: [...pin.resetIds],
    ...(timestamp === undefined ? {} : { tsBase: (timestamp - ticks) >>> 0 }),
    ...(windowScale === undefined ? {} : { wscale: windowScale }),
  };
}
