// UDP datagrams as values (RFC 768).

import type { Ipv4 } from "../addr/ipv4.ts";
import {
  UDP_HLEN,
  udpCheck,
  udpCheckOk,
  udpDport,
  udpLen,
  udpSetCheck,
  udpSport,
  udpWrite,
} from "../wire/udp-fields.ts";

export interface UdpRepr {
  readonly sport: number;
  readonly dport: number;
  /** False: the checksum field is 0. */
  readonly checksum: boolean;
  readonly payload: Uint8Array;
}

/** `src` and `dst` are the addresses of the IPv4 header: the checksum covers them. */
export function parseUdp(b: Uint8Array, src: Ipv4, dst: Ipv4): UdpRepr | "truncated" | "length" | "checksum" {
  if (b.length < UDP_HLEN) return "truncated";
  const len = udpLen(b, 0);
  if (len < UDP_HLEN || len > b.length) return "length";
  if (!udpCheckOk(b, 0, len, src, dst)) return "checksum";
  return {
    sport: udpSport(b, 0),
    dport: udpDport(b, 0),
    checksum: udpCheck(b, 0) !== 0,
    payload: b.slice(UDP_HLEN, len),
  };
}

export function emitUdp(r: UdpRepr, src: Ipv4, dst: Ipv4): Uint8Array {
  const b = new Uint8Array(UDP_HLEN + r.payload.length);
  udpWrite(b, 0, r.sport, r.dport, b.length);
  b.set(r.payload, UDP_HLEN);
  if (r.checksum) udpSetCheck(b, 0, b.length, src, dst);
  return b;
}
