// Routing again after netfilter changed what the decision depended on (net/ipv4/netfilter.c: ip_route_me_harder). R1.42.

import type { NetNamespace } from "../netns/net-namespace.ts";
import type { Packet } from "../skb/packet.ts";
import { ipDaddr, ipProto, ipSaddr, ipTos } from "../wire/ipv4-fields.ts";
import { inetAddrType } from "./fib/addr-type.ts";
import { ipRouteOutput } from "./route-output.ts";
import { flowKey } from "./rtable.ts";
import type { RouteErrno } from "./rt-types.ts";
import { RTN_LOCAL } from "./rt-types.ts";
import { traceRoute } from "./route-trace.ts";

/** Sets a new pkt.route by the packet's current addresses, mark and TOS; null on success. The source is never chosen anew. */
export function ipRouteMeHarder(ns: NetNamespace, pkt: Packet): RouteErrno | null {
  const saddr = ipSaddr(pkt.buf, pkt.nh);
  const daddr = ipDaddr(pkt.buf, pkt.nh);
  const key = flowKey(daddr, {
    // A foreign source may leave (anySrc) once it stands in the packet.
    saddr,
    anySrc: inetAddrType(ns, saddr) !== RTN_LOCAL || pkt.sk === null,
    mark: pkt.mark,
    tos: ipTos(pkt.buf, pkt.nh),
    proto: ipProto(pkt.buf, pkt.nh),
    oif: pkt.sk?.boundDevIf ?? 0,
  });
  const route = ipRouteOutput(ns, key);
  if (ns.world.tracer !== null) traceRoute(ns, pkt, "ip_route_me_harder", daddr, route);
  if (typeof route === "string") return route;
  pkt.route = route;
  return null;
}
