// IPv4 receive (net/ipv4/ip_input.c).
//
//   ip_rcv ─ checks ─ PRE_ROUTING ─ route ─┬─ ip_local_deliver ─ LOCAL_IN ─ protocol
//                                          ├─ ip_forward
//                                          └─ ip_error

import { NF_INET_LOCAL_IN, NF_INET_PRE_ROUTING, NFPROTO_IPV4, nfHook } from "../netfilter/hooks.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import type { DropReason } from "../skb/drop-reason.ts";
import { kfreeSkb } from "../skb/kfree-skb.ts";
import type { Packet } from "../skb/packet.ts";
import { PACKET_BROADCAST, PACKET_MULTICAST, PACKET_OTHERHOST } from "../skb/packet.ts";
import { ICMP_DEST_UNREACH, ICMP_PROT_UNREACH } from "../wire/icmp-fields.ts";
import { csumFold, csumPartial } from "../wire/checksum.ts";
import { ipDaddr, ipHdrLen, ipIsFragment, ipProto, ipSaddr, ipTos, ipTotLen, ipVersion } from "../wire/ipv4-fields.ts";
import { ipError } from "./ip-error.ts";
import { ipForward } from "./ip-forward.ts";
import { IP_DEFRAG_LOCAL_DELIVER, ipDefrag } from "./ip-fragment.ts";
import { ipRcvOptions } from "./ip-options-input.ts";
import { ipRouteInput } from "./route-input.ts";
import { RTN_BROADCAST, RTN_MULTICAST } from "./rt-types.ts";

/** ip_rcv: pkt.head is an IPv4 header received on pkt.dev. */
export function ipRcv(pkt: Packet): void {
  const dev = pkt.dev;
  if (dev === null) throw new Error("ip_rcv without a device");
  if (!ipRcvCore(dev.ns, pkt)) return;
  const isListed = pkt.groCell && dev.ns.world.rcvList !== null;
  pkt.groCell = false;
  nfHook(dev.ns, NFPROTO_IPV4, NF_INET_PRE_ROUTING, pkt, dev, null, isListed ? ipRcvListed : ipRcvFinish);
}

/** ip_sublist_rcv: the packet waits until the others of its list have passed PREROUTING too. */
function ipRcvListed(pkt: Packet): void {
  const list = pkt.dev?.ns.world.rcvList ?? null;
  if (list === null) ipRcvFinish(pkt);
  else list.push(pkt);
}

/** ip_rcv_core: header checks. False: dropped here. */
function ipRcvCore(ns: NetNamespace, pkt: Packet): boolean {
  const mib = ns.ipv4.mib;
  if (pkt.pktType === PACKET_OTHERHOST) return drop(ns, pkt, "OTHERHOST");
  mib.IpInReceives++;
  const b = pkt.buf;
  const o = pkt.head;
  pkt.nh = o;
  const hlen = pkt.len < 20 ? 0 : ipHdrLen(b, o);
  if (hlen < 20 || ipVersion(b, o) !== 4 || hlen > pkt.len) {
    mib.IpInHdrErrors++;
    return drop(ns, pkt, "IP_INHDR");
  }
  if (csumFold(csumPartial(b, o, hlen)) !== 0) {
    mib.IpExtInCsumErrors++;
    mib.IpInHdrErrors++;
    return drop(ns, pkt, "IP_CSUM");
  }
  const len = ipTotLen(b, o);
  if (pkt.len < len) {
    mib.IpExtInTruncatedPkts++;
    return drop(ns, pkt, "PKT_TOO_SMALL");
  }
  if (len < hlen) {
    mib.IpInHdrErrors++;
    return drop(ns, pkt, "IP_INHDR");
  }
  // Ethernet padding goes; control state of the layer below does not reach this one.
  pkt.trim(len);
  pkt.ipcb = 0;
  pkt.ipOpt = null;
  pkt.fragMaxSize = 0;
  pkt.sk = null;
  return true;
}

function drop(ns: NetNamespace, pkt: Packet, reason: DropReason): false {
  kfreeSkb(ns, pkt, reason, "ip_rcv_core");
  return false;
}

/** ip_rcv_finish: route, unless the packet brought its route along (loopback), then hand on. */
export function ipRcvFinish(pkt: Packet): void {
  const dev = pkt.dev;
  if (dev === null) throw new Error("ip_rcv_finish without a device");
  const reason = ipRcvFinishCore(dev.ns, pkt);
  if (reason !== null) {
    if (reason === "IP_RPFILTER") dev.ns.ipv4.mib.TcpExtIPReversePathFilter++;
    kfreeSkb(dev.ns, pkt, reason, "ip_rcv_finish_core");
    return;
  }
  dstInput(dev.ns, pkt);
}

function ipRcvFinishCore(ns: NetNamespace, pkt: Packet): DropReason | null {
  const b = pkt.buf;
  const dev = pkt.dev;
  if (dev === null) throw new Error("ip_rcv_finish without a device");
  if (pkt.route === null) {
    const reason = ipRouteInput(pkt, ipDaddr(b, pkt.nh), ipSaddr(b, pkt.nh), ipTos(b, pkt.nh), dev);
    if (reason !== null) return reason;
  }
  if (ipHdrLen(b, pkt.nh) > 20 && !ipRcvOptions(ns, pkt, dev)) return "NOT_SPECIFIED";
  const type = pkt.route?.type;
  const mib = ns.ipv4.mib;
  if (type === RTN_MULTICAST) {
    mib.IpExtInMcastPkts++;
    mib.IpExtInMcastOctets += pkt.len;
  } else if (type === RTN_BROADCAST) {
    mib.IpExtInBcastPkts++;
    mib.IpExtInBcastOctets += pkt.len;
  } else if (pkt.pktType === PACKET_BROADCAST || pkt.pktType === PACKET_MULTICAST) {
    const strict = (ns.ipv4.confAll.drop_unicast_in_l2_multicast | dev.inDev.conf.drop_unicast_in_l2_multicast) !== 0;
    if (strict) return "UNICAST_IN_L2_MULTICAST";
  }
  return null;
}

/** dst_input: local delivery, forwarding, or the error the route stands for. */
export function dstInput(ns: NetNamespace, pkt: Packet): void {
  const route = pkt.route;
  if (route === null) throw new Error("dst_input without a route");
  if (route.error !== null) ipError(ns, pkt);
  else if (route.isLocal) ipLocalDeliver(ns, pkt);
  else ipForward(ns, pkt);
}

/** ip_local_deliver: whole packets only, then LOCAL_IN. */
export function ipLocalDeliver(ns: NetNamespace, pkt: Packet): void {
  if (ipIsFragment(pkt.buf, pkt.nh) && ipDefrag(ns, pkt, IP_DEFRAG_LOCAL_DELIVER) === "queued") return;
  nfHook(ns, NFPROTO_IPV4, NF_INET_LOCAL_IN, pkt, pkt.dev, null, ipLocalDeliverFinish);
}

function ipLocalDeliverFinish(pkt: Packet): void {
  const ns = pkt.dev?.ns;
  if (ns === undefined) throw new Error("local delivery without a device");
  const proto = ipProto(pkt.buf, pkt.nh);
  pkt.pull(ipHdrLen(pkt.buf, pkt.nh));
  ipProtocolDeliver(ns, pkt, proto);
}

/** ip_protocol_deliver_rcu, without raw sockets; nobody there is 3/2. */
function ipProtocolDeliver(ns: NetNamespace, pkt: Packet, proto: number): void {
  const { mib } = ns.ipv4;
  const protocol = ns.ipv4.protocols[proto];
  if (protocol !== undefined) {
    mib.IpInDelivers++;
    protocol.handler(pkt);
    return;
  }
  mib.IpInUnknownProtos++;
  ns.ipv4.icmpSend(pkt, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, 0);
  kfreeSkb(ns, pkt, "IP_NOPROTO", "ip_protocol_deliver_rcu", `protocol ${proto}`);
}
