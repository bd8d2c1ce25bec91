// Routing again after netfilter changed what the decision depended on (net/ipv4/netfilter.c: ip_route_me_harder).

import type { Ipv4 } from "../addr/ipv4.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import type { Packet } from "../skb/packet.ts";
import { ipDaddr, ipSaddr, ipTos } from "../wire/ipv4-fields.ts";
import { inetAddrType } from "./fib/addr-type.ts";
import { dissectPorts } from "./flow-dissect.ts";
import { ipRouteOutput } from "./route-output.ts";
import { flowKey } from "./rtable.ts";
import type { RouteErrno } from "./rt-types.ts";
import { RTN_LOCAL, RTN_UNICAST } from "./rt-types.ts";
import { traceRoute } from "./route-trace.ts";

/** The part of the TOS that rules are compared with. */
const IPTOS_RT_MASK = 0x1c;

/**
 * Sets a new pkt.route by the packet's current addresses, mark and TOS; null on success. The source is never chosen anew, and
 * may be foreign: it stands in the packet. A failure is also what the sender's send() reports if the hook drops the packet.
 */
export function ipRouteMeHarder(ns: NetNamespace, pkt: Packet): RouteErrno | null {
  const saddr = ipSaddr(pkt.buf, pkt.nh);
  const daddr = ipDaddr(pkt.buf, pkt.nh);
  const type = inetAddrType(ns, saddr);
  const usable = type === RTN_LOCAL || type === RTN_UNICAST;
  const key = flowKey(daddr, {
    saddr: usable ? saddr : (0 as Ipv4),
    anySrc: usable,
    mark: pkt.mark,
    tos: ipTos(pkt.buf, pkt.nh) & IPTOS_RT_MASK,
    oif: pkt.sk?.boundDevIf ?? 0,
  });
  // Rules may ask for protocol and ports (fib4_rules_early_flow_dissect; seen on 6.18).
  if (ns.fib.hasCustomRules) dissectPorts(pkt, key);
  const route = ipRouteOutput(ns, key);
  if (ns.world.tracer !== null) traceRoute(ns, pkt, "ip_route_me_harder", daddr, route);
  if (typeof route === "string") {
    ns.ipv4.rerouteFailure = { pkt, errno: route };
    return route;
  }
  pkt.route = route;
  return null;
}
