// The last step of IPv4 output: find the neighbour of the next hop and send through it (include/net/neighbour.h: neigh_output).

import type { Ipv4 } from "../addr/ipv4.ts";
import type { NetDevice } from "../dev/net-device.ts";
import { kfreeSkb } from "../skb/kfree-skb.ts";
import type { Packet } from "../skb/packet.ts";
import { ipDaddr } from "../wire/ipv4-fields.ts";
import type { Neigh } from "./neigh.ts";
import { neighEventSend } from "./nud.ts";
import { neighResolveOutput } from "./neigh-xmit.ts";

/** Send `pkt` (pkt.nh the IPv4 header) to `nexthop` on `dev`; it may wait for resolution. Takes the packet. */
export function neighOutput(pkt: Packet, dev: NetDevice, nexthop: Ipv4): void {
  const neigh = dev.ns.arp.lookupOrCreate(dev, nexthop);
  if (neigh === null) kfreeSkb(dev.ns, pkt, "NEIGH_CREATEFAIL", "ip_finish_output2", "neighbour table overflow");
  else neighResolveOutput(neigh, pkt, neighEventSend);
}

/** neigh->output for a neighbour already in hand (br_netfilter's re-bridging). */
export function neighSend(neigh: Neigh, pkt: Packet): void {
  neighResolveOutput(neigh, pkt, neighEventSend);
}

/** dst_neigh_lookup_skb: the neighbour of the packet's route, created when unknown; null without a route or room. */
export function dstNeighLookup(pkt: Packet): Neigh | null {
  const { route } = pkt;
  if (route === null) return null;
  return route.dev.ns.arp.lookupOrCreate(route.dev, route.nexthop(ipDaddr(pkt.buf, pkt.nh)));
}
