// Window tracking of both ends of a TCP connection (tcp_in_window of nf_conntrack_proto_tcp.c, after Guido van Rooij,
// "Real Stateful TCP Packet Filtering in IP Filter"). A segment is in the window when
//   I    seq            <= sender.maxEnd
//   II   seq + len      >= sender.end - receiver.maxWin
//   III  ack (or SACK)  <= receiver.end
//   IV   ack (or SACK)  >= receiver.end - max(66000, sender.maxWin)
// All numbers are u32 modulo 2^32.

import { getU32 } from "../../wire/bytes.ts";
import {
  seqAfter,
  seqBefore,
  TCP_ACK,
  TCP_FIN,
  TCP_HLEN,
  TCP_RST,
  TCP_SYN,
  TCPOPT_EOL,
  TCPOPT_NOP,
  TCPOPT_SACK,
  TCPOPT_SACK_PERM,
  TCPOPT_WINDOW,
  tcpAckSeq,
  tcpFlags,
  tcpHdrLen,
  tcpSeq,
  tcpWindow,
} from "../../wire/tcp-fields.ts";
import { TCP_ACK_SET, TCP_CT_SYN_RECV, TCP_CT_SYN_SENT } from "./tcp-states.ts";
import type { CtDir } from "./tuple.ts";
import { IP_CT_DIR_REPLY } from "./tuple.ts";

/** IP_CT_TCP_FLAG_*, include/uapi/linux/netfilter/nf_conntrack_tcp.h. */
export const CT_TCP_WINDOW_SCALE = 0x01;
export const CT_TCP_SACK_PERM = 0x02;
export const CT_TCP_CLOSE_INIT = 0x04;
export const CT_TCP_BE_LIBERAL = 0x08;
export const CT_TCP_DATA_UNACKNOWLEDGED = 0x10;
export const CT_TCP_MAXACK_SET = 0x20;
export const CT_TCP_EXP_CHALLENGE_ACK = 0x40;
export const CT_TCP_SIMULTANEOUS_OPEN = 0x80;

const MAXACKWINCONST = 66000;
const TCP_MAX_WSCALE = 14;
/** NOP NOP TIMESTAMP 10. */
const ALIGNED_TIMESTAMP = 0x0101080a;

/** One direction (ip_ct_tcp_state). */
export class TcpPeer {
  /** Highest sequence number sent, its own length included. */
  end = 0;
  /** Highest sequence number that may be sent (ack + window of the other side). */
  maxEnd = 0;
  /** Largest window advertised, scaled. 0: nothing seen in this direction. */
  maxWin = 0;
  maxAck = 0;
  scale = 0;
  /** CT_TCP_*. */
  flags = 0;
}

/** TCP part of a connection (ip_ct_tcp). The `last…` fields describe the last packet that was accepted or let through. */
export class TcpConn {
  readonly seen: readonly [TcpPeer, TcpPeer] = [new TcpPeer(), new TcpPeer()];
  state = 0;
  lastDir: CtDir = 0;
  retrans = 0;
  lastIndex = 0;
  lastSeq = 0;
  lastAck = 0;
  lastEnd = 0;
  lastWin = 0;
  lastWscale = 0;
  lastFlags = 0;
}

/** Verdict of the window check: IGNORE passes the packet without letting it change anything. */
export type TcpAction = "accept" | "ignore" | "invalid";

/** segment_seq_plus_len: sequence number behind the segment; `end` is the buffer offset behind the packet. */
export function segmentEnd(buf: Uint8Array, th: number, end: number): number {
  const flags = tcpFlags(buf, th);
  return (
    (tcpSeq(buf, th) +
      (end - th) -
      tcpHdrLen(buf, th) +
      ((flags & TCP_SYN) !== 0 ? 1 : 0) +
      ((flags & TCP_FIN) !== 0 ? 1 : 0)) >>>
    0
  );
}

/** Calls `visit(kind, offset, size)` for each option until it returns true; malformed lengths end the walk. */
function eachOption(buf: Uint8Array, th: number, visit: (kind: number, at: number, size: number) => boolean): void {
  const end = th + tcpHdrLen(buf, th);
  for (let at = th + TCP_HLEN; at < end;) {
    const kind = buf[at] as number;
    if (kind === TCPOPT_EOL) return;
    if (kind === TCPOPT_NOP) {
      at++;
      continue;
    }
    if (at + 1 >= end) return;
    const size = buf[at + 1] as number;
    if (size < 2 || at + size > end || visit(kind, at, size)) return;
    at += size;
  }
}

/** tcp_options: note window scale and SACK permission of a SYN; without any option the peer stays as it is. */
export function noteOptions(buf: Uint8Array, th: number, peer: TcpPeer): void {
  if (tcpHdrLen(buf, th) === TCP_HLEN) return;
  peer.scale = 0;
  peer.flags &= CT_TCP_BE_LIBERAL;
  eachOption(buf, th, (kind, at, size) => {
    if (kind === TCPOPT_SACK_PERM && size === 2) peer.flags |= CT_TCP_SACK_PERM;
    else if (kind === TCPOPT_WINDOW && size === 3) {
      peer.scale = Math.min(buf[at + 2] as number, TCP_MAX_WSCALE);
      peer.flags |= CT_TCP_WINDOW_SCALE;
    }
    return false;
  });
}

/** tcp_sack: the highest right edge of the SACK blocks, or `ack` when none is higher. */
function highestSack(buf: Uint8Array, th: number, ack: number): number {
  let sack = ack;
  const hdrLen = tcpHdrLen(buf, th);
  // The usual case, no option or the aligned timestamp alone, needs no walk.
  if (hdrLen === TCP_HLEN || (hdrLen === TCP_HLEN + 12 && getU32(buf, th + TCP_HLEN) === ALIGNED_TIMESTAMP))
    return sack;
  eachOption(buf, th, (kind, at, size) => {
    if (kind !== TCPOPT_SACK || size < 10 || (size - 2) % 8 !== 0) return false;
    for (let i = 6; i < size; i += 8) {
      const edge = getU32(buf, at + i);
      if (seqAfter(edge, sack)) sack = edge;
    }
    return true;
  });
  return sack;
}

/** tcp_init_sender: first SYN or SYN-ACK of this direction. Scaling holds only when both sides offered it. */
function initSender(
  sender: TcpPeer,
  receiver: TcpPeer,
  buf: Uint8Array,
  th: number,
  end: number,
  win: number,
  dir: CtDir,
): void {
  sender.end = sender.maxEnd = end;
  sender.maxWin = win === 0 ? 1 : win;
  noteOptions(buf, th, sender);
  if (dir === IP_CT_DIR_REPLY && (sender.flags & receiver.flags & CT_TCP_WINDOW_SCALE) === 0) {
    sender.scale = 0;
    receiver.scale = 0;
  }
}

/** Picked up in mid-connection: believe what the packet says. */
function adoptSender(sender: TcpPeer, receiver: TcpPeer, end: number, win: number, sack: number): void {
  sender.end = end;
  sender.maxWin = Math.max(1, win * 2 ** sender.scale);
  sender.maxEnd = (end + sender.maxWin) >>> 0;
  if (receiver.maxWin === 0) receiver.end = receiver.maxEnd = sack;
  // Likely the answer to a keepalive.
  else if (sack === (receiver.end + 1) >>> 0) receiver.end = sack;
}

/** II: the segment reaches into what the receiver may still want. */
function inReceiveWindow(sender: TcpPeer, receiver: TcpPeer, end: number): boolean {
  return seqAfter(end, (sender.end - receiver.maxWin - 1) >>> 0);
}

/** IV. */
function ackNotTooOld(sender: TcpPeer, receiver: TcpPeer, sack: number): boolean {
  return seqAfter(sack, (receiver.end - Math.max(sender.maxWin, MAXACKWINCONST) - 1) >>> 0);
}

/** I failed: a little too much data is let through, and remembered so that its ACK will be understood. */
function beyondWindow(sender: TcpPeer, receiver: TcpPeer, end: number, sack: number): TcpAction {
  const overshot = (end - sender.maxEnd + 1) >>> 0;
  const near = receiver.maxWin !== 0 && inReceiveWindow(sender, receiver, end) && ackNotTooOld(sender, receiver, sack);
  if (!near || overshot > receiver.maxWin || !seqBefore(sack, (receiver.end + 1) >>> 0)) return "invalid";
  sender.end = end;
  sender.flags |= CT_TCP_DATA_UNACKNOWLEDGED;
  return "ignore";
}

/** Bounds I to IV. */
function checkBounds(sender: TcpPeer, receiver: TcpPeer, seq: number, end: number, sack: number): TcpAction {
  if (!seqBefore(seq, (sender.maxEnd + 1) >>> 0)) return beyondWindow(sender, receiver, end, sack);
  if (!seqBefore(sack, (receiver.end + 1) >>> 0)) return "invalid";
  if (receiver.maxWin !== 0 && !inReceiveWindow(sender, receiver, end)) return "ignore";
  return ackNotTooOld(sender, receiver, sack) ? "accept" : "ignore";
}

function updatePeers(
  sender: TcpPeer,
  receiver: TcpPeer,
  hasAck: boolean,
  ack: number,
  sack: number,
  end: number,
  win: number,
): void {
  sender.maxWin = Math.max(sender.maxWin, (win + ((sack - ack) >>> 0)) >>> 0);
  if (seqAfter(end, sender.end)) {
    sender.end = end;
    sender.flags |= CT_TCP_DATA_UNACKNOWLEDGED;
  }
  if (hasAck && ((sender.flags & CT_TCP_MAXACK_SET) === 0 || seqAfter(ack, sender.maxAck))) {
    sender.maxAck = ack;
    sender.flags |= CT_TCP_MAXACK_SET;
  }
  if (receiver.maxWin !== 0 && seqAfter(end, sender.maxEnd))
    receiver.maxWin = (receiver.maxWin + ((end - sender.maxEnd) >>> 0)) >>> 0;
  if (seqAfter((sack + win) >>> 0, (receiver.maxEnd - 1) >>> 0))
    receiver.maxEnd = (sack + win + (win === 0 ? 1 : 0)) >>> 0;
  if (ack === receiver.end) receiver.flags &= ~CT_TCP_DATA_UNACKNOWLEDGED;
}

/** Count identical ACKs: many of them without progress mean a dead peer. */
function noteRetrans(tcp: TcpConn, dir: CtDir, seq: number, ack: number, end: number, win: number): void {
  if (tcp.lastDir === dir && tcp.lastSeq === seq && tcp.lastAck === ack && tcp.lastEnd === end && tcp.lastWin === win) {
    tcp.retrans++;
    return;
  }
  tcp.lastDir = dir;
  tcp.lastSeq = seq;
  tcp.lastAck = ack;
  tcp.lastEnd = end;
  tcp.lastWin = win;
  tcp.retrans = 0;
}

/** Fill in what is not known yet of the sender. True: a lone SYN of the other side, nothing more to check. */
function prepareSender(
  tcp: TcpConn,
  dir: CtDir,
  buf: Uint8Array,
  th: number,
  end: number,
  win: number,
  sack: number,
): boolean {
  const sender = tcp.seen[dir];
  const receiver = tcp.seen[dir === 0 ? 1 : 0];
  const flags = tcpFlags(buf, th);
  const syn = (flags & TCP_SYN) !== 0;
  const loneSyn = syn && (flags & TCP_ACK) === 0;
  if (sender.maxWin === 0) {
    if (syn) initSender(sender, receiver, buf, th, end, win, dir);
    else adoptSender(sender, receiver, end, win, sack);
    return loneSyn;
  }
  // A new SYN before the connection stands: the sender started anew, with other numbers and options.
  if (syn && seqAfter(end, sender.end) && (tcp.state === TCP_CT_SYN_SENT || tcp.state === TCP_CT_SYN_RECV)) {
    initSender(sender, receiver, buf, th, end, win, dir);
    return loneSyn && dir === IP_CT_DIR_REPLY;
  }
  return false;
}

/** tcp_in_window. `end` is the buffer offset behind the packet; `liberal` accepts whatever the bounds refuse. */
export function tcpInWindow(
  tcp: TcpConn,
  dir: CtDir,
  index: number,
  buf: Uint8Array,
  th: number,
  end: number,
  liberal: boolean,
): TcpAction {
  const sender = tcp.seen[dir];
  const receiver = tcp.seen[dir === 0 ? 1 : 0];
  const flags = tcpFlags(buf, th);
  const rawWin = tcpWindow(buf, th);
  let seq = tcpSeq(buf, th);
  let segEnd = segmentEnd(buf, th, end);
  let ack = tcpAckSeq(buf, th);
  let sack = (receiver.flags & CT_TCP_SACK_PERM) !== 0 ? highestSack(buf, th, ack) : ack;
  if (prepareSender(tcp, dir, buf, th, segEnd, rawWin, sack)) return "accept";
  const hasAck = (flags & TCP_ACK) !== 0;
  // Without an ACK (or with the zero ACK of broken stacks' RSTs): as if everything were acknowledged.
  if (!hasAck || ((flags & TCP_RST) !== 0 && ack === 0)) ack = sack = receiver.end;
  // A RST that answers a SYN.
  if ((flags & TCP_RST) !== 0 && seq === 0 && tcp.state === TCP_CT_SYN_SENT) seq = segEnd = sender.end;
  const bounds = checkBounds(sender, receiver, seq, segEnd, sack);
  if (bounds !== "accept") return liberal || (sender.flags & CT_TCP_BE_LIBERAL) !== 0 ? "accept" : bounds;
  const win = (flags & TCP_SYN) !== 0 ? rawWin : rawWin * 2 ** sender.scale;
  updatePeers(sender, receiver, hasAck, ack, sack, segEnd, win);
  if (index === TCP_ACK_SET) noteRetrans(tcp, dir, seq, ack, segEnd, rawWin);
  return "accept";
}
