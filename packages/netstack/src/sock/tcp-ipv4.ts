// TCP over IPv4: where segments and ICMP errors find their connection (net/ipv4/tcp_ipv4.c: tcp_v4_rcv, tcp_v4_err).

import type { SockTables } from "./sock-tables.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import type { DropReason } from "../skb/drop-reason.ts";
import { consumeSkb, kfreeSkb } from "../skb/kfree-skb.ts";
import { PACKET_HOST } from "../skb/packet.ts";
import type { Packet } from "../skb/packet.ts";
import { ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, ICMP_NET_UNREACH } from "../wire/icmp-fields.ts";
import { ipDaddr, ipHdrLen, ipSaddr } from "../wire/ipv4-fields.ts";
import {
  seqAdd,
  seqBetween,
  TCP_ACK,
  TCP_FIN,
  TCP_HLEN,
  TCP_RST,
  TCP_SYN,
  tcpCheckOk,
  tcpDport,
  tcpFlags,
  tcpHdrLen,
  tcpSeq,
  tcpSport,
} from "../wire/tcp-fields.ts";
import { icmpErrConvert, isFragNeeded } from "./errno.ts";
import type { RcvSegment } from "./tcp-ack.ts";
import { tcpFail } from "./tcp-close.ts";
import { readSegment, tcpRcv } from "./tcp-input.ts";
import {
  reqskWindowField,
  reqskDrop,
  tcpConnRequest,
  tcpCreateChild,
  TcpListener,
  TcpRequestSock,
  tcpSendSynack,
} from "./tcp-listen.ts";
import { tcpMtuReduced } from "./tcp-output.ts";
import { tcpSendReplyAck, tcpSendReset } from "./tcp-reset.ts";
import type { TcpSock } from "./tcp-sock.ts";
import { TCP_SYN_SENT } from "./tcp-states.ts";
import type { TcpEntry } from "./tcp-table.ts";
import { tcpTimewaitIsn, TcpTimewaitSock, tcpTimewaitStateProcess } from "./tcp-timewait.ts";

/** tcp_v4_rcv. pkt.head is the TCP header, pkt.nh the IPv4 header. */
export function tcpV4Rcv(ns: NetNamespace, pkt: Packet): void {
  if (pkt.pktType !== PACKET_HOST) return kfreeSkb(ns, pkt, "NOT_SPECIFIED", "tcp_v4_rcv", "not to this host's MAC");
  ns.ipv4.mib.TcpInSegs++;
  const bad = tcpHeaderError(ns, pkt);
  if (bad !== null) return kfreeSkb(ns, pkt, bad, "tcp_v4_rcv");
  const b = pkt.buf;
  const sk = ns.sockets.tcp.lookupEstablished(
    ipSaddr(b, pkt.nh),
    tcpSport(b, pkt.head),
    ipDaddr(b, pkt.nh),
    tcpDport(b, pkt.head),
  );
  if (sk !== undefined && isBoundElsewhere(sk, pkt)) return tcpRcvListen(ns, pkt, undefined);
  if (sk instanceof TcpRequestSock) return tcpCheckReq(sk, pkt);
  if (sk instanceof TcpTimewaitSock) return tcpRcvTimewait(sk, pkt);
  if (sk !== undefined) return tcpRcv(sk, pkt);
  tcpRcvListen(ns, pkt, undefined);
}

function tcpHeaderError(ns: NetNamespace, pkt: Packet): DropReason | null {
  const hdr = pkt.len < TCP_HLEN ? 0 : tcpHdrLen(pkt.buf, pkt.head);
  if (hdr < TCP_HLEN || hdr > pkt.len) {
    ns.ipv4.mib.TcpInErrs++;
    return "PKT_TOO_SMALL";
  }
  if (!pkt.csumSettled && !tcpCheckOk(pkt.buf, pkt.head, pkt.len, ipSaddr(pkt.buf, pkt.nh), ipDaddr(pkt.buf, pkt.nh))) {
    ns.ipv4.mib.TcpInCsumErrors++;
    ns.ipv4.mib.TcpInErrs++;
    return "TCP_CSUM";
  }
  return null;
}

function isBoundElsewhere(sk: TcpEntry, pkt: Packet): boolean {
  return sk.boundDevIf !== 0 && sk.boundDevIf !== pkt.dev?.ifindex;
}

/** No connection: a listener, or nobody. `isn`: taken over from a TIME_WAIT entry. */
function tcpRcvListen(ns: NetNamespace, pkt: Packet, isn: number | undefined): void {
  const listener = ns.sockets.tcp.lookupListener(
    ipDaddr(pkt.buf, pkt.nh),
    tcpDport(pkt.buf, pkt.head),
    pkt.dev?.ifindex ?? 0,
  );
  if (listener !== undefined) return tcpListenState(listener, pkt, isn);
  tcpSendReset(ns, pkt, null);
  kfreeSkb(ns, pkt, "NO_SOCKET", "tcp_v4_rcv", `tcp port ${tcpDport(pkt.buf, pkt.head)}`);
}

/** TCP_LISTEN of tcp_rcv_state_process: an ACK is answered with a reset, a SYN opens, the rest is ignored. */
function tcpListenState(listener: TcpListener, pkt: Packet, isn: number | undefined): void {
  const { ns } = listener;
  const flags = tcpFlags(pkt.buf, pkt.head);
  if ((flags & TCP_ACK) !== 0) {
    tcpSendReset(ns, pkt, listener);
    return kfreeSkb(ns, pkt, "TCP_FLAGS", "tcp_rcv_state_process", "no such connection");
  }
  if ((flags & TCP_RST) !== 0) return kfreeSkb(ns, pkt, "TCP_RESET", "tcp_rcv_state_process");
  if ((flags & TCP_SYN) === 0 || (flags & TCP_FIN) !== 0)
    return kfreeSkb(ns, pkt, "TCP_FLAGS", "tcp_rcv_state_process");
  tcpConnRequest(listener, pkt, readSegment(pkt, ns.sockets.tcpOptions, 0), isn);
}

function tcpRcvTimewait(tw: TcpTimewaitSock, pkt: Packet): void {
  if (tcpTimewaitStateProcess(tw, pkt) === "syn") return tcpRcvListen(tw.ns, pkt, tcpTimewaitIsn(tw));
  consumeSkb(tw.ns, pkt, "tcp_timewait_state_process");
}

/** tcp_check_req: a segment for a half-open connection (RFC 9293 §3.10.7.4, SYN-RECEIVED). */
function tcpCheckReq(req: TcpRequestSock, pkt: Packet): void {
  const { ns } = req;
  const seg = readSegment(pkt, ns.sockets.tcpOptions, 0);
  const flags = seg.flags & (TCP_SYN | TCP_ACK | TCP_RST);
  if (flags === TCP_SYN && seg.seq === req.rcvIsn) return repeatSynack(req, pkt);
  // "If the segment acknowledgment is not acceptable, form a reset segment": the listener does it, the request waits on.
  if ((flags & TCP_ACK) !== 0 && seg.ack !== seqAdd(req.sndIsn, 1)) return tcpListenState(req.listener, pkt, undefined);
  if (!inWindow(req, seg)) return refuseOutside(req, pkt, flags);
  if ((flags & (TCP_RST | TCP_SYN)) !== 0) {
    if ((flags & TCP_RST) === 0) tcpSendReset(ns, pkt, req);
    reqskDrop(req);
    return kfreeSkb(ns, pkt, (flags & TCP_RST) !== 0 ? "TCP_RESET" : "TCP_INVALID_SYN", "tcp_check_req");
  }
  if ((flags & TCP_ACK) === 0) return kfreeSkb(ns, pkt, "TCP_FLAGS", "tcp_check_req");
  completeHandshake(req, pkt, seg);
}

/** The same SYN again: the SYN-ACK again, at most one per tcp_invalid_ratelimit. */
function repeatSynack(req: TcpRequestSock, pkt: Packet): void {
  const now = req.ns.world.now;
  if (now - req.lastOow >= req.ns.sockets.tcpSysctls.tcp_invalid_ratelimit) {
    req.lastOow = now;
    if (readTimestamp(req)) req.tsRecent = req.ns.sockets.tcpOptions.tsVal;
    tcpSendSynack(req, pkt);
  }
  consumeSkb(req.ns, pkt, "tcp_check_req");
}

function readTimestamp(req: TcpRequestSock): boolean {
  return req.tsOk && req.ns.sockets.tcpOptions.hasTs;
}

function inWindow(req: TcpRequestSock, seg: RcvSegment): boolean {
  const first = seqAdd(req.rcvIsn, (seg.flags & TCP_SYN) !== 0 ? 0 : 1);
  return seqBetween(seg.seq, first, seqAdd(first, req.window.rcvWnd));
}

function refuseOutside(req: TcpRequestSock, pkt: Packet, flags: number): void {
  if ((flags & TCP_RST) === 0) {
    tcpSendReplyAck(req.ns, pkt, req, {
      seq: seqAdd(req.sndIsn, 1),
      ack: seqAdd(req.rcvIsn, 1),
      flags: TCP_ACK,
      window: reqskWindowField(req),
      tos: req.tos,
      ts: req.tsOk ? { val: req.ns.sockets.tcpTime(req.tsOffset), ecr: req.tsRecent } : null,
    });
  }
  kfreeSkb(req.ns, pkt, "TCP_INVALID_SEQUENCE", "tcp_check_req");
}

/** The third segment. A full accept queue swallows it: the client believes in a connection, the SYN-ACK will come again. */
function completeHandshake(req: TcpRequestSock, pkt: Packet, seg: RcvSegment): void {
  const { ns, listener } = req;
  if (listener.full) {
    if (ns.sockets.tcpSysctls.tcp_abort_on_overflow !== 0) {
      tcpSendReset(ns, pkt, req);
      reqskDrop(req);
    }
    return kfreeSkb(ns, pkt, "LISTEN_OVERFLOW", "tcp_check_req");
  }
  if (readTimestamp(req)) req.tsRecent = seg.opt.tsVal;
  const child = tcpCreateChild(req);
  child.sndWnd = seg.wnd * 2 ** child.sndWscale;
  tcpRcv(child, pkt);
}

/** The socket that sent the segment an ICMP error quotes; pkt.head is the quoted IPv4 header. */
export function tcpQuotedSock(ns: NetNamespace, pkt: Packet): ReturnType<SockTables["tcp"]["lookupEstablished"]> {
  const b = pkt.buf;
  const th = pkt.head + ipHdrLen(b, pkt.head);
  if (th + 8 > pkt.tail) return undefined;
  const [daddr, saddr] = [ipDaddr(b, pkt.head), ipSaddr(b, pkt.head)];
  return ns.sockets.tcp.lookupEstablished(daddr, tcpDport(b, th), saddr, tcpSport(b, th));
}

/** tcp_v4_err: pkt.head is the quoted IPv4 header. */
export function tcpV4Err(ns: NetNamespace, pkt: Packet, type: number, code: number): void {
  const sk = tcpQuotedSock(ns, pkt);
  if (sk === undefined || sk instanceof TcpTimewaitSock) return;
  const seq = tcpSeq(pkt.buf, pkt.head + ipHdrLen(pkt.buf, pkt.head));
  if (sk instanceof TcpRequestSock) return tcpReqErr(sk, seq, type, code);
  // An error about bytes that are not under way is old or forged.
  if (!seqBetween(seq, sk.sndUna, sk.sndNxt)) return;
  tcpConnErr(sk, type, code);
}

/** tcp_req_err: unreachable nets and hosts end a half-open connection, its SYN-ACK cannot arrive. */
function tcpReqErr(req: TcpRequestSock, seq: number, type: number, code: number): void {
  if (seq !== req.sndIsn) return;
  if (type === ICMP_DEST_UNREACH && code !== ICMP_NET_UNREACH && code !== ICMP_HOST_UNREACH) return;
  reqskDrop(req);
}

/** While connecting an error ends the attempt; later it is remembered for the day the connection times out. */
function tcpConnErr(sk: TcpSock, type: number, code: number): void {
  if (isFragNeeded(type, code)) return tcpMtuReduced(sk);
  const err = icmpErrConvert(type, code);
  if (err === null) return;
  if (sk.state === TCP_SYN_SENT) {
    sk.ns.ipv4.mib.TcpAttemptFails++;
    tcpFail(sk, err.errno);
  } else sk.errSoft = err.errno;
}
