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
