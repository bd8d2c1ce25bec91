// IPv4 header fields in place (RFC 791 §3.1). `o` is the offset of the header's first byte.

import type { Ipv4 } from "../addr/ipv4.ts";
import { getU16, getU32, setU16, setU32 } from "./bytes.ts";
import { csumFold, csumPartial, csumReplace2 } from "./checksum.ts";

export const IPPROTO_ICMP = 1;
export const IPPROTO_IGMP = 2;
export const IPPROTO_TCP = 6;
export const IPPROTO_UDP = 17;
export const IPPROTO_GRE = 47;
export const IPPROTO_ICMPV6 = 58;
export const IPPROTO_SCTP = 132;
export const IPPROTO_UDPLITE = 136;

/** Bits of the flags-and-fragment field. */
export const IP_DF = 0x4000;
export const IP_MF = 0x2000;
export const IP_OFFSET = 0x1fff;
export const IP_CHECK_OFF = 10;
export const IP_SADDR_OFF = 12;
export const IP_DADDR_OFF = 16;

export function ipVersion(b: Uint8Array, o: number): number {
  return (b[o] as number) >>> 4;
}
/** Header length in bytes. */
export function ipHdrLen(b: Uint8Array, o: number): number {
  return ((b[o] as number) & 15) << 2;
}
export function ipTos(b: Uint8Array, o: number): number {
  return b[o + 1] as number;
}
export function ipTotLen(b: Uint8Array, o: number): number {
  return getU16(b, o + 2);
}
export function ipId(b: Uint8Array, o: number): number {
  return getU16(b, o + 4);
}
/** Flags and fragment offset, u16 as on the wire. */
export function ipFragOff(b: Uint8Array, o: number): number {
  return getU16(b, o + 6);
}
export function ipTtl(b: Uint8Array, o: number): number {
  return b[o + 8] as number;
}
export function ipProto(b: Uint8Array, o: number): number {
  return b[o + 9] as number;
}
export function ipSaddr(b: Uint8Array, o: number): Ipv4 {
  return getU32(b, o + 12) as Ipv4;
}
export function ipDaddr(b: Uint8Array, o: number): Ipv4 {
  return getU32(b, o + 16) as Ipv4;
}
/** More fragments, or a non-zero offset. */
export function ipIsFragment(b: Uint8Array, o: number): boolean {
  return (getU16(b, o + 6) & (IP_MF | IP_OFFSET)) !== 0;
}

/** ip_send_check: recompute the header checksum. */
export function ipSendCheck(b: Uint8Array, o: number): void {
  setU16(b, o + IP_CHECK_OFF, 0);
  setU16(b, o + IP_CHECK_OFF, csumFold(csumPartial(b, o, ipHdrLen(b, o))));
}

/** ip_decrease_ttl: TTL - 1 with the incremental checksum (RFC 1141). */
export function ipDecreaseTtl(b: Uint8Array, o: number): void {
  const before = getU16(b, o + 8);
  setU16(b, o + 8, before - 0x0100);
  csumReplace2(b, o + IP_CHECK_OFF, before, before - 0x0100);
}

/** A 20-byte header without options; checksum filled. `fragOff` holds flags and offset. */
export function ipWrite(
  b: Uint8Array,
  o: number,
  h: {
    tos: number;
    totLen: number;
    id: number;
    fragOff: number;
    ttl: number;
    proto: number;
    saddr: number;
    daddr: number;
  },
): void {
  ipWriteUnchecked(b, o, h.tos, h.totLen, h.id, h.fragOff, h.ttl, h.proto, h.saddr, h.daddr);
  ipSendCheck(b, o);
}

/**
 * The same without the checksum, for packets on their way into ip_local_out, which makes it. The values come one by one: an object
 * for every packet cost as much as all the rest of sending (docs/PERFORMANCE.md).
 */
export function ipWriteUnchecked(
  b: Uint8Array,
  o: number,
  tos: number,
  totLen: number,
  id: number,
  fragOff: number,
  ttl: number,
  proto: number,
  saddr: number,
  daddr: number,
): void {
  b[o] = 0x45;
  b[o + 1] = tos;
  setU16(b, o + 2, totLen);
  setU16(b, o + 4, id);
  setU16(b, o + 6, fragOff);
  b[o + 8] = ttl;
  b[o + 9] = proto;
  setU16(b, o + IP_CHECK_OFF, 0);
  setU32(b, o + 12, saddr);
  setU32(b, o + 16, daddr);
}
