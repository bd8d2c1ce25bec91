// Putting a resolved neighbour's link header in front and sending (net/core/neighbour.c: neigh_resolve_output).

import { formatIpv4 } from "../addr/ipv4.ts";
import { formatMac } from "../addr/mac.ts";
import { devHardHeader, devQueueXmit } from "../dev/xmit.ts";
import type { Packet } from "../skb/packet.ts";
import { nudWord } from "./nud-words.ts";
import type { Neigh } from "./neigh.ts";

/** neigh_resolve_output: `eventSend` decides whether the packet may go, waits, or is dropped. */
export function neighResolveOutput(neigh: Neigh, pkt: Packet, eventSend: (neigh: Neigh, pkt: Packet) => boolean): void {
  const { dev } = neigh;
  const { ns } = dev;
  if (ns.world.tracer !== null) traceNeigh(neigh, pkt);
  // Whatever link header stood in front is not ours.
  pkt.head = pkt.nh;
  if (eventSend(neigh, pkt)) return;
  neigh.hhValid = true;
  pkt.dev = dev;
  devHardHeader(pkt, dev, pkt.protocol, neigh.lladdr);
  devQueueXmit(pkt);
}

function traceNeigh(neigh: Neigh, pkt: Packet): void {
  const { ns } = neigh.dev;
  ns.world.trace(ns, pkt, "neigh_resolve_output", {
    kind: "neigh",
    dev: neigh.dev.name,
    nexthop: formatIpv4(neigh.addr),
    lladdr: neigh.valid ? formatMac(neigh.lladdr) : "",
    state: nudWord(neigh.state),
    origin: neigh.origin,
  });
}
