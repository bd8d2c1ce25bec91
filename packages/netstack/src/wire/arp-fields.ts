// ARP for IPv4 over Ethernet, fields in place (RFC 826). `o` is the offset of the first byte.

import type { Ipv4 } from "../addr/ipv4.ts";
import type { Mac } from "../addr/mac.ts";
import { getU16, getU32, getU48, setU16, setU32, setU48 } from "./bytes.ts";

/** Bytes of an Ethernet/IPv4 ARP packet. */
export const ARP_LEN = 28;
export const ARPHRD_ETHER = 1;

export const ARPOP_REQUEST = 1;
export const ARPOP_REPLY = 2;

/** Hardware type. */
export function arpHrd(b: Uint8Array, o: number): number {
  return getU16(b, o);
}
/** Protocol type: 0x0800. */
export function arpPro(b: Uint8Array, o: number): number {
  return getU16(b, o + 2);
}
export function arpHln(b: Uint8Array, o: number): number {
  return b[o + 4] as number;
}
export function arpPln(b: Uint8Array, o: number): number {
  return b[o + 5] as number;
}
export function arpOp(b: Uint8Array, o: number): number {
  return getU16(b, o + 6);
}
/** Sender hardware address. */
export function arpSha(b: Uint8Array, o: number): Mac {
  return getU48(b, o + 8) as Mac;
}
/** Sender protocol address. */
export function arpSip(b: Uint8Array, o: number): Ipv4 {
  return getU32(b, o + 14) as Ipv4;
}
/** Target hardware address. */
export function arpTha(b: Uint8Array, o: number): Mac {
  return getU48(b, o + 18) as Mac;
}
/** Target protocol address. */
export function arpTip(b: Uint8Array, o: number): Ipv4 {
  return getU32(b, o + 24) as Ipv4;
}

/** Write the 28 bytes. */
export function arpWrite(b: Uint8Array, o: number, op: number, sha: Mac, sip: Ipv4, tha: Mac, tip: Ipv4): void {
  setU16(b, o, ARPHRD_ETHER);
  setU16(b, o + 2, 0x0800);
  b[o + 4] = 6;
  b[o + 5] = 4;
  setU16(b, o + 6, op);
  setU48(b, o + 8, sha);
  setU32(b, o + 14, sip);
  setU48(b, o + 18, tha);
  setU32(b, o + 24, tip);
}
