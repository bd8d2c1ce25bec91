// Ethernet II header fields (RFC 894): dst 6, src 6, ethertype 2.

import type { Mac } from "../addr/mac.ts";
import { getU16, getU48, setU16, setU48 } from "./bytes.ts";

export const ETH_HLEN = 14;
export const ETH_P_IP = 0x0800;
export const ETH_P_ARP = 0x0806;
export const ETH_P_8021Q = 0x8100;
export const ETH_P_IPV6 = 0x86dd;

export function ethDst(b: Uint8Array, mac: number): Mac {
  return getU48(b, mac) as Mac;
}

export function ethSrc(b: Uint8Array, mac: number): Mac {
  return getU48(b, mac + 6) as Mac;
}

export function ethProto(b: Uint8Array, mac: number): number {
  return getU16(b, mac + 12);
}

/** Write a header at `mac`. */
export function ethWrite(b: Uint8Array, mac: number, dst: Mac, src: Mac, proto: number): void {
  setU48(b, mac, dst);
  setU48(b, mac + 6, src);
  setU16(b, mac + 12, proto);
}

/** A frame as a value. `payload` is what stands behind the 14 bytes. */
export interface EthernetRepr {
  readonly dst: Mac;
  readonly src: Mac;
  readonly ethertype: number;
  readonly payload: Uint8Array;
}

/** Undefined: shorter than a header. */
export function parseEthernet(b: Uint8Array): EthernetRepr | undefined {
  if (b.length < ETH_HLEN) return undefined;
  return { dst: ethDst(b, 0), src: ethSrc(b, 0), ethertype: ethProto(b, 0), payload: b.slice(ETH_HLEN) };
}

export function emitEthernet(r: EthernetRepr): Uint8Array {
  const b = new Uint8Array(ETH_HLEN + r.payload.length);
  ethWrite(b, 0, r.dst, r.src, r.ethertype);
  b.set(r.payload, ETH_HLEN);
  return b;
}
