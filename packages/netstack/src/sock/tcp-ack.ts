// What an acknowledgement does (net/ipv4/tcp_input.c: tcp_ack): windows, the write queue, loss recovery, round-trip times.

import { getU32 } from "../wire/bytes.ts";
import type { TcpOptions } from "../wire/tcp-fields.ts";
import { seqAfter, seqBefore } from "../wire/tcp-fields.ts";
import { tcpRetransmitHead } from "./tcp-output.ts";
import { tcpArmReorder, tcpClearTimer, tcpSetXmitTimer } from "./tcp-xmit-timer.ts";
import { tcpRttEstimator, tcpSetRto } from "./tcp-rtt.ts";
import type { TcpSegment, TcpSock } from "./tcp-sock.ts";
import { TCP_SYN_SENT } from "./tcp-states.ts";

/** A received segment as input sees it. */
export interface RcvSegment {
  readonly b: Uint8Array;
  readonly seq: number;
  readonly end: number;
  readonly ack: number;
  readonly flags: number;
  /** Window in bytes. */
  readonly wnd: number;
  readonly dataOff: number;
  readonly dataLen: number;
  readonly opt: TcpOptions;
}

/** Duplicate ACKs that mean a loss (RFC 5681 §3.2). */
const DUP_THRESH = 3;

/** "old": acknowledges nothing any more; "invalid": bytes never sent; "ok". */
export function tcpAck(sk: TcpSock, seg: RcvSegment): "ok" | "old" | "invalid" {
  if (seqBefore(seg.ack, sk.sndUna)) return "old";
  if (seqAfter(seg.ack, sk.sndNxt)) return "invalid";
  const before = sk.sndUna;
  const windowMoved = tcpAckUpdateWindow(sk, seg);
  tcpSacktag(sk, seg);
  const acked = tcpCleanRtxQueue(sk, seg);
  sk.probesOut = 0;
  sk.rcvStamp = sk.ns.world.now;
  if (acked > 0) onProgress(sk, acked);
  else if (seg.ack === before && seg.dataLen === 0 && !windowMoved && sk.sendHead > 0) onDupAck(sk);
  rearm(sk, acked > 0);
  return "ok";
}

/** tcp_ack_update_window; true when the window changed. */
function tcpAckUpdateWindow(sk: TcpSock, seg: RcvSegment): boolean {
  const newer =
    seqAfter(seg.ack, sk.sndUna) || seqAfter(seg.seq, sk.sndWl1) || (seg.seq === sk.sndWl1 && seg.wnd > sk.sndWnd);
  if (!newer) return false;
  sk.sndWl1 = seg.seq;
  if (sk.sndWnd === seg.wnd) return false;
  sk.sndWnd = seg.wnd;
  return true;
}

/** tcp_sacktag_write_queue: mark what the peer has beyond the gap. */
function tcpSacktag(sk: TcpSock, seg: RcvSegment): void {
  if (!sk.sackOk) return;
  for (let i = 0; i < seg.opt.sackBlocks; i++) {
    const from = getU32(seg.b, seg.opt.sackOff + 8 * i);
    const to = getU32(seg.b, seg.opt.sackOff + 8 * i + 4);
    for (let j = 0; j < sk.sendHead; j++) {
      const s = sk.queue[j] as TcpSegment;
      if (!s.sacked && !seqBefore(s.seq, from) && !seqAfter(s.end, to)) {
        s.sacked = true;
        if (s.sent === 1) tcpRttEstimator(sk, sk.ns.world.now - s.sentAt);
      }
    }
  }
}

/** tcp_clean_rtx_queue: drop what is acknowledged; the number of segments. */
function tcpCleanRtxQueue(sk: TcpSock, seg: RcvSegment): number {
  let acked = 0;
  let rtt = -1;
  while (acked < sk.sendHead && !seqAfter((sk.queue[acked] as TcpSegment).end, seg.ack)) {
    const s = sk.queue[acked] as TcpSegment;
    // Karn: a segment sent twice says nothing about the round trip; neither does one that waited behind a gap.
    if (s.sent === 1 && !s.sacked) rtt = sk.ns.world.now - s.sentAt;
    acked++;
  }
  sk.queue.splice(0, acked);
  sk.sendHead -= acked;
  sk.sndUna = seg.ack;
  trimHead(sk, seg.ack);
  if (rtt >= 0) tcpRttEstimator(sk, rtt);
  return acked;
}

/** The peer took a part of the first segment (it has a smaller window than we believed). */
function trimHead(sk: TcpSock, ack: number): void {
  const head = sk.queue[0];
  if (head === undefined || sk.sendHead === 0 || !seqAfter(ack, head.seq)) return;
  head.data = head.data.subarray((ack - head.seq) >>> 0);
  head.seq = ack;
}

/** New data was acknowledged: timers start anew, the congestion window grows. */
function onProgress(sk: TcpSock, acked: number): void {
  sk.backoff = 0;
  sk.retransmits = 0;
  sk.dupAcks = 0;
  sk.retransStamp = -1;
  if (sk.tlpHighSeq >= 0 && !seqBefore(sk.sndUna, sk.tlpHighSeq)) sk.tlpHighSeq = -1;
  sk.errSoft = undefined;
  tcpSetRto(sk);
  if (sk.inRecovery && !seqBefore(sk.sndUna, sk.highSeq)) {
    sk.inRecovery = false;
    sk.cwnd = Math.max(sk.cwnd, Math.min(sk.ssthresh, sk.cwnd + acked));
  }
  growCwnd(sk, acked);
  // A partial acknowledgement shows the next hole (RFC 6582 §3.2).
  if (sk.inRecovery && sk.sendHead > 0) {
    sk.retransStamp = sk.ns.world.now;
    tcpRetransmitHead(sk);
  }
  if (sk.queue.length === 0 && sk.state !== TCP_SYN_SENT) sk.wake(() => sk.on.drained?.(sk));
}

/** Slow start, then one segment per window (RFC 5681 §3.1). */
function growCwnd(sk: TcpSock, acked: number): void {
  if (sk.cwnd < sk.ssthresh) {
    sk.cwnd = Math.min(sk.cwnd + acked, sk.ssthresh);
    return;
  }
  sk.cwndCnt += acked;
  if (sk.cwndCnt < sk.cwnd) return;
  sk.cwndCnt -= sk.cwnd;
  sk.cwnd++;
}

/** Three in a row: the first unacknowledged segment is lost (RFC 5681 §3.2). */
function onDupAck(sk: TcpSock): void {
  sk.dupAcks++;
  if (sk.dupAcks === DUP_THRESH && !sk.inRecovery) tcpEnterRecovery(sk);
}

/** tcp_enter_recovery: half the congestion window, and the first segment that is missing once more. */
export function tcpEnterRecovery(sk: TcpSock): void {
  sk.tlpHighSeq = -1;
  sk.inRecovery = true;
  sk.highSeq = sk.sndNxt;
  sk.ssthresh = Math.max(sk.cwnd >>> 1, 2);
  sk.cwnd = sk.ssthresh;
  tcpRetransmitHead(sk);
}

/** The retransmission timer runs while something is under way, from the last progress (RFC 6298 §5). */
function rearm(sk: TcpSock, progress: boolean): void {
  if (sk.sendHead > 0) {
    const reorder = reorderTimeout(sk);
    if (reorder !== null) tcpArmReorder(sk, reorder);
    else if (progress || sk.timer === null) tcpSetXmitTimer(sk);
  } else if (sk.queue.length === 0 || sk.sndWnd > 0) tcpClearTimer(sk);
}

/** tcp_rack_mark_lost: ms until what stands before a segment that arrived counts as lost; null: nothing is missing, or it is known already. */
function reorderTimeout(sk: TcpSock): number | null {
  if (sk.inRecovery) return null;
  for (let i = 1; i < sk.sendHead; i++) if ((sk.queue[i] as TcpSegment).sacked) return sk.ns.flavour.tcpReoTimeout;
  return null;
}
