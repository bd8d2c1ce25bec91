// One tracked connection (struct nf_conn, include/net/netfilter/nf_conntrack.h).

import type { NetNamespace } from "../../netns/net-namespace.ts";
import { IP_CT_IS_REPLY } from "../../skb/packet.ts";
import type { CtDir } from "./tuple.ts";
import { IP_CT_DIR_ORIGINAL, IP_CT_DIR_REPLY, TupleHash } from "./tuple.ts";
import type { SctpConn } from "./proto-sctp.ts";
import type { TcpConn } from "./proto-tcp.ts";

/** Status bits, include/uapi/linux/netfilter/nf_conntrack_common.h. */
export const IPS_EXPECTED = 1 << 0;
export const IPS_SEEN_REPLY = 1 << 1;
export const IPS_ASSURED = 1 << 2;
export const IPS_CONFIRMED = 1 << 3;
export const IPS_SRC_NAT = 1 << 4;
export const IPS_DST_NAT = 1 << 5;
export const IPS_NAT_MASK = IPS_SRC_NAT | IPS_DST_NAT;
export const IPS_SRC_NAT_DONE = 1 << 7;
export const IPS_DST_NAT_DONE = 1 << 8;
export const IPS_NAT_DONE_MASK = IPS_SRC_NAT_DONE | IPS_DST_NAT_DONE;
export const IPS_DYING = 1 << 9;
export const IPS_FIXED_TIMEOUT = 1 << 10;
export const IPS_TEMPLATE = 1 << 11;
/** Entry of a resolved clash: reachable by its reply tuple only, never listed (shares its bit with UNTRACKED in the kernel). */
export const IPS_NAT_CLASH = 1 << 12;

/** Which directions a zone id applies to (enum ip_conntrack_dir as bits). */
export const ZONE_DIR_ORIG = 1;
export const ZONE_DIR_REPLY = 2;
export const ZONE_DIR_BOTH = 3;

export class Conntrack {
  readonly ns: NetNamespace;
  /** Number in order of creation, unique in the namespace. */
  readonly id: number;
  readonly orig: TupleHash = new TupleHash(this, IP_CT_DIR_ORIGINAL);
  readonly reply: TupleHash = new TupleHash(this, IP_CT_DIR_REPLY);
  /** IPS_*. */
  status = 0;
  /** connmark, u32. */
  mark = 0;
  /** Virtual ms: time to live before the entry is confirmed, absolute expiry afterwards. */
  timeout = 0;
  zone = 0;
  zoneDir = ZONE_DIR_BOTH;
  /** Connection that announced this one (expectations). */
  master: Conntrack | null = null;
  /** Virtual ms. */
  readonly createdAt: number;
  tcp: TcpConn | null = null;
  sctp: SctpConn | null = null;
  /** UDP: virtual ms from which on an answered flow counts as a stream. */
  udpStreamAt = 0;
  /** ifindex of the device that gave the masquerade address, 0 without MASQUERADE (nf_conn_nat.masq_index). */
  masqIndex = 0;
  /** Next in the chain of connections with the same original source (nat_bysource); undefined when in no chain. */
  nextBySource: Conntrack | null | undefined = undefined;
  /** Accounting, kept when nf_conntrack_acct was on at creation: packets and bytes per direction. */
  counters: { readonly packets: [number, number]; readonly bytes: [number, number] } | null = null;
  /** Events gathered while the packet travels (nf_conntrack_ecache), delivered at its confirmation. */
  cachedEvents = 0;

  constructor(ns: NetNamespace, id: number) {
    this.ns = ns;
    this.id = id;
    this.createdAt = ns.world.now;
  }

  get proto(): number {
    return this.orig.proto;
  }

  tuple(dir: CtDir): TupleHash {
    return dir === IP_CT_DIR_ORIGINAL ? this.orig : this.reply;
  }

  /** Zone id as lookups in this direction see it (nf_ct_zone_id). */
  zoneOf(dir: CtDir): number {
    return (this.zoneDir & (1 << dir)) !== 0 ? this.zone : 0;
  }

  has(bits: number): boolean {
    return (this.status & bits) !== 0;
  }

  /** Remaining life in virtual ms, never negative (nf_ct_expires). */
  get remaining(): number {
    if (!this.has(IPS_CONFIRMED)) return this.timeout;
    return Math.max(0, this.timeout - this.ns.world.now);
  }
}

/** CTINFO2DIR. */
export function ctinfoDir(ctinfo: number): CtDir {
  return ctinfo >= IP_CT_IS_REPLY ? IP_CT_DIR_REPLY : IP_CT_DIR_ORIGINAL;
}
