// IPv4 transmit (net/ipv4/ip_output.c).
//
//   ip_local_out ─ LOCAL_OUT ─┐
//   ip_forward ───────────────┴─ ip_output ─ POST_ROUTING ─ fragment ─ neighbour ─ device

import type { Ipv4 } from "../addr/ipv4.ts";
import { IFF_LOOPBACK } from "../dev/net-device.ts";
import { NF_INET_LOCAL_OUT, NF_INET_POST_ROUTING, NFPROTO_IPV4, nfHook } from "../netfilter/hooks.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import { neighOutput } from "../neigh/neigh-output.ts";
import { kfreeSkb } from "../skb/kfree-skb.ts";
import type { Packet } from "../skb/packet.ts";
import { PACKET_LOOPBACK } from "../skb/packet.ts";
import type { Sock } from "../sock/sock.ts";
import { ETH_HLEN, ETH_P_IP, ethWrite } from "../wire/ethernet.ts";
import { MAC_ZERO } from "../addr/mac.ts";
import { IP_DF, ipDaddr, ipFragOff, ipSendCheck, ipTtl } from "../wire/ipv4-fields.ts";
import { setU16 } from "../wire/bytes.ts";
import { ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED } from "../wire/icmp-fields.ts";
import { IPSKB_REROUTED } from "./ip-cb.ts";
import { ipDoFragment } from "./ip-do-fragment.ts";
import { ipSkbDstMtu } from "./ip-dst-mtu.ts";
import type { RouteErrno } from "./rt-types.ts";
import { RTCF_BROADCAST, RTCF_LOCAL, RTCF_MULTICAST } from "./rtable.ts";
import { traceRoute } from "./route-trace.ts";

/**
 * ip_local_out: a packet made here, header written, pkt.route set. Sets total length and checksum. Returns what the
 * sender's send() reports when a LOCAL_OUT hook dropped it — EPERM, or the errno of a new route that failed —, EPERM when a
 * POST_ROUTING hook did, undefined otherwise.
 */
export function ipLocalOut(ns: NetNamespace, sk: Sock | null, pkt: Packet): "EPERM" | RouteErrno | undefined {
  const route = pkt.route;
  if (route === null) throw new Error("ip_local_out without a route");
  ns.ipv4.mib.IpOutRequests++;
  pkt.nh = pkt.head;
  pkt.sk = sk;
  pkt.protocol = ETH_P_IP;
  setU16(pkt.buf, pkt.nh + 2, pkt.len);
  ipSendCheck(pkt.buf, pkt.nh);
  if (ns.world.tracer !== null) {
    ns.world.trace(ns, pkt, "__ip_local_out", { kind: "send", packet: pkt.bytes(pkt.nh) });
    traceRoute(ns, pkt, "ip_route_output_key_hash_rcu", ipDaddr(pkt.buf, pkt.nh), route);
  }
  let passed = false;
  ns.ipv4.outputDropped = false;
  nfHook(ns, NFPROTO_IPV4, NF_INET_LOCAL_OUT, pkt, null, route.dev, (p) => {
    passed = true;
    dstOutput(ns, p);
  });
  if (!passed) return dropErrno(ns, pkt);
  const dropped = ns.ipv4.outputDropped;
  ns.ipv4.outputDropped = false;
  return dropped ? "EPERM" : undefined;
}

function dropErrno(ns: NetNamespace, pkt: Packet): "EPERM" | RouteErrno {
  const failure = ns.ipv4.rerouteFailure;
  ns.ipv4.rerouteFailure = null;
  return failure?.pkt === pkt ? failure.errno : "EPERM";
}

/** dst_output: ip_output, or ip_mc_output where this host hears itself. */
export function dstOutput(ns: NetNamespace, pkt: Packet): void {
  const route = pkt.route;
  if (route === null) throw new Error("dst_output without a route");
  const group = (route.flags & (RTCF_BROADCAST | RTCF_MULTICAST)) !== 0;
  if (group && !route.input && (route.flags & RTCF_LOCAL) !== 0 && (route.dev.flags & IFF_LOOPBACK) === 0)
    ipMcOutput(ns, pkt);
  else ipOutput(ns, pkt);
}

/**
 * ip_output: IN of POST_ROUTING is the device the packet came from (empty for local ones, the tunnel device for tunnelled ones);
 * older kernels give none.
 */
export function ipOutput(ns: NetNamespace, pkt: Packet): void {
  const route = pkt.route;
  if (route === null) throw new Error("ip_output without a route");
  const indev = ns.flavour.postRoutingInput ? pkt.dev : null;
  pkt.dev = route.dev;
  pkt.protocol = ETH_P_IP;
  if ((pkt.ipcb & IPSKB_REROUTED) !== 0) ipFinishOutput(pkt);
  else if (!nfHook(ns, NFPROTO_IPV4, NF_INET_POST_ROUTING, pkt, indev, route.dev, ipFinishOutput))
    ns.ipv4.outputDropped = true;
}

/** ip_mc_output: a copy for this host's own listeners, then the wire. */
function ipMcOutput(ns: NetNamespace, pkt: Packet): void {
  const route = pkt.route;
  if (route === null) throw new Error("ip_mc_output without a route");
  const indev = ns.flavour.postRoutingInput ? pkt.dev : null;
  pkt.dev = route.dev;
  const copy = ns.world.adopt(pkt.copy(), pkt);
  nfHook(ns, NFPROTO_IPV4, NF_INET_POST_ROUTING, copy, indev, route.dev, devLoopbackXmit);
  if ((route.flags & RTCF_MULTICAST) !== 0 && ipTtl(pkt.buf, pkt.nh) === 0) {
    kfreeSkb(ns, pkt, "NOT_SPECIFIED", "ip_mc_output", "TTL 0: for this host only");
    return;
  }
  nfHook(ns, NFPROTO_IPV4, NF_INET_POST_ROUTING, pkt, indev, route.dev, ipFinishOutput);
}

/** ip_mc_finish_output → dev_loopback_xmit: back up on the same device, without having been on the wire. */
function devLoopbackXmit(pkt: Packet): void {
  const dev = pkt.dev;
  if (dev === null) throw new Error("loopback copy without a device");
  pkt.push(ETH_HLEN);
  pkt.mac = pkt.head;
  ethWrite(pkt.buf, pkt.head, MAC_ZERO, MAC_ZERO, ETH_P_IP);
  pkt.pull(ETH_HLEN);
  pkt.pktType = PACKET_LOOPBACK;
  dev.ns.world.netifRx(pkt);
}

/** ip_finish_output: cut to the MTU where needed. */
export function ipFinishOutput(pkt: Packet): void {
  const route = pkt.route;
  const ns = route?.dev.ns;
  if (route === null || ns === undefined) throw new Error("ip_finish_output without a route");
  const mtu = ipSkbDstMtu(ns, pkt, route);
  if (pkt.len > mtu || pkt.fragMaxSize !== 0) ipFragment(ns, pkt, mtu);
  else ipFinishOutput2(pkt);
}

/** ip_fragment: DF forbids, unless the sender said otherwise and no fragment outgrows the path. */
function ipFragment(ns: NetNamespace, pkt: Packet, mtu: number): void {
  const df = (ipFragOff(pkt.buf, pkt.nh) & IP_DF) !== 0;
  if (df && (!pkt.ignoreDf || pkt.fragMaxSize > mtu)) {
    ns.ipv4.mib.IpFragFails++;
    ns.ipv4.icmpSend(pkt, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, mtu);
    kfreeSkb(ns, pkt, "PKT_TOO_BIG", "ip_fragment", `DF and longer than ${mtu}`);
    return;
  }
  ipDoFragment(ns, pkt, mtu, ipFinishOutput2);
}

/** ip_finish_output2: to the next hop. */
function ipFinishOutput2(pkt: Packet): void {
  const route = pkt.route;
  const dev = pkt.dev;
  if (route === null || dev === null) throw new Error("ip_finish_output2 without a route");
  dev.ns.ipv4.mib.IpOutTransmits++;
  neighOutput(pkt, dev, route.nexthop(ipDaddr(pkt.buf, pkt.nh) as Ipv4));
}
