// The MTU a packet is held to (include/net/ip.h: ip_dst_mtu_maybe_forward).

import type { NetNamespace } from "../netns/net-namespace.ts";
import type { Packet } from "../skb/packet.ts";
import { IPSKB_FORWARDED } from "./ip-cb.ts";
import type { Route } from "./rtable.ts";

/** Bytes. Learned path MTUs count for own packets; for forwarded ones only when locked or ip_forward_use_pmtu is on. */
export function ipDstMtu(ns: NetNamespace, route: Route, forwarding: boolean): number {
  const usePmtu = !forwarding || route.mtuLocked || ns.ipv4.sysctls.ip_forward_use_pmtu !== 0;
  if (usePmtu && route.pmtu !== 0 && ns.world.now < route.expires) return route.pmtu;
  return route.metricMtu !== 0 ? route.metricMtu : route.dev.mtu;
}

/** ip_skb_dst_mtu for the packet's own route. */
export function ipSkbDstMtu(ns: NetNamespace, pkt: Packet, route: Route): number {
  return ipDstMtu(ns, route, (pkt.ipcb & IPSKB_FORWARDED) !== 0);
}
