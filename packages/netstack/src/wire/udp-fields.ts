// UDP header fields in place (RFC 768). `o` is the offset of the header's first byte.

import { getU16, setU16 } from "./bytes.ts";
import { csumFold, csumPartial, foldSum, pseudoSum } from "./checksum.ts";
import { IPPROTO_UDP } from "./ipv4-fields.ts";

export const UDP_HLEN = 8;
export const UDP_CHECK_OFF = 6;

export function udpSport(b: Uint8Array, o: number): number {
  return getU16(b, o);
}
export function udpDport(b: Uint8Array, o: number): number {
  return getU16(b, o + 2);
}
/** Length of header and data. */
export function udpLen(b: Uint8Array, o: number): number {
  return getU16(b, o + 4);
}
/** 0: the sender computed none. */
export function udpCheck(b: Uint8Array, o: number): number {
  return getU16(b, o + 6);
}

/** Write a header; the checksum is left 0. `len` counts header and data. */
export function udpWrite(b: Uint8Array, o: number, sport: number, dport: number, len: number): void {
  setU16(b, o, sport);
  setU16(b, o + 2, dport);
  setU16(b, o + 4, len);
  setU16(b, o + 6, 0);
}

/** The value the checksum field must have; the field's present content does not matter. A computed 0 is sent as 0xffff. */
export function udpV4Check(b: Uint8Array, o: number, len: number, saddr: number, daddr: number): number {
  const before = csumPartial(b, o, UDP_CHECK_OFF, pseudoSum(saddr, daddr, IPPROTO_UDP, len));
  const check = csumFold(csumPartial(b, o + UDP_HLEN, len - UDP_HLEN, before));
  return check === 0 ? 0xffff : check;
}

/** True when the checksum that stands in the datagram is right, or there is none. */
export function udpCheckOk(b: Uint8Array, o: number, len: number, saddr: number, daddr: number): boolean {
  if (getU16(b, o + UDP_CHECK_OFF) === 0) return true;
  return csumFold(csumPartial(b, o, len, pseudoSum(saddr, daddr, IPPROTO_UDP, len))) === 0;
}

/** CHECKSUM_PARTIAL: only the folded pseudo-header sum. */
export function udpSetPartialCheck(b: Uint8Array, o: number, len: number, saddr: number, daddr: number): void {
  setU16(b, o + UDP_CHECK_OFF, foldSum(pseudoSum(saddr, daddr, IPPROTO_UDP, len)));
}

export function udpSetCheck(b: Uint8Array, o: number, len: number, saddr: number, daddr: number): void {
  setU16(b, o + UDP_CHECK_OFF, udpV4Check(b, o, len, saddr, daddr));
}
