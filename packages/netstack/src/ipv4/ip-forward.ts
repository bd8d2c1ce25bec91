// Forwarding (net/ipv4/ip_forward.c). The order of checks is that of ip_forward.

import { NF_INET_FORWARD, NFPROTO_IPV4, nfHook } from "../netfilter/hooks.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import type { DropReason } from "../skb/drop-reason.ts";
import { kfreeSkb } from "../skb/kfree-skb.ts";
import type { Packet } from "../skb/packet.ts";
import { PACKET_HOST } from "../skb/packet.ts";
import {
  ICMP_DEST_UNREACH,
  ICMP_EXC_TTL,
  ICMP_FRAG_NEEDED,
  ICMP_SR_FAILED,
  ICMP_TIME_EXCEEDED,
} from "../wire/icmp-fields.ts";
import { IP_DF, ipDecreaseTtl, ipFragOff, ipTtl } from "../wire/ipv4-fields.ts";
import { IPSKB_DOREDIRECT, IPSKB_FORWARDED } from "./ip-cb.ts";
import { ipDstMtu } from "./ip-dst-mtu.ts";
import { dstOutput } from "./ip-output.ts";
import { ipForwardOptions, ipOptions } from "./ip-options.ts";
import { ipRtSendRedirect } from "./redirect.ts";
import type { Route } from "./rtable.ts";

/** ip_forward. Where a packet came in decides whether it is forwarded; that check happened in the route lookup. */
export function ipForward(ns: NetNamespace, pkt: Packet): void {
  const route = pkt.route;
  if (route === null) throw new Error("ip_forward without a route");
  // A unicast packet in a broadcast frame, or one that belongs to a socket here.
  if (pkt.pktType !== PACKET_HOST) return drop(ns, pkt, "NOT_SPECIFIED", "not addressed to this host's MAC");
  if (pkt.sk !== null) return drop(ns, pkt, "NOT_SPECIFIED", "owned by a socket");
  pkt.forwardCsum();
  const { mib } = ns.ipv4;
  if (ipTtl(pkt.buf, pkt.nh) <= 1) {
    mib.IpInHdrErrors++;
    ns.ipv4.icmpSend(pkt, ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, 0);
    return drop(ns, pkt, "IP_INHDR", "TTL expired");
  }
  const opt = ipOptions(pkt);
  if (opt !== null && opt.isStrict && route.gateway !== 0) {
    ns.ipv4.icmpSend(pkt, ICMP_DEST_UNREACH, ICMP_SR_FAILED, 0);
    return drop(ns, pkt, "NOT_SPECIFIED", "strict source route");
  }
  mib.IpForwDatagrams++;
  pkt.ipcb |= IPSKB_FORWARDED;
  const mtu = ipDstMtu(ns, route, true);
  if (ipExceedsMtu(pkt, mtu)) {
    mib.IpFragFails++;
    ns.ipv4.icmpSend(pkt, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, mtu);
    return drop(ns, pkt, "PKT_TOO_BIG", `DF and longer than ${mtu}`);
  }
  ipDecreaseTtl(pkt.buf, pkt.nh);
  if ((pkt.ipcb & IPSKB_DOREDIRECT) !== 0 && (opt === null || opt.srr === 0)) ipRtSendRedirect(ns, pkt);
  forwardHook(ns, pkt, route);
}

function forwardHook(ns: NetNamespace, pkt: Packet, route: Route): void {
  nfHook(ns, NFPROTO_IPV4, NF_INET_FORWARD, pkt, pkt.dev, route.dev, ipForwardFinish);
}

function ipForwardFinish(pkt: Packet): void {
  const ns = pkt.route?.dev.ns;
  if (ns === undefined) throw new Error("ip_forward_finish without a route");
  const opt = ipOptions(pkt);
  if (opt !== null) ipForwardOptions(ns, pkt, opt);
  dstOutput(ns, pkt);
}

function ipExceedsMtu(pkt: Packet, mtu: number): boolean {
  if (pkt.len <= mtu || (ipFragOff(pkt.buf, pkt.nh) & IP_DF) === 0) return false;
  return pkt.fragMaxSize > mtu || !pkt.ignoreDf;
}

function drop(ns: NetNamespace, pkt: Packet, reason: DropReason, detail: string): void {
  kfreeSkb(ns, pkt, reason, "ip_forward", detail);
}
