// ICMP header fields in place (RFC 792). `o` is the offset of the header's first byte.

import { getU16, getU32, setU16, setU32 } from "./bytes.ts";
import { csumFold, csumPartial } from "./checksum.ts";

/** Type, code, checksum and the four bytes that depend on the type. */
export const ICMP_HLEN = 8;
export const ICMP_CHECK_OFF = 2;
export const ICMP_ID_OFF = 4;

/** Types. */
export const ICMP_ECHOREPLY = 0;
export const ICMP_DEST_UNREACH = 3;
export const ICMP_SOURCE_QUENCH = 4;
export const ICMP_REDIRECT = 5;
export const ICMP_ECHO = 8;
export const ICMP_TIME_EXCEEDED = 11;
export const ICMP_PARAMETERPROB = 12;
export const ICMP_TIMESTAMP = 13;
export const ICMP_TIMESTAMPREPLY = 14;
export const ICMP_INFO_REQUEST = 15;
export const ICMP_ADDRESS = 17;
export const ICMP_ADDRESSREPLY = 18;
export const NR_ICMP_TYPES = 18;

/** Codes of ICMP_DEST_UNREACH. */
export const ICMP_NET_UNREACH = 0;
export const ICMP_HOST_UNREACH = 1;
export const ICMP_PROT_UNREACH = 2;
export const ICMP_PORT_UNREACH = 3;
export const ICMP_FRAG_NEEDED = 4;
export const ICMP_SR_FAILED = 5;
export const ICMP_PKT_FILTERED = 13;
export const NR_ICMP_UNREACH = 15;

/** Code of ICMP_REDIRECT. */
export const ICMP_REDIR_HOST = 1;

/** Codes of ICMP_TIME_EXCEEDED. */
export const ICMP_EXC_TTL = 0;
export const ICMP_EXC_FRAGTIME = 1;

export function icmpType(b: Uint8Array, o: number): number {
  return b[o] as number;
}
export function icmpCode(b: Uint8Array, o: number): number {
  return b[o + 1] as number;
}
export function icmpCheck(b: Uint8Array, o: number): number {
  return getU16(b, o + 2);
}
/** Identifier of echo, timestamp and information messages. */
export function icmpId(b: Uint8Array, o: number): number {
  return getU16(b, o + 4);
}
export function icmpSeq(b: Uint8Array, o: number): number {
  return getU16(b, o + 6);
}
/** Next-hop MTU of a fragmentation-needed message (RFC 1191 §4). */
export function icmpMtu(b: Uint8Array, o: number): number {
  return getU16(b, o + 6);
}
/** Gateway of a redirect, u32. */
export function icmpGateway(b: Uint8Array, o: number): number {
  return getU32(b, o + 4);
}

/** Messages that quote a packet: destination unreachable, source quench, redirect, time exceeded, parameter problem. */
export function icmpIsError(type: number): boolean {
  return (
    type === ICMP_DEST_UNREACH ||
    type === ICMP_SOURCE_QUENCH ||
    type === ICMP_REDIRECT ||
    type === ICMP_TIME_EXCEEDED ||
    type === ICMP_PARAMETERPROB
  );
}

/** Write type, code and the type's four bytes (`info`); the checksum is left 0. */
export function icmpWrite(b: Uint8Array, o: number, type: number, code: number, info: number): void {
  b[o] = type;
  b[o + 1] = code;
  setU16(b, o + 2, 0);
  setU32(b, o + 4, info);
}

/** The value the checksum field must have; the field's present content does not matter. */
export function icmpComputeCheck(b: Uint8Array, o: number, len: number): number {
  return csumFold(csumPartial(b, o + ICMP_CHECK_OFF + 2, len - ICMP_CHECK_OFF - 2, csumPartial(b, o, ICMP_CHECK_OFF)));
}

export function icmpSetCheck(b: Uint8Array, o: number, len: number): void {
  setU16(b, o + ICMP_CHECK_OFF, icmpComputeCheck(b, o, len));
}

export function icmpCheckOk(b: Uint8Array, o: number, len: number): boolean {
  return csumFold(csumPartial(b, o, len)) === 0;
}
