// Receiving ARP: who is answered, what is learned (net/ipv4/arp.c: arp_rcv, arp_process).

import type { Ipv4 } from "../addr/ipv4.ts";
import { isLoopback, isMulticast } from "../addr/ipv4.ts";
import type { Mac } from "../addr/mac.ts";
import { MAC_ZERO } from "../addr/mac.ts";
import type { NetDevice } from "../dev/net-device.ts";
import { IFF_LOOPBACK, IFF_NOARP } from "../dev/net-device.ts";
import { NFPROTO_ARP, nfHook } from "../netfilter/hooks.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import { NUD_REACHABLE, NUD_STALE } from "../neigh/neigh.ts";
import { neighUpdate } from "../neigh/nud.ts";
import { consumeSkb, kfreeSkb } from "../skb/kfree-skb.ts";
import type { Packet } from "../skb/packet.ts";
import { PACKET_HOST, PACKET_LOOPBACK, PACKET_OTHERHOST } from "../skb/packet.ts";
import {
  ARP_LEN,
  ARPHRD_ETHER,
  ARPOP_REPLY,
  ARPOP_REQUEST,
  arpHln,
  arpHrd,
  arpOp,
  arpPln,
  arpPro,
  arpSha,
  arpSip,
  arpTha,
  arpTip,
} from "../wire/arp-fields.ts";
import { ETH_P_IP } from "../wire/ethernet.ts";
import { arpSend } from "./arp.ts";
import { inetAddrType } from "./fib/addr-type.ts";
import type { InDevice } from "./in-device.ts";
import { ifaMatch } from "./in-device.ts";
import { ipRouteInput } from "./route-input.ts";
import { ipRouteOutput } from "./route-output.ts";
import { flowKey } from "./rtable.ts";
import { RT_SCOPE_HOST, RT_SCOPE_LINK, RTN_LOCAL, RTN_UNICAST } from "./rt-types.ts";

/** NF_ARP_IN. */
const NF_ARP_IN = 0;

/** The fields of a received packet. */
interface ArpFields {
  readonly op: number;
  readonly sha: Mac;
  readonly sip: Ipv4;
  readonly tha: Mac;
  readonly tip: Ipv4;
}

/** arp_rcv: pkt.head is an ARP packet received on pkt.dev. */
export function arpRcv(pkt: Packet): void {
  const dev = pkt.dev;
  if (dev === null) throw new Error("arp_rcv without a device");
  const { ns } = dev;
  if ((dev.flags & IFF_NOARP) !== 0 || pkt.pktType === PACKET_OTHERHOST || pkt.pktType === PACKET_LOOPBACK)
    return consumeSkb(ns, pkt, "arp_rcv");
  const b = pkt.buf;
  const o = pkt.head;
  if (pkt.len < ARP_LEN || arpHln(b, o) !== 6 || arpPln(b, o) !== 4)
    return kfreeSkb(ns, pkt, "NOT_SPECIFIED", "arp_rcv");
  nfHook(ns, NFPROTO_ARP, NF_ARP_IN, pkt, dev, null, arpProcess);
}

function arpProcess(pkt: Packet): void {
  const dev = pkt.dev;
  if (dev === null) throw new Error("arp_process without a device");
  const b = pkt.buf;
  const o = pkt.head;
  const arp: ArpFields = {
    op: arpOp(b, o),
    sha: arpSha(b, o),
    sip: arpSip(b, o),
    tha: arpTha(b, o),
    tip: arpTip(b, o),
  };
  const known =
    arpHrd(b, o) === ARPHRD_ETHER && arpPro(b, o) === ETH_P_IP && (arp.op === ARPOP_REQUEST || arp.op === ARPOP_REPLY);
  if (!known || badTarget(dev, arp)) return kfreeSkb(dev.ns, pkt, "NOT_SPECIFIED", "arp_process");
  const taken = arp.sip === 0 ? answerProbe(dev, pkt, arp) : arp.op === ARPOP_REQUEST && answerRequest(dev, pkt, arp);
  if (taken === "queued") return;
  if (!taken) learn(dev, pkt, arp);
  consumeSkb(dev.ns, pkt, "arp_process");
}

function badTarget(dev: NetDevice, arp: ArpFields): boolean {
  const dropGarp = (dev.ns.ipv4.confAll.drop_gratuitous_arp | dev.inDev.conf.drop_gratuitous_arp) !== 0;
  return isMulticast(arp.tip) || (isLoopback(arp.tip) && !dev.inDev.routeLocalnet) || (arp.sip === arp.tip && dropGarp);
}

/** Duplicate address detection (RFC 5227): answered for own addresses, nothing is learned. */
function answerProbe(dev: NetDevice, pkt: Packet, arp: ArpFields): true {
  if (
    arp.op === ARPOP_REQUEST &&
    inetAddrType(dev.ns, arp.tip) === RTN_LOCAL &&
    !arpIgnore(dev.inDev, arp.sip, arp.tip)
  )
    reply(dev, pkt, arp);
  return true;
}

/** A request: for us, for someone we stand in for, or neither (false: go on to learning). */
function answerRequest(dev: NetDevice, pkt: Packet, arp: ArpFields): boolean | "queued" {
  pkt.route = null;
  if (ipRouteInput(pkt, arp.tip, arp.sip, 0, dev) !== null) return false;
  // The call above set it; the flow analysis cannot see that.
  const { route } = pkt as { route: Packet["route"] };
  if (route === null || route.error !== null) return false;
  if (route.type === RTN_LOCAL) {
    if (!arpIgnore(dev.inDev, arp.sip, arp.tip) && !(dev.inDev.arpFilter && arpFilter(dev, arp))) {
      neighEventNs(dev, arp);
      reply(dev, pkt, arp);
    }
    return true;
  }
  return dev.inDev.forwards && route.type === RTN_UNICAST && proxies(dev, route.dev, arp)
    ? answerProxied(dev, pkt, arp)
    : false;
}

/** arp_fwd_proxy, arp_fwd_pvlan, pneigh_lookup. */
function proxies(dev: NetDevice, out: NetDevice, arp: ArpFields): boolean {
  if (out === dev) return arp.sip !== arp.tip && dev.inDev.proxyArpPvlan;
  return dev.inDev.proxyArp || dev.ns.arp.proxies.get(dev)?.has(arp.tip | 0) === true;
}

function answerProxied(dev: NetDevice, pkt: Packet, arp: ArpFields): true | "queued" {
  const { ns } = dev;
  const { proxy_delay, proxy_qlen } = dev.inDev.arpParms;
  neighEventNs(dev, arp);
  if (pkt.pktType === PACKET_HOST || proxy_delay === 0) {
    reply(dev, pkt, arp);
    return true;
  }
  if (ns.arp.proxyQueued > proxy_qlen) {
    kfreeSkb(ns, pkt, "NEIGH_QUEUEFULL", "pneigh_enqueue");
    return "queued";
  }
  ns.arp.proxyQueued++;
  if (ns.world.tracer !== null) ns.world.trace(ns, pkt, "pneigh_enqueue", { kind: "queue", where: "proxy ARP delay" });
  ns.world.clock.schedule(ns.arp.random.below(proxy_delay * 10), () => {
    ns.arp.proxyQueued--;
    if (dev.up) reply(dev, pkt, arp);
    consumeSkb(ns, pkt, "neigh_proxy_process");
    ns.world.softirq();
  });
  return "queued";
}

function reply(dev: NetDevice, pkt: Packet, arp: ArpFields): void {
  arpSend(dev, { op: ARPOP_REPLY, sha: dev.addr, sip: arp.tip, tha: arp.sha, tip: arp.sip, dst: arp.sha }, pkt);
}

/** neigh_event_ns: who asks is noted, STALE. */
function neighEventNs(dev: NetDevice, arp: ArpFields): void {
  const neigh = dev.ns.arp.lookupOrCreate(dev, arp.sip);
  if (neigh !== null) neighUpdate(neigh, arp.sha, NUD_STALE, { override: true });
}

/** arp_ignore: true when this own address must not be told here. */
function arpIgnore(inDev: InDevice, sip: Ipv4, tip: Ipv4): boolean {
  switch (inDev.arpIgnore) {
    case 1:
      return !confirmAddr(inDev, 0 as Ipv4, tip, RT_SCOPE_HOST);
    case 2:
      return !confirmAddr(inDev, sip, tip, RT_SCOPE_HOST);
    case 3:
      return ![...inDev.ns.devices].some((dev) => confirmAddr(dev.inDev, 0 as Ipv4, tip, RT_SCOPE_LINK));
    case 8:
      return true;
    default:
      return false;
  }
}

/** inet_confirm_addr: `local` stands on this device with a scope no narrower than `scope`, in a subnet that `dst` (0: any) shares. */
function confirmAddr(inDev: InDevice, dst: Ipv4, local: Ipv4, scope: number): boolean {
  const localnetScope = inDev.routeLocalnet ? RT_SCOPE_LINK : RT_SCOPE_HOST;
  const own = inDev.addrs.some((a) => a.local === local && Math.min(a.scope, localnetScope) <= scope);
  return own && inDev.addrs.some((a) => ifaMatch(a, local) && (dst === 0 || ifaMatch(a, dst)));
}

/** arp_filter: would we answer by another device? */
function arpFilter(dev: NetDevice, arp: ArpFields): boolean {
  const route = ipRouteOutput(dev.ns, flowKey(arp.sip, { saddr: arp.tip }));
  return typeof route === "string" || route.dev !== dev;
}

/** The update rule for everything else. */
function learn(dev: NetDevice, pkt: Packet, arp: ArpFields): void {
  const { ns } = dev;
  const accepts = dev.inDev.arpAccept !== 0 && (dev.inDev.arpAccept !== 2 || dev.inDev.onlink(arp.sip, 0 as Ipv4));
  let neigh = ns.arp.lookup(dev, arp.sip);
  if (neigh === undefined && !accepts) return;
  const garp = isGarp(ns, arp);
  if (neigh === undefined && (garp || (arp.op === ARPOP_REPLY && inetAddrType(ns, arp.sip) === RTN_UNICAST))) {
    neigh = (dev.flags & IFF_LOOPBACK) === 0 ? (ns.arp.lookupOrCreate(dev, arp.sip) ?? undefined) : undefined;
  }
  if (neigh === undefined) return;
  // Of several answers the first counts for a while (locktime).
  const override = garp || ns.world.now > neigh.updated + dev.inDev.arpParms.locktime * 10;
  const solicited = arp.op === ARPOP_REPLY && pkt.pktType === PACKET_HOST;
  neighUpdate(neigh, arp.sha, solicited ? NUD_REACHABLE : NUD_STALE, { override });
}

/** arp_is_garp: the sender speaks of itself. */
function isGarp(ns: NetNamespace, arp: ArpFields): boolean {
  if (arp.sip !== arp.tip || inetAddrType(ns, arp.sip) !== RTN_UNICAST) return false;
  return arp.op !== ARPOP_REPLY || (arp.tha !== MAC_ZERO && arp.tha === arp.sha);
}
