// Segments made without a socket: RST and the ACKs of TIME_WAIT and SYN_RECV (net/ipv4/tcp_ipv4.c: tcp_v4_send_reset, tcp_v4_send_ack).
// Their checksums are complete and they have the namespace's default TTL.

import type { Ipv4 } from "../addr/ipv4.ts";
import { flowKey, RTCF_LOCAL } from "../ipv4/rtable.ts";
import { ipOptionsEcho } from "../ipv4/ip-options.ts";
import { ipRouteOutput } from "../ipv4/route.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import type { Packet } from "../skb/packet.ts";
import { IPPROTO_TCP, ipDaddr, ipSaddr, ipTos } from "../wire/ipv4-fields.ts";
import {
  seqAdd,
  TCP_ACK,
  TCP_FIN,
  TCP_HLEN,
  TCP_RST,
  TCP_SYN,
  tcpAckSeq,
  tcpDport,
  tcpFlags,
  tcpHdrLen,
  tcpSeq,
  tcpSetCheck,
  tcpSport,
  tcpWrite,
} from "../wire/tcp-fields.ts";
import { ipSendSegment } from "./ip-xmit.ts";
import type { Sock } from "./sock.ts";
import { writeAlignedTimestamp } from "./tcp-options.ts";

/** The part of the TOS that routing looks at. */
const IPTOS_RT_MASK = 0x1c;

/** tcp_v4_send_reset: answer `pkt` (pkt.head is the TCP header), never a RST. `sk`: the socket it was meant for, if any. */
export function tcpSendReset(ns: NetNamespace, pkt: Packet, sk: Sock | null): void {
  const b = pkt.buf;
  const flags = tcpFlags(b, pkt.head);
  if ((flags & TCP_RST) !== 0) return;
  // "Resets … should only be sent for packets to an own address": not for broadcast or multicast destinations.
  if (sk === null && pkt.route !== null && (pkt.route.flags & RTCF_LOCAL) === 0) return;
  const hasAck = (flags & TCP_ACK) !== 0;
  const span = ((flags & TCP_SYN) !== 0 ? 1 : 0) + ((flags & TCP_FIN) !== 0 ? 1 : 0) + pkt.len - tcpHdrLen(b, pkt.head);
  ns.ipv4.mib.TcpOutRsts++;
  ipSendUnicastReply(ns, pkt, sk, "tcp-reset", {
    seq: hasAck ? tcpAckSeq(b, pkt.head) : 0,
    ack: hasAck ? 0 : seqAdd(tcpSeq(b, pkt.head), span),
    flags: hasAck ? TCP_RST : TCP_RST | TCP_ACK,
    window: 0,
    // The answer has the packet's class, not its congestion bits.
    tos: ipTos(b, pkt.nh) & ~3,
    ts: null,
  });
}

/** What an answer without a socket says. */
export interface ReplySegment {
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
  /** As it stands in the header. */
  readonly window: number;
  readonly tos: number;
  readonly ts: { readonly val: number; readonly ecr: number } | null;
}

/** tcp_v4_send_ack. */
export function tcpSendReplyAck(ns: NetNamespace, pkt: Packet, sk: Sock | null, seg: ReplySegment): void {
  ipSendUnicastReply(ns, pkt, sk, "tcp-ack", seg);
}

/** ip_send_unicast_reply: from the address the packet came to, to its sender. */
function ipSendUnicastReply(ns: NetNamespace, pkt: Packet, sk: Sock | null, what: string, seg: ReplySegment): void {
  const saddr = ipDaddr(pkt.buf, pkt.nh);
  const daddr = ipSaddr(pkt.buf, pkt.nh);
  const options = ipOptionsEcho(ns, pkt, saddr);
  if (options === null) return;
  const tos = seg.tos & IPTOS_RT_MASK;
  const flow = flowKey(daddr, {
    saddr,
    tos,
    proto: IPPROTO_TCP,
    oif: sk?.boundDevIf ?? 0,
    mark: replyMark(ns, pkt, sk),
  });
  const route = ipRouteOutput(ns, flow);
  if (typeof route === "string") return;
  const answer = buildReply(ns, pkt, seg, saddr, daddr);
  answer.mark = flow.mark;
  if (ns.world.tracer !== null)
    ns.world.trace(ns, pkt, "ip_send_unicast_reply", { kind: "answer", what, made: answer.id });
  ipSendSegment(ns, null, answer, route, {
    saddr,
    daddr,
    proto: IPPROTO_TCP,
    tos: seg.tos,
    ttl: ns.ipv4.sysctls.ip_default_ttl,
    id: replyIpId(ns, saddr, daddr),
    df: true,
    options,
  });
}

/** IP_REPLY_ARG: the packet's mark with fwmark_reflect, or the socket's. */
function replyMark(ns: NetNamespace, pkt: Packet, sk: Sock | null): number {
  if (ns.ipv4.sysctls.fwmark_reflect !== 0) return pkt.mark;
  return sk?.mark ?? 0;
}

/** Older kernels take the id from the per-destination generator, newer ones send 0 with DF. */
function replyIpId(ns: NetNamespace, saddr: Ipv4, daddr: Ipv4): number {
  if (!ns.flavour.rstIpId) return 0;
  return ns.sockets.pins.rstIpId?.shift() ?? ns.ipv4.selectIdent(daddr, saddr, IPPROTO_TCP);
}

function buildReply(ns: NetNamespace, pkt: Packet, seg: ReplySegment, saddr: Ipv4, daddr: Ipv4): Packet {
  const hdrLen = TCP_HLEN + (seg.ts === null ? 0 : 12);
  const answer = ns.world.allocSkb(hdrLen, pkt);
  const b = answer.buf;
  tcpWrite(b, answer.head, {
    sport: tcpDport(pkt.buf, pkt.head),
    dport: tcpSport(pkt.buf, pkt.head),
    seq: seg.seq,
    ack: seg.ack,
    hdrLen,
    flags: seg.flags,
    window: seg.window,
  });
  if (seg.ts !== null) writeAlignedTimestamp(b, answer.head + TCP_HLEN, seg.ts.val, seg.ts.ecr);
  tcpSetCheck(b, answer.head, answer.len, saddr, daddr);
  ns.ipv4.mib.TcpOutSegs++;
  return answer;
}
