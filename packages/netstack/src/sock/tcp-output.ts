// TCP segments on the way out (net/ipv4/tcp_output.c): building, sending what windows allow, retransmission, ACKs.

import type { Packet } from "../skb/packet.ts";
import { CHECKSUM_PARTIAL } from "../skb/packet.ts";
import {
  seqAdd,
  seqAfter,
  TCP_ACK,
  TCP_FIN,
  TCP_HLEN,
  TCP_PSH,
  TCP_RST,
  TCP_SYN,
  tcpSetPartialCheck,
  tcpWrite,
} from "../wire/tcp-fields.ts";
import type { SockErrno } from "./errno.ts";
import { ipQueueXmit, skFlow, skRoute } from "./ip-xmit.ts";
import { TCP_DELACK_MIN, TCPOLEN_TSTAMP_ALIGNED } from "./tcp-limits.ts";
import type { SynOptions } from "./tcp-options.ts";
import { synOptionsSize, writeAlignedTimestamp, writeSackBlocks, writeSynOptions } from "./tcp-options.ts";
import { tcpArmProbe, tcpArmRetransmit, tcpSetXmitTimer } from "./tcp-xmit-timer.ts";
import type { TcpSegment, TcpSock } from "./tcp-sock.ts";
import { TCP_CLOSE, TCP_SYN_SENT } from "./tcp-states.ts";
import { tcpSelectWindow, tcpSyncMss } from "./tcp-window.ts";

const NO_DATA = new Uint8Array(0);
/** SACK blocks that fit beside timestamps. */
const MAX_SACK_BLOCKS = 3;

/** A segment with room for its options; the caller writes them behind the fixed header. */
export function tcpBuild(
  sk: TcpSock,
  seq: number,
  flags: number,
  window: number,
  optLen: number,
  data: Uint8Array,
): Packet {
  const pkt = sk.ns.world.allocSkb(TCP_HLEN + optLen + data.length);
  const ack = (flags & TCP_ACK) !== 0 ? sk.rcvNxt : 0;
  tcpWrite(pkt.buf, pkt.head, { sport: sk.sport, dport: sk.dport, seq, ack, hdrLen: TCP_HLEN + optLen, flags, window });
  pkt.buf.set(data, pkt.head + TCP_HLEN + optLen);
  return pkt;
}

/** Hand a complete segment to IP; its checksum is left to hardware. */
function tcpXmit(sk: TcpSock, pkt: Packet): SockErrno | undefined {
  tcpSetPartialCheck(pkt.buf, pkt.head, pkt.len, sk.saddr, sk.daddr);
  pkt.ipSummed = CHECKSUM_PARTIAL;
  sk.ns.ipv4.mib.TcpOutSegs++;
  return ipQueueXmit(sk, pkt);
}

/** Timestamp value of this moment. */
export function tcpTimestamp(sk: TcpSock): number {
  return sk.ns.sockets.tcpTime(sk.tsOffset);
}

/** tcp_transmit_skb for a segment of the queue; the errno when it did not even leave this machine. */
function tcpTransmitSegment(sk: TcpSock, seg: TcpSegment): SockErrno | undefined {
  const now = sk.ns.world.now;
  if (seg.sent > 0) sk.ns.ipv4.mib.TcpRetransSegs++;
  seg.sentAt = now;
  seg.sent++;
  if ((seg.flags & TCP_SYN) !== 0) return tcpTransmitSyn(sk, seg);
  return tcpTransmit(sk, seg.seq, seg.flags | TCP_ACK, seg.data);
}

function tcpTransmitSyn(sk: TcpSock, seg: TcpSegment): SockErrno | undefined {
  const options: SynOptions = {
    mss: sk.advmss,
    sackOk: sk.ns.sockets.tcpSysctls.tcp_sack !== 0,
    ts: sk.tsOk ? { val: tcpTimestamp(sk), ecr: 0 } : null,
    wscale: sk.wscaleOk ? sk.rcvWscale : -1,
  };
  const optLen = synOptionsSize(options);
  // A SYN's window is never scaled (RFC 7323 §2.2).
  const pkt = tcpBuild(sk, seg.seq, TCP_SYN, Math.min(sk.rcvWnd, 65535), optLen, NO_DATA);
  writeSynOptions(pkt.buf, pkt.head + TCP_HLEN, options);
  return tcpXmit(sk, pkt);
}

/** A segment of a synchronised connection: timestamps, SACK blocks, the current window. */
export function tcpTransmit(sk: TcpSock, seq: number, flags: number, data: Uint8Array): SockErrno | undefined {
  const sack = data.length === 0 ? sackEdges(sk) : [];
  const tsLen = sk.tsOk ? TCPOLEN_TSTAMP_ALIGNED : 0;
  const optLen = tsLen + (sack.length > 0 ? 4 + 4 * sack.length : 0);
  const pkt = tcpBuild(sk, seq, flags, tcpSelectWindow(sk), optLen, data);
  if (sk.tsOk) writeAlignedTimestamp(pkt.buf, pkt.head + TCP_HLEN, tcpTimestamp(sk), sk.tsRecent);
  if (sack.length > 0) writeSackBlocks(pkt.buf, pkt.head + TCP_HLEN + tsLen, sack);
  sk.lastAckSent = sk.rcvNxt;
  tcpClearDelayedAck(sk);
  return tcpXmit(sk, pkt);
}

/** What lies beyond the gap, joined to ranges (RFC 2018 §4). */
function sackEdges(sk: TcpSock): number[] {
  if (!sk.sackOk || sk.ooo.length === 0) return [];
  const edges: number[] = [];
  for (const seg of sk.ooo) {
    if (edges.length > 0 && edges[edges.length - 1] === seg.seq) edges[edges.length - 1] = seg.end;
    else if (edges.length < MAX_SACK_BLOCKS * 2) edges.push(seg.seq, seg.end);
  }
  return edges;
}

/** tcp_send_ack. */
export function tcpSendAck(sk: TcpSock): void {
  if (sk.state !== TCP_CLOSE) tcpTransmit(sk, sk.sndNxt, TCP_ACK, NO_DATA);
}

/** tcp_send_delayed_ack: whatever is sent before carries the ACK. */
export function tcpSendDelayedAck(sk: TcpSock): void {
  sk.ackTimer ??= sk.ns.world.clock.schedule(TCP_DELACK_MIN, () => {
    sk.ackTimer = null;
    tcpSendAck(sk);
    sk.ns.world.softirq();
  });
}

export function tcpClearDelayedAck(sk: TcpSock): void {
  if (sk.ackTimer !== null) sk.ns.world.clock.cancel(sk.ackTimer);
  sk.ackTimer = null;
}

/** tcp_send_active_reset: RST with the next sequence number. */
export function tcpSendActiveReset(sk: TcpSock): void {
  sk.ns.ipv4.mib.TcpOutRsts++;
  tcpTransmit(sk, sk.sndNxt, TCP_RST | TCP_ACK, NO_DATA);
}

/** tcp_xmit_probe_skb: an old sequence number, so that the peer must answer with its window. */
export function tcpXmitProbe(sk: TcpSock): void {
  tcpTransmit(sk, seqAdd(sk.sndUna, -1), TCP_ACK, NO_DATA);
}

/** Append to the write queue. */
export function tcpQueueSegment(sk: TcpSock, flags: number, data: Uint8Array): TcpSegment {
  const len = data.length + ((flags & (TCP_SYN | TCP_FIN)) !== 0 ? 1 : 0);
  const seg: TcpSegment = {
    seq: sk.writeSeq,
    end: seqAdd(sk.writeSeq, len),
    flags,
    data,
    sentAt: 0,
    sent: 0,
    sacked: false,
  };
  sk.writeSeq = seg.end;
  sk.queue.push(seg);
  return seg;
}

/** Bytes in flight. */
function inFlight(sk: TcpSock): number {
  return (sk.sndNxt - sk.sndUna) >>> 0;
}

/** Segments in flight that are not known to have arrived. */
function packetsInFlight(sk: TcpSock): number {
  let n = 0;
  for (let i = 0; i < sk.sendHead; i++) if (!(sk.queue[i] as TcpSegment).sacked) n++;
  return n;
}

/**
 * tcp_write_xmit: send what the congestion window, the peer's window and Nagle allow. Arms the probe timer when a closed
 * window is all that holds the queue back.
 */
export function tcpPushPendingFrames(sk: TcpSock): void {
  let allowed = sk.cwnd - packetsInFlight(sk);
  let left = false;
  while (sk.sendHead < sk.queue.length && allowed > 0) {
    const seg = fitToWindow(sk, sk.queue[sk.sendHead] as TcpSegment);
    if (seg === null || nagleHolds(sk, seg)) break;
    if (sendNew(sk, seg) === undefined) left = true;
    allowed--;
  }
  // What was refused on this machine is not probed for.
  if (left && (sk.timer === null || sk.early)) return tcpSetXmitTimer(sk);
  if (sk.timer !== null) return;
  if (inFlight(sk) > 0) tcpArmRetransmit(sk);
  else if (sk.sendHead < sk.queue.length) tcpArmProbe(sk);
}

/** tcp_event_new_data_sent: the first unsent segment goes. */
function sendNew(sk: TcpSock, seg: TcpSegment): SockErrno | undefined {
  if (seg.data.length > 0 && seg.data.length < sk.mssCache) sk.sndSml = seg.end;
  sk.sendHead++;
  sk.sndNxt = seg.end;
  return tcpTransmitSegment(sk, seg);
}

/** tso_fragment: cut a segment at the path's MSS and the end of the peer's window; null when nothing of it may go. */
function fitToWindow(sk: TcpSock, seg: TcpSegment): TcpSegment | null {
  const room = (sk.sndUna + sk.sndWnd - seg.seq) | 0;
  const limit = Math.min(room, sk.mssCache);
  if (seg.data.length === 0) return room >= 1 || sk.sndNxt === sk.sndUna ? seg : null;
  if (limit <= 0) return null;
  // A window below one segment is used only when nothing is under way (silly window avoidance, RFC 1122 §4.2.3.4).
  if (seg.data.length > limit && limit < sk.mssCache && inFlight(sk) > 0) return null;
  if (seg.data.length > limit) splitSegment(sk, sk.sendHead, limit);
  return sk.queue[sk.sendHead] as TcpSegment;
}

/** Cut the queue's segment `at` behind `len` bytes; PSH and FIN go with the tail. */
export function splitSegment(sk: TcpSock, at: number, len: number): void {
  const seg = sk.queue[at] as TcpSegment;
  const cut = seqAdd(seg.seq, len);
  const rest: TcpSegment = { ...seg, seq: cut, data: seg.data.subarray(len) };
  seg.end = cut;
  seg.data = seg.data.subarray(0, len);
  seg.flags &= ~(TCP_PSH | TCP_FIN);
  sk.queue.splice(at + 1, 0, rest);
  if (at < sk.sendHead) sk.sendHead++;
}

/** tcp_nagle_check (Minshall): a small segment waits while another small one is unacknowledged. */
function nagleHolds(sk: TcpSock, seg: TcpSegment): boolean {
  if (sk.nodelay || seg.data.length === 0 || seg.data.length >= sk.mssCache || (seg.flags & TCP_FIN) !== 0)
    return false;
  return inFlight(sk) > 0 && seqAfter(sk.sndSml, sk.sndUna);
}

/** tcp_retransmit_skb: the first segment that is not known to have arrived. */
export function tcpRetransmitHead(sk: TcpSock): void {
  retransmitAt(
    sk,
    sk.queue.findIndex((s, i) => i < sk.sendHead && !s.sacked),
  );
}

function retransmitAt(sk: TcpSock, at: number): void {
  const seg = sk.queue[at];
  if (seg === undefined) return;
  // The path's MSS may have shrunk since.
  if (seg.data.length > sk.mssCache) splitSegment(sk, at, sk.mssCache);
  if (sk.retransStamp < 0) sk.retransStamp = sk.ns.world.now;
  tcpTransmitSegment(sk, sk.queue[at] as TcpSegment);
}

/** tcp_send_loss_probe: new data if there is some, else the last segment once more; the answer shows what is missing. */
export function tcpSendLossProbe(sk: TcpSock): void {
  if (sk.sendHead === 0) return;
  if (sk.tlpHighSeq < 0) {
    const fresh = sk.sendHead < sk.queue.length ? fitToWindow(sk, sk.queue[sk.sendHead] as TcpSegment) : null;
    if (fresh !== null) sendNew(sk, fresh);
    else retransmitAt(sk, sk.sendHead - 1);
    sk.tlpHighSeq = sk.sndNxt;
  }
  tcpArmRetransmit(sk);
}

/** The route of the connection changed its MTU: cut segments anew (tcp_current_mss). Segments never sent are as large as they were queued. */
export function tcpRefreshMss(sk: TcpSock): void {
  const route = skRoute(sk, skFlow(sk, sk.daddr, sk.dport));
  if (typeof route !== "string") tcpSyncMss(sk, route.mtu);
}

/** ICMP fragmentation needed (tcp_v4_mtu_reduced): the route has learned the path; smaller segments, and those too large again at once. */
export function tcpMtuReduced(sk: TcpSock): void {
  if (sk.state === TCP_SYN_SENT) return;
  const before = sk.mssCache;
  tcpRefreshMss(sk);
  if (sk.mssCache >= before) return;
  for (let i = 0; i < sk.sendHead; i++) {
    if (tooLarge(sk, i)) i = resendInPieces(sk, i);
  }
}

/** Under way, not known to have arrived, and longer than the path takes. */
function tooLarge(sk: TcpSock, at: number): boolean {
  const { data, sacked } = sk.queue[at] as TcpSegment;
  return at < sk.sendHead && !sacked && data.length > sk.mssCache;
}

/** What was written together lies in one buffer (an skb of several segments): it is cut anew from its beginning, not segment by segment. */
function joinLarge(sk: TcpSock, at: number): void {
  let end = at + 1;
  while (end < sk.sendHead && tooLarge(sk, end)) end++;
  const run = sk.queue.splice(at, end - at);
  const [first] = run;
  const last = run.at(-1);
  if (first === undefined || last === undefined) return;
  const data = new Uint8Array((last.end - first.seq) >>> 0);
  for (const seg of run) data.set(seg.data, (seg.seq - first.seq) >>> 0);
  sk.queue.splice(at, 0, { ...first, end: last.end, flags: first.flags | last.flags, data });
  sk.sendHead -= run.length - 1;
}

/** Cut what was sent from `at` on at the MSS and send all its pieces; the index of the last one. */
function resendInPieces(sk: TcpSock, at: number): number {
  joinLarge(sk, at);
  let i = at;
  while ((sk.queue[i] as TcpSegment).data.length > sk.mssCache) {
    splitSegment(sk, i, sk.mssCache);
    tcpTransmitSegment(sk, sk.queue[i] as TcpSegment);
    i++;
  }
  tcpTransmitSegment(sk, sk.queue[i] as TcpSegment);
  return i;
}
