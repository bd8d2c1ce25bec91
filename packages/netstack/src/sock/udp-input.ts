// UDP receive: checks, demultiplexing, errors (net/ipv4/udp.c: __udp4_lib_rcv, __udp4_lib_err).

import { INADDR_BROADCAST, isMulticast } from "../addr/ipv4.ts";
import { nfResetCt } from "../dev/scrub.ts";
import { RTCF_BROADCAST, RTCF_MULTICAST } from "../ipv4/rtable.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import { consumeSkb, kfreeSkb } from "../skb/kfree-skb.ts";
import type { Packet } from "../skb/packet.ts";
import { ICMP_DEST_UNREACH, ICMP_PORT_UNREACH } from "../wire/icmp-fields.ts";
import { ipDaddr, ipHdrLen, ipSaddr } from "../wire/ipv4-fields.ts";
import { UDP_HLEN, udpCheckOk, udpDport, udpLen, udpSport } from "../wire/udp-fields.ts";
import { icmpErrConvert, isFragNeeded } from "./errno.ts";
import type { IcmpErr } from "./errno.ts";
import { skDataReady } from "./sock.ts";
import type { UdpErrorAbout, UdpSock } from "./udp.ts";

/** __udp4_lib_rcv. pkt.head is the UDP header, pkt.nh the IPv4 header. */
export function udpRcv(ns: NetNamespace, pkt: Packet): void {
  const b = pkt.buf;
  const len = pkt.len < UDP_HLEN ? 0 : udpLen(b, pkt.head);
  if (len < UDP_HLEN || len > pkt.len) {
    ns.ipv4.mib.UdpInErrors++;
    return kfreeSkb(ns, pkt, "PKT_TOO_SMALL", "__udp4_lib_rcv");
  }
  pkt.trim(len);
  if (isGroupRoute(pkt)) return udpMcastDeliver(ns, pkt);
  const dif = pkt.dev?.ifindex ?? 0;
  const sk = ns.sockets.udp.lookup(
    ipSaddr(b, pkt.nh),
    udpSport(b, pkt.head),
    ipDaddr(b, pkt.nh),
    udpDport(b, pkt.head),
    dif,
  );
  if (sk !== null) return udpQueueRcv(sk, pkt);
  const encap = ns.sockets.udp.encap.get(udpDport(b, pkt.head));
  if (!udpChecksumOk(pkt)) return udpCsumError(ns, pkt);
  if (encap !== undefined) return encap(pkt);
  udpNoSocket(ns, pkt);
}

function udpNoSocket(ns: NetNamespace, pkt: Packet): void {
  ns.ipv4.mib.UdpNoPorts++;
  // The error is tracked by what it quotes, not by what it answers.
  nfResetCt(pkt);
  ns.ipv4.icmpSend(pkt, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
  kfreeSkb(ns, pkt, "NO_SOCKET", "__udp4_lib_rcv", `udp port ${udpDport(pkt.buf, pkt.head)}`);
}

function isGroupRoute(pkt: Packet): boolean {
  if (pkt.route !== null) return (pkt.route.flags & (RTCF_BROADCAST | RTCF_MULTICAST)) !== 0;
  const daddr = ipDaddr(pkt.buf, pkt.nh);
  return daddr === INADDR_BROADCAST || isMulticast(daddr);
}

function udpChecksumOk(pkt: Packet): boolean {
  if (pkt.csumSettled) return true;
  return udpCheckOk(pkt.buf, pkt.head, pkt.len, ipSaddr(pkt.buf, pkt.nh), ipDaddr(pkt.buf, pkt.nh));
}

function udpCsumError(ns: NetNamespace, pkt: Packet): void {
  ns.ipv4.mib.UdpInCsumErrors++;
  ns.ipv4.mib.UdpInErrors++;
  kfreeSkb(ns, pkt, "UDP_CSUM", "__udp4_lib_rcv");
}

/** udp_queue_rcv_skb and the wake-up of the program. */
function udpQueueRcv(sk: UdpSock, pkt: Packet): void {
  const ns = sk.ns;
  if (!udpChecksumOk(pkt)) return udpCsumError(ns, pkt);
  ns.ipv4.mib.UdpInDatagrams++;
  if (ns.world.tracer !== null)
    ns.world.trace(ns, pkt, "udp_queue_rcv_skb", { kind: "deliver", socket: sk.describe() });
  udpDeliver(sk, pkt);
}

function udpDeliver(sk: UdpSock, pkt: Packet): void {
  const b = pkt.buf;
  const bytes = pkt.bytes(pkt.head + UDP_HLEN);
  const from = { addr: ipSaddr(b, pkt.nh), port: udpSport(b, pkt.head) };
  const to = ipDaddr(b, pkt.nh);
  skDataReady(sk.ns, () => {
    if (!sk.closed) sk.options.onData?.(bytes, from, to);
  });
}

/** __udp4_lib_mcast_deliver: every matching socket gets the datagram; nobody there is no error. */
function udpMcastDeliver(ns: NetNamespace, pkt: Packet): void {
  if (!udpChecksumOk(pkt)) return udpCsumError(ns, pkt);
  const b = pkt.buf;
  const dif = pkt.dev?.ifindex ?? 0;
  const socks = ns.sockets.udp.lookupAll(
    ipSaddr(b, pkt.nh),
    udpSport(b, pkt.head),
    ipDaddr(b, pkt.nh),
    udpDport(b, pkt.head),
    dif,
  );
  if (socks.length === 0) {
    ns.ipv4.mib.UdpIgnoredMulti++;
    return consumeSkb(ns, pkt, "__udp4_lib_mcast_deliver");
  }
  ns.ipv4.mib.UdpInDatagrams += socks.length;
  for (const sk of socks) udpDeliver(sk, pkt);
  if (ns.world.tracer !== null)
    ns.world.trace(ns, pkt, "__udp4_lib_mcast_deliver", {
      kind: "deliver",
      socket: socks.map((sk) => sk.describe()).join(", "),
    });
}

/** The socket that sent the datagram an ICMP error quotes; pkt.head is the quoted IPv4 header. */
function udpQuotedSock(ns: NetNamespace, pkt: Packet): UdpSock | null {
  const b = pkt.buf;
  const uh = pkt.head + ipHdrLen(b, pkt.head);
  if (uh + 4 > pkt.tail) return null;
  const [daddr, saddr] = [ipDaddr(b, pkt.head), ipSaddr(b, pkt.head)];
  return ns.sockets.udp.lookup(daddr, udpDport(b, uh), saddr, udpSport(b, uh), pkt.dev?.ifindex ?? 0);
}

/** A socket sent the quoted datagram, or a tunnel did: whose far port is its own (__udp4_lib_err_encap). */
export function udpOwns(ns: NetNamespace, pkt: Packet): boolean {
  const uh = pkt.head + ipHdrLen(pkt.buf, pkt.head);
  return udpQuotedSock(ns, pkt) !== null || (uh + 4 <= pkt.tail && ns.sockets.udp.encap.has(udpDport(pkt.buf, uh)));
}

/** __udp4_lib_err: an ICMP error quotes a datagram of ours; pkt.head is the quoted IPv4 header. */
export function udpErr(ns: NetNamespace, pkt: Packet, type: number, code: number, info: number): void {
  const b = pkt.buf;
  const sk = udpQuotedSock(ns, pkt);
  if (sk === null) return;
  const daddr = ipDaddr(b, pkt.head);
  const dport = udpDport(b, pkt.head + ipHdrLen(b, pkt.head));
  const err = udpErrOf(sk, type, code);
  if (err === null || (sk.options.recvErr !== true && (!err.fatal || sk.daddr === 0))) return;
  udpReportError(sk, err, { addr: daddr, port: dport, report: { from: ipSaddr(b, pkt.nh), type, code, info } });
}

function udpErrOf(sk: UdpSock, type: number, code: number): IcmpErr | null {
  if (isFragNeeded(type, code)) return sk.pmtuDisc === "dont" ? null : { errno: "EMSGSIZE", fatal: true };
  return icmpErrConvert(type, code);
}

function udpReportError(sk: UdpSock, err: IcmpErr, about: UdpErrorAbout): void {
  if (sk.options.onError === undefined) {
    sk.pendingError = err.errno;
    return;
  }
  skDataReady(sk.ns, () => {
    if (!sk.closed) sk.options.onError?.(err.errno, about);
  });
}
