// IPv4 packets as values (RFC 791).

import type { Ipv4 } from "../addr/ipv4.ts";
import { csumFold, csumPartial } from "../wire/checksum.ts";
import {
  IP_DF,
  IP_MF,
  IP_OFFSET,
  ipDaddr,
  ipFragOff,
  ipHdrLen,
  ipId,
  ipProto,
  ipSaddr,
  ipSendCheck,
  ipTos,
  ipTotLen,
  ipTtl,
  ipVersion,
  ipWrite,
} from "../wire/ipv4-fields.ts";

export interface Ipv4Repr {
  readonly src: Ipv4;
  readonly dst: Ipv4;
  readonly proto: number;
  readonly ttl: number;
  readonly tos: number;
  readonly id: number;
  readonly df: boolean;
  readonly mf: boolean;
  /** Bytes, a multiple of 8. */
  readonly fragOffset: number;
  /** Option bytes, padded to a multiple of 4; empty without. */
  readonly options: Uint8Array;
  readonly payload: Uint8Array;
}

export type Ipv4ParseError = "truncated" | "version" | "header length" | "total length" | "checksum";

/** Trailing bytes behind the total length (Ethernet padding) are left out. */
export function parseIpv4Packet(b: Uint8Array): Ipv4Repr | Ipv4ParseError {
  if (b.length < 20) return "truncated";
  if (ipVersion(b, 0) !== 4) return "version";
  const hlen = ipHdrLen(b, 0);
  if (hlen < 20 || hlen > b.length) return "header length";
  const total = ipTotLen(b, 0);
  if (total < hlen || total > b.length) return "total length";
  if (csumFold(csumPartial(b, 0, hlen)) !== 0) return "checksum";
  const frag = ipFragOff(b, 0);
  return {
    src: ipSaddr(b, 0),
    dst: ipDaddr(b, 0),
    proto: ipProto(b, 0),
    ttl: ipTtl(b, 0),
    tos: ipTos(b, 0),
    id: ipId(b, 0),
    df: (frag & IP_DF) !== 0,
    mf: (frag & IP_MF) !== 0,
    fragOffset: (frag & IP_OFFSET) * 8,
    options: b.slice(20, hlen),
    payload: b.slice(hlen, total),
  };
}

/** Lengths and checksum are computed. Options longer than 40 bytes or not a multiple of 4 are a caller's mistake. */
export function emitIpv4Packet(r: Ipv4Repr): Uint8Array {
  if (r.options.length > 40 || r.options.length % 4 !== 0)
    throw new RangeError(`IPv4 options of ${r.options.length} bytes`);
  const hlen = 20 + r.options.length;
  const b = new Uint8Array(hlen + r.payload.length);
  const fragOff = (r.df ? IP_DF : 0) | (r.mf ? IP_MF : 0) | (r.fragOffset >>> 3);
  ipWrite(b, 0, {
    tos: r.tos,
    totLen: b.length,
    id: r.id,
    fragOff,
    ttl: r.ttl,
    proto: r.proto,
    saddr: r.src,
    daddr: r.dst,
  });
  b[0] = 0x40 | (hlen >>> 2);
  b.set(r.options, 20);
  b.set(r.payload, hlen);
  ipSendCheck(b, 0);
  return b;
}
