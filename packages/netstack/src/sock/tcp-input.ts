// Segments of an existing connection (net/ipv4/tcp_input.c: tcp_rcv_state_process, tcp_validate_incoming, tcp_data_queue).

import type { DropReason } from "../skb/drop-reason.ts";
import { kfreeSkb } from "../skb/kfree-skb.ts";
import type { Packet } from "../skb/packet.ts";
import type { TcpOptions } from "../wire/tcp-fields.ts";
import {
  seqAdd,
  seqAfter,
  seqBefore,
  TCP_ACK,
  TCP_FIN,
  TCP_RST,
  TCP_SYN,
  tcpAckSeq,
  tcpFlags,
  tcpHdrLen,
  tcpParseOptions,
  tcpSeq,
  tcpWindow,
} from "../wire/tcp-fields.ts";
import type { RcvSegment } from "./tcp-ack.ts";
import { tcpAck } from "./tcp-ack.ts";
import { tcpArmFinTimeout, tcpDataReady, tcpDone, tcpEof, tcpFail } from "./tcp-close.ts";
import { tcpDataQueue } from "./tcp-data.ts";
import { TCP_INIT_CWND, TCP_MSS_DEFAULT, TCP_PAWS_MSL } from "./tcp-limits.ts";
import { tcpPushPendingFrames, tcpRefreshMss, tcpSendAck, tcpSendDelayedAck } from "./tcp-output.ts";
import { tcpArmRetransmit, tcpClearTimer } from "./tcp-xmit-timer.ts";
import { tcpSendReset } from "./tcp-reset.ts";
import type { TcpSock } from "./tcp-sock.ts";
import {
  TCP_CLOSE,
  TCP_CLOSE_WAIT,
  TCP_CLOSING,
  TCP_ESTABLISHED,
  TCP_FIN_WAIT1,
  TCP_FIN_WAIT2,
  TCP_LAST_ACK,
  TCP_SYN_SENT,
} from "./tcp-states.ts";
import { tcpTimeWait } from "./tcp-timewait.ts";
import { tcpReceiveWindow } from "./tcp-window.ts";

/** What a segment says. pkt.head is the TCP header; the options land in the namespace's scratch object. */
export function readSegment(pkt: Packet, opt: TcpOptions, wscale: number): RcvSegment {
  const b = pkt.buf;
  const o = pkt.head;
  const hdr = tcpHdrLen(b, o);
  const flags = tcpFlags(b, o);
  tcpParseOptions(b, o, opt);
  const dataLen = pkt.len - hdr;
  const extra = ((flags & TCP_SYN) !== 0 ? 1 : 0) + ((flags & TCP_FIN) !== 0 ? 1 : 0);
  const seq = tcpSeq(b, o);
  const wnd = tcpWindow(b, o) * ((flags & TCP_SYN) !== 0 ? 1 : 2 ** wscale);
  return {
    b,
    seq,
    end: seqAdd(seq, dataLen + extra),
    ack: tcpAckSeq(b, o),
    flags,
    wnd,
    dataOff: o + hdr,
    dataLen,
    opt,
  };
}

/** tcp_v4_do_rcv for a connection. Takes the packet. */
export function tcpRcv(sk: TcpSock, pkt: Packet): void {
  const seg = readSegment(pkt, sk.ns.sockets.tcpOptions, sk.sndWscale);
  const refused = sk.state === TCP_SYN_SENT ? tcpRcvSynSent(sk, pkt, seg) : tcpRcvStateProcess(sk, pkt, seg);
  if (refused !== null)
    return kfreeSkb(
      sk.ns,
      pkt,
      refused,
      sk.state === TCP_SYN_SENT ? "tcp_rcv_synsent_state_process" : "tcp_rcv_state_process",
    );
  if (sk.ns.world.tracer !== null)
    sk.ns.world.trace(sk.ns, pkt, "tcp_v4_do_rcv", { kind: "deliver", socket: sk.describe() });
}

/** tcp_rcv_synsent_state_process (RFC 9293 §3.10.7.3). */
function tcpRcvSynSent(sk: TcpSock, pkt: Packet, seg: RcvSegment): DropReason | null {
  const hasAck = (seg.flags & TCP_ACK) !== 0;
  if (hasAck && (!seqAfter(seg.ack, sk.sndUna) || seqAfter(seg.ack, sk.sndNxt))) {
    resendSynSoon(sk);
    // "If SEG.ACK =< ISS or SEG.ACK > SND.NXT, send a reset."
    if ((seg.flags & TCP_RST) === 0) tcpSendReset(sk.ns, pkt, sk);
    return "TCP_INVALID_ACK_SEQUENCE";
  }
  if ((seg.flags & TCP_RST) !== 0) {
    if (!hasAck) return "TCP_RESET";
    sk.ns.ipv4.mib.TcpAttemptFails++;
    tcpFail(sk, "ECONNREFUSED");
    return null;
  }
  // Both sides opening at once is not modelled: such a SYN is refused here, by name.
  if ((seg.flags & TCP_SYN) === 0 || !hasAck) return "TCP_FLAGS";
  tcpFinishConnect(sk, seg);
  return null;
}

/** The peer still has an old connection with these ports: our reset ends it, and the first SYN is repeated behind the reset. */
function resendSynSoon(sk: TcpSock): void {
  const delay = sk.ns.flavour.synResendAfterStrayAck;
  if (delay !== null && sk.retransmits === 0) tcpArmRetransmit(sk, delay);
}

/** The SYN-ACK is good: agree on options and acknowledge (tcp_finish_connect). */
function tcpFinishConnect(sk: TcpSock, seg: RcvSegment): void {
  const { opt } = seg;
  sk.tsOk = sk.tsOk && opt.hasTs;
  sk.sackOk = opt.sackOk && sk.ns.sockets.tcpSysctls.tcp_sack !== 0;
  if (!sk.wscaleOk || opt.wscale < 0) {
    sk.rcvWscale = 0;
    sk.wscaleOk = false;
  } else sk.sndWscale = opt.wscale;
  sk.mssClamp = opt.mss !== 0 ? opt.mss : TCP_MSS_DEFAULT;
  sk.rcvNxt = seqAdd(seg.seq, 1);
  sk.rcvWup = sk.rcvNxt;
  sk.lastAckSent = sk.rcvNxt;
  sk.sndWl1 = seg.seq;
  storeTimestamp(sk, seg);
  tcpAck(sk, seg);
  sk.sndWnd = seg.wnd;
  sk.cwnd = TCP_INIT_CWND;
  tcpRefreshMss(sk);
  sk.state = TCP_ESTABLISHED;
  sk.totalRto = 0;
  sk.wake(() => sk.on.connected?.(sk));
  tcpSendAck(sk);
}

function storeTimestamp(sk: TcpSock, seg: RcvSegment): void {
  if (!sk.tsOk || !seg.opt.hasTs) return;
  sk.tsRecent = seg.opt.tsVal;
  sk.tsRecentStamp = sk.ns.world.now;
}

/** All synchronised states. Null: the segment was taken. */
export function tcpRcvStateProcess(sk: TcpSock, pkt: Packet, seg: RcvSegment): DropReason | null {
  if (sk.state === TCP_CLOSE) return "TCP_CLOSE";
  if ((seg.flags & (TCP_ACK | TCP_RST | TCP_SYN)) === 0) return "TCP_FLAGS";
  const invalid = tcpValidateIncoming(sk, seg);
  if (invalid !== null) return invalid === "taken" ? null : invalid;
  if ((seg.flags & TCP_ACK) === 0) return "TCP_FLAGS";
  const acked = tcpAck(sk, seg);
  if (acked === "invalid") return "TCP_INVALID_ACK_SEQUENCE";
  tcpReplaceTsRecent(sk, seg);
  if (afterAck(sk)) return null;
  if (dataAfterClose(sk, seg)) {
    // The program has gone: bytes nobody will read are answered with a reset (RFC 2525 §2.17).
    tcpSendReset(sk.ns, pkt, sk);
    tcpDone(sk);
    return "TCP_ABORT_ON_DATA";
  }
  const drop = seg.dataLen > 0 || (seg.flags & TCP_FIN) !== 0 ? tcpTakeData(sk, seg) : null;
  if (isAlive(sk)) tcpPushPendingFrames(sk);
  return drop;
}

/** False once the connection is done or has become a TIME_WAIT entry (a call may have changed what the compiler believes). */
function isAlive(sk: TcpSock): boolean {
  return sk.state !== TCP_CLOSE;
}

/** State changes when our FIN is acknowledged; true when the connection has ended with it. */
function afterAck(sk: TcpSock): boolean {
  const finAcked = sk.sndShutdown && sk.sndUna === sk.writeSeq;
  if (!finAcked) return false;
  if (sk.state === TCP_FIN_WAIT1) {
    sk.state = TCP_FIN_WAIT2;
    if (sk.dead) tcpArmFinTimeout(sk);
  } else if (sk.state === TCP_CLOSING) {
    tcpTimeWait(sk);
    return true;
  } else if (sk.state === TCP_LAST_ACK) {
    tcpDone(sk);
    return true;
  }
  return false;
}

function dataAfterClose(sk: TcpSock, seg: RcvSegment): boolean {
  if (!sk.rcvShutdown || seg.dataLen === 0 || sk.finSeen) return false;
  return seqAfter(seqAdd(seg.seq, seg.dataLen), sk.rcvNxt);
}

/** The peer's bytes and FIN. */
function tcpTakeData(sk: TcpSock, seg: RcvSegment): DropReason | null {
  const drop = tcpDataQueue(sk, seg, (bytes) => tcpDataReady(sk, bytes));
  if (sk.finSeen && sk.state !== TCP_CLOSE_WAIT && sk.state !== TCP_LAST_ACK && sk.state !== TCP_CLOSING) tcpFin(sk);
  else tcpSendAck(sk);
  return drop;
}

/** tcp_fin: the peer has closed its direction. */
function tcpFin(sk: TcpSock): void {
  tcpEof(sk);
  if (sk.state === TCP_ESTABLISHED) {
    // The ACK waits a moment: a program that closes at once sends it with its own FIN.
    sk.state = TCP_CLOSE_WAIT;
    return tcpSendDelayedAck(sk);
  }
  tcpSendAck(sk);
  if (sk.state === TCP_FIN_WAIT1) sk.state = TCP_CLOSING;
  else if (sk.state === TCP_FIN_WAIT2) tcpTimeWait(sk);
}

/** tcp_validate_incoming: timestamps, sequence, RST, SYN (RFC 9293 §3.10.7.4, RFC 5961). "taken": done with. */
function tcpValidateIncoming(sk: TcpSock, seg: RcvSegment): DropReason | "taken" | null {
  const rst = (seg.flags & TCP_RST) !== 0;
  if (tcpPawsReject(sk, seg) && !rst) {
    tcpOowAck(sk, seg);
    return "TCP_INVALID_SEQUENCE";
  }
  if (!tcpSequenceOk(sk, seg)) {
    if (rst) return resetOutside(sk, seg);
    tcpOowAck(sk, seg);
    return seqAfter(seg.seq, sk.rcvNxt) ? "TCP_OVERWINDOW" : "TCP_OLD_SEQUENCE";
  }
  if (rst) return tcpResetOrChallenge(sk, seg);
  if ((seg.flags & TCP_SYN) !== 0) {
    tcpChallengeAck(sk);
    return "TCP_INVALID_SYN";
  }
  return null;
}

/** A reset exactly behind a FIN already taken counts as well (tcp_reset_check). */
function resetOutside(sk: TcpSock, seg: RcvSegment): DropReason | "taken" {
  if (
    seg.seq !== seqAdd(sk.rcvNxt, -1) ||
    (sk.state !== TCP_CLOSE_WAIT && sk.state !== TCP_LAST_ACK && sk.state !== TCP_CLOSING)
  )
    return "TCP_INVALID_SEQUENCE";
  tcpReset(sk);
  return "taken";
}

function tcpResetOrChallenge(sk: TcpSock, seg: RcvSegment): DropReason | "taken" {
  if (seg.seq === sk.rcvNxt) {
    tcpReset(sk);
    return "taken";
  }
  // "If the RST bit is set and the sequence number … is not exactly the next expected, send a challenge ACK" (RFC 5961 §3.2).
  tcpChallengeAck(sk);
  return "TCP_RESET";
}

/** tcp_reset. */
function tcpReset(sk: TcpSock): void {
  const closing = sk.state === TCP_CLOSE_WAIT;
  sk.ns.ipv4.mib.TcpEstabResets++;
  tcpClearTimer(sk);
  tcpFail(sk, closing ? "EPIPE" : "ECONNRESET");
}

/** tcp_sequence: any part of the segment lies in the window. */
function tcpSequenceOk(sk: TcpSock, seg: RcvSegment): boolean {
  return !seqBefore(seg.end, sk.rcvWup) && !seqAfter(seg.seq, seqAdd(sk.rcvNxt, tcpReceiveWindow(sk)));
}

/** Protection against wrapped sequence numbers (RFC 7323 §5). */
function tcpPawsReject(sk: TcpSock, seg: RcvSegment): boolean {
  if (!sk.tsOk || !seg.opt.hasTs || !seqBefore(seg.opt.tsVal, sk.tsRecent)) return false;
  return sk.ns.world.now - sk.tsRecentStamp < TCP_PAWS_MSL;
}

/** tcp_replace_ts_recent. */
function tcpReplaceTsRecent(sk: TcpSock, seg: RcvSegment): void {
  if (seg.opt.hasTs && !seqAfter(seg.seq, sk.lastAckSent) && !seqBefore(seg.opt.tsVal, sk.tsRecent))
    storeTimestamp(sk, seg);
}

/** An ACK for a segment outside the window; those without data are limited, for two stacks could answer each other for ever. */
function tcpOowAck(sk: TcpSock, seg: RcvSegment): void {
  if (seg.dataLen > 0 && (seg.flags & TCP_SYN) === 0) return tcpSendAck(sk);
  tcpChallengeAck(sk);
}

/** tcp_send_challenge_ack, at most one per tcp_invalid_ratelimit. */
function tcpChallengeAck(sk: TcpSock): void {
  const now = sk.ns.world.now;
  if (now - sk.lastOowAck < sk.ns.sockets.tcpSysctls.tcp_invalid_ratelimit) return;
  sk.lastOowAck = now;
  tcpSendAck(sk);
}
