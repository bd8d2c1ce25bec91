// TCP header fields in place (RFC 9293 §3.1). `o` is the offset of the header's first byte.

import { getU16, getU32, setU16, setU32 } from "./bytes.ts";
import { csumFold, csumPartial, foldSum, pseudoSum } from "./checksum.ts";
import { IPPROTO_TCP } from "./ipv4-fields.ts";

/** Bytes of a header without options. */
export const TCP_HLEN = 20;
export const TCP_FLAGS_OFF = 13;
export const TCP_CHECK_OFF = 16;
export const TCP_URG_OFF = 18;

/** Bits of byte 13. */
export const TCP_FIN = 0x01;
export const TCP_SYN = 0x02;
export const TCP_RST = 0x04;
export const TCP_PSH = 0x08;
export const TCP_ACK = 0x10;
export const TCP_URG = 0x20;
export const TCP_ECE = 0x40;
export const TCP_CWR = 0x80;

/** Option kinds (RFC 9293 §3.2, RFC 7323, RFC 2018). */
export const TCPOPT_EOL = 0;
export const TCPOPT_NOP = 1;
export const TCPOPT_MSS = 2;
export const TCPOPT_WINDOW = 3;
export const TCPOPT_SACK_PERM = 4;
export const TCPOPT_SACK = 5;
export const TCPOPT_TIMESTAMP = 8;

export function tcpSport(b: Uint8Array, o: number): number {
  return getU16(b, o);
}
export function tcpDport(b: Uint8Array, o: number): number {
  return getU16(b, o + 2);
}
export function tcpSeq(b: Uint8Array, o: number): number {
  return getU32(b, o + 4);
}
export function tcpAckSeq(b: Uint8Array, o: number): number {
  return getU32(b, o + 8);
}
/** Header length in bytes, options included. Below 20 the segment is malformed. */
export function tcpHdrLen(b: Uint8Array, o: number): number {
  return ((b[o + 12] as number) >>> 4) << 2;
}
/** The eight bits FIN … CWR. */
export function tcpFlags(b: Uint8Array, o: number): number {
  return b[o + 13] as number;
}
/** Window as it stands in the header, not scaled. */
export function tcpWindow(b: Uint8Array, o: number): number {
  return getU16(b, o + 14);
}
export function tcpCheck(b: Uint8Array, o: number): number {
  return getU16(b, o + 16);
}
export function tcpUrgPtr(b: Uint8Array, o: number): number {
  return getU16(b, o + 18);
}

/** Write the fixed 20 bytes, `hdrLen` bytes of header in all; the checksum is left 0. */
export function tcpWrite(
  b: Uint8Array,
  o: number,
  h: { sport: number; dport: number; seq: number; ack: number; hdrLen: number; flags: number; window: number },
): void {
  setU16(b, o, h.sport);
  setU16(b, o + 2, h.dport);
  setU32(b, o + 4, h.seq);
  setU32(b, o + 8, h.ack);
  b[o + 12] = (h.hdrLen >>> 2) << 4;
  b[o + 13] = h.flags;
  setU16(b, o + 14, h.window);
  setU16(b, o + 16, 0);
  setU16(b, o + 18, 0);
}

/** tcp_v4_check: the value the checksum field of a segment of `len` bytes must have (the field's present content does not matter). */
export function tcpV4Check(b: Uint8Array, o: number, len: number, saddr: number, daddr: number): number {
  const before = csumPartial(b, o, TCP_CHECK_OFF, pseudoSum(saddr, daddr, IPPROTO_TCP, len));
  return csumFold(csumPartial(b, o + TCP_CHECK_OFF + 2, len - TCP_CHECK_OFF - 2, before));
}

/** True when the checksum that stands in the segment is right. */
export function tcpCheckOk(b: Uint8Array, o: number, len: number, saddr: number, daddr: number): boolean {
  return csumFold(csumPartial(b, o, len, pseudoSum(saddr, daddr, IPPROTO_TCP, len))) === 0;
}

/** tcp_v4_send_check of a segment whose checksum hardware would complete (CHECKSUM_PARTIAL): the folded pseudo-header sum. */
export function tcpSetPartialCheck(b: Uint8Array, o: number, len: number, saddr: number, daddr: number): void {
  setU16(b, o + TCP_CHECK_OFF, foldSum(pseudoSum(saddr, daddr, IPPROTO_TCP, len)));
}

/** Complete the checksum. */
export function tcpSetCheck(b: Uint8Array, o: number, len: number, saddr: number, daddr: number): void {
  setU16(b, o + TCP_CHECK_OFF, tcpV4Check(b, o, len, saddr, daddr));
}

/** Options that the stack reads; fields are 0 or false where an option is absent. Reuse one object. */
export interface TcpOptions {
  /** Maximum segment size, 0 when not offered. */
  mss: number;
  /** Window shift, -1 when not offered; above 14 counts as 14 (RFC 7323 §2.3). */
  wscale: number;
  sackOk: boolean;
  hasTs: boolean;
  tsVal: number;
  tsEcr: number;
  /** Offset of the first SACK block (pairs of u32), 0 when there is none. */
  sackOff: number;
  sackBlocks: number;
}

export function newTcpOptions(): TcpOptions {
  return { mss: 0, wscale: -1, sackOk: false, hasTs: false, tsVal: 0, tsEcr: 0, sackOff: 0, sackBlocks: 0 };
}

function clearTcpOptions(out: TcpOptions): void {
  out.mss = 0;
  out.wscale = -1;
  out.sackOk = false;
  out.hasTs = false;
  out.tsVal = 0;
  out.tsEcr = 0;
  out.sackOff = 0;
  out.sackBlocks = 0;
}

/**
 * tcp_parse_options: reads the options of the header at `o` into `out`. Malformed lengths end the reading; MSS, window
 * scale and SACK-permitted count on SYN segments only.
 */
export function tcpParseOptions(b: Uint8Array, o: number, out: TcpOptions): void {
  clearTcpOptions(out);
  const end = Math.min(o + tcpHdrLen(b, o), b.length);
  const syn = (tcpFlags(b, o) & TCP_SYN) !== 0;
  let at = o + TCP_HLEN;
  while (at < end) {
    const kind = b[at] as number;
    if (kind === TCPOPT_EOL) return;
    if (kind === TCPOPT_NOP) {
      at++;
      continue;
    }
    const size = b[at + 1] ?? 0;
    if (size < 2 || at + size > end) return;
    readTcpOption(b, at, kind, size, syn, out);
    at += size;
  }
}

function readTcpOption(b: Uint8Array, at: number, kind: number, size: number, syn: boolean, out: TcpOptions): void {
  if (kind === TCPOPT_TIMESTAMP && size === 10) {
    out.hasTs = true;
    out.tsVal = getU32(b, at + 2);
    out.tsEcr = getU32(b, at + 6);
  } else if (kind === TCPOPT_SACK && size >= 10 && (size - 2) % 8 === 0) {
    out.sackOff = at + 2;
    out.sackBlocks = (size - 2) >>> 3;
  } else if (syn && kind === TCPOPT_MSS && size === 4) out.mss = getU16(b, at + 2);
  else if (syn && kind === TCPOPT_WINDOW && size === 3) out.wscale = Math.min(b[at + 2] as number, 14);
  else if (syn && kind === TCPOPT_SACK_PERM && size === 2) out.sackOk = true;
}

/** Sequence arithmetic modulo 2^32 (before, after, between of include/net/tcp.h). */
export function seqBefore(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}
export function seqAfter(a: number, b: number): boolean {
  return ((b - a) | 0) < 0;
}
/** lo <= x <= hi. */
export function seqBetween(x: number, lo: number, hi: number): boolean {
  return (hi - lo) >>> 0 >= (x - lo) >>> 0;
}
export function seqAdd(a: number, n: number): number {
  return (a + n) >>> 0;
}
