// The last step of IPv4 output: find the neighbour of the next hop and send through it (include/net/neighbour.h: neigh_output).

import type { Ipv4 } from "../addr/ipv4.ts";
import type { NetDevice } from "../dev/net-device.ts";
import { kfreeSkb } from "../skb/kfree-skb.ts";
import type { Packet } from "../skb/packet.ts";
import { neighEventSend } from "./nud.ts";
import { neighResolveOutput } from "./neigh-xmit.ts";

/** Send `pkt` (pkt.nh the IPv4 header) to `nexthop` on `dev`; it may wait for resolution. Takes the packet. */
export function neighOutput(pkt: Packet, dev: NetDevice, nexthop: Ipv4): void {
  const neigh = dev.ns.arp.lookupOrCreate(dev, nexthop);
  if (neigh === null) kfreeSkb(dev.ns, pkt, "NEIGH_CREATEFAIL", "ip_finish_output2", "neighbour table overflow");
  else neighResolveOutput(neigh, pkt, neighEventSend);
}
