// TCP segments as values (RFC 9293), options as bytes.

import type { Ipv4 } from "../addr/ipv4.ts";
import { setU16 } from "../wire/bytes.ts";
import {
  TCP_HLEN,
  TCP_URG_OFF,
  tcpAckSeq,
  tcpCheckOk,
  tcpDport,
  tcpFlags,
  tcpHdrLen,
  tcpSeq,
  tcpSetCheck,
  tcpSport,
  tcpUrgPtr,
  tcpWindow,
  tcpWrite,
} from "../wire/tcp-fields.ts";

export interface TcpRepr {
  readonly sport: number;
  readonly dport: number;
  readonly seq: number;
  /** As it stands in the header, also without the ACK flag. */
  readonly ack: number;
  /** TCP_* bits. */
  readonly flags: number;
  readonly window: number;
  readonly urgent: number;
  /** Padded to a multiple of 4, at most 40 bytes. */
  readonly options: Uint8Array;
  readonly payload: Uint8Array;
}

/** `src` and `dst` are the addresses of the IPv4 header: the checksum covers them. */
export function parseTcp(b: Uint8Array, src: Ipv4, dst: Ipv4): TcpRepr | "truncated" | "header length" | "checksum" {
  if (b.length < TCP_HLEN) return "truncated";
  const hlen = tcpHdrLen(b, 0);
  if (hlen < TCP_HLEN || hlen > b.length) return "header length";
  if (!tcpCheckOk(b, 0, b.length, src, dst)) return "checksum";
  return {
    sport: tcpSport(b, 0),
    dport: tcpDport(b, 0),
    seq: tcpSeq(b, 0),
    ack: tcpAckSeq(b, 0),
    flags: tcpFlags(b, 0),
    window: tcpWindow(b, 0),
    urgent: tcpUrgPtr(b, 0),
    options: b.slice(TCP_HLEN, hlen),
    payload: b.slice(hlen),
  };
}

export function emitTcp(r: TcpRepr, src: Ipv4, dst: Ipv4): Uint8Array {
  if (r.options.length > 40 || r.options.length % 4 !== 0)
    throw new RangeError(`TCP options of ${r.options.length} bytes`);
  const hdrLen = TCP_HLEN + r.options.length;
  const b = new Uint8Array(hdrLen + r.payload.length);
  tcpWrite(b, 0, { sport: r.sport, dport: r.dport, seq: r.seq, ack: r.ack, hdrLen, flags: r.flags, window: r.window });
  setU16(b, TCP_URG_OFF, r.urgent);
  b.set(r.options, TCP_HLEN);
  b.set(r.payload, hdrLen);
  tcpSetCheck(b, 0, b.length, src, dst);
  return b;
}
