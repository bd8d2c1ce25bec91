// From a transport segment to the IPv4 output path (net/ipv4/ip_output.c: ip_queue_xmit, ip_send_skb, ip_send_unicast_reply).
// A segment comes as a packet whose data starts at the transport header.

import type { Ipv4 } from "../addr/ipv4.ts";
import { isMulticast } from "../addr/ipv4.ts";
import type { BuiltOptions } from "../ipv4/ip-options.ts";
import { ipLocalOut } from "../ipv4/ip-output.ts";
import { ipRouteOutput } from "../ipv4/route.ts";
import type { RouteErrno } from "../ipv4/rt-types.ts";
import type { FlowKey, Route } from "../ipv4/rtable.ts";
import { flowKey } from "../ipv4/rtable.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import { kfreeSkb } from "../skb/kfree-skb.ts";
import type { Packet } from "../skb/packet.ts";
import { ETH_P_IP } from "../wire/ethernet.ts";
import { IP_DF, ipWriteUnchecked } from "../wire/ipv4-fields.ts";
import type { SockErrno } from "./errno.ts";
import type { Sock } from "./sock.ts";

/** Bytes of an IPv4 header without options. */
export const IP_HLEN = 20;

/** The route a socket's packet to `daddr` takes; key.saddr is filled in when `saddr` is 0. */
export function skFlow(sk: Sock, daddr: Ipv4, dport: number, saddr: Ipv4 = sk.saddr): FlowKey {
  return flowKey(daddr, {
    saddr,
    oif: sk.boundDevIf,
    mark: sk.mark,
    tos: sk.tos & 0x1c,
    proto: sk.proto,
    sport: sk.sport,
    dport,
  });
}

/** ip_route_output_flow for a socket. */
export function skRoute(sk: Sock, flow: FlowKey): Route | RouteErrno {
  return ipRouteOutput(sk.ns, flow);
}

/** What a header needs besides the addresses. */
export interface IpHeaderInit {
  readonly saddr: Ipv4;
  readonly daddr: Ipv4;
  readonly proto: number;
  readonly tos: number;
  readonly ttl: number;
  readonly id: number;
  readonly df: boolean;
  readonly options?: BuiltOptions;
}

/** ip_select_ttl: the socket's, the namespace's, or 1 for multicast. */
export function ipSelectTtl(ns: NetNamespace, sk: Sock | null, daddr: Ipv4): number {
  if (sk !== null && sk.ttl >= 0) return sk.ttl;
  return isMulticast(daddr) ? 1 : ns.ipv4.sysctls.ip_default_ttl;
}

/** Push an IPv4 header in front of a segment and send it. The errno of a hook that dropped it, undefined when it went its way. */
export function ipSendSegment(
  ns: NetNamespace,
  sk: Sock | null,
  pkt: Packet,
  route: Route,
  h: IpHeaderInit,
): SockErrno | undefined {
  const optLen = h.options?.bytes.length ?? 0;
  pkt.push(IP_HLEN + optLen);
  pkt.nh = pkt.head;
  pkt.protocol = ETH_P_IP;
  ipWriteUnchecked(pkt.buf, pkt.nh, h.tos, pkt.len, h.id, h.df ? IP_DF : 0, h.ttl, h.proto, h.saddr, h.daddr);
  if (h.options !== undefined && optLen > 0) {
    pkt.buf[pkt.nh] = 0x40 | ((IP_HLEN + optLen) >>> 2);
    pkt.buf.set(h.options.bytes, pkt.nh + IP_HLEN);
    pkt.ipOpt = h.options.opt;
  }
  pkt.route = route;
  pkt.sk = sk;
  return ipLocalOut(ns, sk, pkt);
}

/** ip_queue_xmit: a connected socket's segment. A route that fails is an error of the moment; the timers try again. */
export function ipQueueXmit(sk: Sock, pkt: Packet): SockErrno | undefined {
  const route = skRoute(sk, skFlow(sk, sk.daddr, sk.dport));
  if (typeof route === "string") {
    kfreeSkb(sk.ns, pkt, "IP_OUTNOROUTES", "__ip_queue_xmit", route);
    return route;
  }
  pkt.mark = sk.mark;
  return ipSendSegment(sk.ns, sk, pkt, route, {
    saddr: sk.saddr,
    daddr: sk.daddr,
    proto: sk.proto,
    tos: sk.tos,
    ttl: ipSelectTtl(sk.ns, sk, sk.daddr),
    id: sk.nextInetId(),
    df: sk.pmtuDisc !== "dont",
  });
}
