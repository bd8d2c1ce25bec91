// Connection tuples as plain numbers (include/net/netfilter/nf_conntrack_tuple.h). The two 16-bit protocol parts are ports;
// for ICMP the source part is the id and the destination part is type·256 + code; for GRE (PPTP) they are call ids.

import { getU16 } from "../../wire/bytes.ts";
import {
  IP_OFFSET,
  IPPROTO_GRE,
  IPPROTO_ICMP,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
  ipDaddr,
  ipFragOff,
  ipHdrLen,
  ipProto,
  ipSaddr,
} from "../../wire/ipv4-fields.ts";
import type { Conntrack } from "./conntrack.ts";

export const IP_CT_DIR_ORIGINAL = 0;
export const IP_CT_DIR_REPLY = 1;
export type CtDir = 0 | 1;

/** A tuple: addresses u32 host order, protocol parts u16, IP protocol number. Mutable, so that lookups reuse one object. */
export class Tuple {
  src = 0;
  dst = 0;
  sport = 0;
  dport = 0;
  proto = 0;
}

/** One end of a table entry (nf_conntrack_tuple_hash): the tuple itself is the chain element. */
export class TupleHash extends Tuple {
  readonly ct: Conntrack;
  readonly dir: CtDir;
  /** Next in the bucket. */
  next: TupleHash | null = null;
  hash = 0;

  constructor(ct: Conntrack, dir: CtDir) {
    super();
    this.ct = ct;
    this.dir = dir;
  }
}

export function copyTuple(to: Tuple, from: Tuple): void {
  to.src = from.src;
  to.dst = from.dst;
  to.sport = from.sport;
  to.dport = from.dport;
  to.proto = from.proto;
}

export function nfCtTupleEqual(a: Tuple, b: Tuple): boolean {
  return a.src === b.src && a.dst === b.dst && a.sport === b.sport && a.dport === b.dport && a.proto === b.proto;
}

/** hash_conntrack_raw: a 32-bit mix (murmur3 finaliser); equal seeds give equal tables, which keeps runs reproducible. */
export function hashTuple(t: Tuple): number {
  let h = Math.imul(t.src, 0x9e3779b1) ^ t.proto;
  h = Math.imul((h ^ (h >>> 15)) + t.dst, 0x85ebca6b);
  h = Math.imul((h ^ (h >>> 13)) + ((t.sport << 16) | t.dport), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Protocols whose tuple holds ports (nf_ct_get_tuple). */
export function hasPorts(proto: number): boolean {
  return proto === IPPROTO_TCP || proto === IPPROTO_UDP || proto === IPPROTO_SCTP || proto === IPPROTO_UDPLITE;
}

/** ICMP request type ↔ reply type (invmap of nf_conntrack_proto_icmp.c); -1: has no counterpart. */
const ICMP_INVERSE: readonly number[] = [8, -1, -1, -1, -1, -1, -1, -1, 0, -1, -1, -1, -1, 14, 13, 16, 15, 18, 17];

/**
 * get_l4proto: offset of the transport header of the IPv4 header at `nhoff`, or -1 when conntrack cannot use the packet
 * (a later fragment, or a header longer than the data).
 */
export function getL4Offset(buf: Uint8Array, nhoff: number, end: number): number {
  if (nhoff + 20 > end || (ipFragOff(buf, nhoff) & IP_OFFSET) !== 0) return -1;
  const dataoff = nhoff + ipHdrLen(buf, nhoff);
  return dataoff > end ? -1 : dataoff;
}

/** nf_ct_get_tuple: fill `t` from the IPv4 header at `nhoff`, transport header at `dataoff`. False: too short, or a protocol part that cannot be tracked. */
export function nfCtGetTuple(buf: Uint8Array, nhoff: number, dataoff: number, end: number, t: Tuple): boolean {
  t.src = ipSaddr(buf, nhoff);
  t.dst = ipDaddr(buf, nhoff);
  t.proto = ipProto(buf, nhoff);
  if (hasPorts(t.proto)) return getPorts(buf, dataoff, end, t);
  t.sport = 0;
  t.dport = 0;
  if (t.proto === IPPROTO_ICMP) return getIcmp(buf, dataoff, end, t);
  if (t.proto === IPPROTO_GRE) return getGre(buf, dataoff, end, t);
  return true;
}

function getPorts(buf: Uint8Array, dataoff: number, end: number, t: Tuple): boolean {
  if (dataoff + 4 > end) return false;
  t.sport = getU16(buf, dataoff);
  t.dport = getU16(buf, dataoff + 2);
  return true;
}

function getIcmp(buf: Uint8Array, dataoff: number, end: number, t: Tuple): boolean {
  if (dataoff + 8 > end) return false;
  t.sport = getU16(buf, dataoff + 4);
  t.dport = getU16(buf, dataoff);
  return true;
}

/** Version 0 has no key here; version 1 (PPTP) uses the call id of the receiver, and without a helper the sender's is unknown (0). */
function getGre(buf: Uint8Array, dataoff: number, end: number, t: Tuple): boolean {
  if (dataoff + 4 > end || (getU16(buf, dataoff) & 7) !== 1) return true;
  if (dataoff + 8 > end) return true;
  if (getU16(buf, dataoff + 2) !== 0x880b) return false;
  t.dport = getU16(buf, dataoff + 6);
  return true;
}

/** nf_ct_invert_tuple: the tuple of the answer. False: an ICMP type without counterpart. `inverse` may not be `orig`. */
export function nfCtInvertTuple(inverse: Tuple, orig: Tuple): boolean {
  inverse.src = orig.dst;
  inverse.dst = orig.src;
  inverse.proto = orig.proto;
  if (orig.proto === IPPROTO_ICMP) {
    const type = ICMP_INVERSE[orig.dport >>> 8] ?? -1;
    if (type < 0) return false;
    inverse.sport = orig.sport;
    inverse.dport = (type << 8) | (orig.dport & 0xff);
    return true;
  }
  inverse.sport = orig.dport;
  inverse.dport = orig.sport;
  return true;
}
