// Choosing the translated tuple (get_unique_tuple and its helpers of nf_nat_core.c).

import { IPPROTO_GRE, IPPROTO_ICMP, IPPROTO_TCP } from "../../wire/ipv4-fields.ts";
import { allowsClash } from "../conntrack/confirm.ts";
import type { ConntrackNet } from "../conntrack/conntrack-net.ts";
import type { Conntrack } from "../conntrack/conntrack.ts";
import { IPS_DYING, IPS_FIXED_TIMEOUT, IPS_NAT_MASK, IPS_SRC_NAT } from "../conntrack/conntrack.ts";
import { TCP_CT_SYN_SENT, TCP_CT_TIME_WAIT } from "../conntrack/tcp-states.ts";
import type { Tuple, TupleHash } from "../conntrack/tuple.ts";
import { copyTuple, hasPorts, IP_CT_DIR_ORIGINAL, nfCtInvertTuple, nfCtTupleEqual } from "../conntrack/tuple.ts";
import type { NatBySource } from "./by-source.ts";
import { jhashInetAddr, reciprocalScale, swabWord } from "./jhash.ts";
import type { NatManip, NatRange } from "./nat-range.ts";
import { NF_NAT_MANIP_DST, NF_NAT_MANIP_SRC } from "./nat-range.ts";

/** Ports tried in a row before a new random start is drawn, halved each time down to MIN. */
const MAX_ATTEMPTS = 128;
const MIN_ATTEMPTS = 16;
/** This many tries before the end of a round, closed connections may be evicted (NF_NAT_HARDER_THRESH). */
const HARDER_THRESH = 32;

/** What the choice needs: tables of the namespace and where random ports come from. */
export interface UniqueTupleEnv {
  readonly ct: ConntrackNet;
  readonly bySource: NatBySource;
  /** Uniform 0 … 65535: where the search for a port (or id) of a connection begins, among `count` from `first` on. */
  randomPort(ct: Conntrack, first: number, count: number): number;
  /** DNAT to a port range starts anywhere in it, not at its first port (older kernels). */
  readonly dnatRangeRandomStart: boolean;
  /** Reused tuple. */
  readonly scratch: Tuple;
}

/** nf_conntrack_tuple_taken: another entry holds this tuple; one with our original tuple is the same flow and does not count (since 5.0). */
function tupleTaken(env: UniqueTupleEnv, t: Tuple, ct: Conntrack): TupleHash | null {
  const { ct: net } = env;
  const h = net.findOther(t, ct);
  if (
    h === null ||
    !net.ns.flavour.natSkipsSameOrigin ||
    !nfCtTupleEqual(ct.orig, h.ct.orig) ||
    h.ct.zoneOf(IP_CT_DIR_ORIGINAL) !== ct.zoneOf(IP_CT_DIR_ORIGINAL)
  )
    return h;
  return null;
}

/** nf_nat_used_tuple: answers to a packet with this tuple would belong to another connection. */
function natUsedTuple(env: UniqueTupleEnv, t: Tuple, ct: Conntrack): boolean {
  return !nfCtInvertTuple(env.scratch, t) || tupleTaken(env, env.scratch, ct) !== null;
}

/** nf_nat_used_tuple_new: for a tuple that stays as it is, an untranslated connection begun by the other end at the same time does not count. */
function natUsedTupleNew(env: UniqueTupleEnv, t: Tuple, ct: Conntrack): boolean {
  if (!natUsedTuple(env, t, ct)) return false;
  if (!allowsClash(ct.ns.flavour, ct.proto) || (ct.status & IPS_NAT_MASK) !== 0) return true;
  const h = env.ct.findOther(t, ct) ?? (nfCtInvertTuple(env.scratch, t) ? env.ct.findOther(env.scratch, ct) : null);
  if (h === null) return false;
  return (h.ct.status & IPS_NAT_MASK) !== 0 || !nfCtTupleEqual(h.ct.orig, ct.reply);
}

/** nf_nat_may_kill and nf_seq_has_advanced: a closed, source-translated connection that the new SYN has passed. */
function mayEvict(old: Conntrack, fresh: Conntrack): boolean {
  if (old.tcp === null || fresh.tcp === null || old.tcp.state < TCP_CT_TIME_WAIT) return false;
  if ((old.status & (IPS_FIXED_TIMEOUT | IPS_DYING)) !== 0 || (old.status & IPS_SRC_NAT) === 0) return false;
  return ((fresh.tcp.seen[0].end - old.tcp.seen[0].end) | 0) > 0;
}

/** nf_nat_used_tuple_harder. */
function natUsedTupleHarder(env: UniqueTupleEnv, t: Tuple, ct: Conntrack, left: number): boolean {
  const isSyn = t.proto === IPPROTO_TCP && ct.tcp !== null && ct.tcp.state === TCP_CT_SYN_SENT;
  if (left > HARDER_THRESH || !isSyn) return natUsedTuple(env, t, ct);
  if (!nfCtInvertTuple(env.scratch, t)) return true;
  const h = env.ct.findOther(env.scratch, ct);
  if (h === null) return false;
  return h.dir === IP_CT_DIR_ORIGINAL || !mayEvict(h.ct, ct) || !env.ct.kill(h.ct);
}

/** The protocol part that a mapping of this kind changes. */
function partOf(t: Tuple, manip: NatManip): number {
  // The ICMP id stands in the source part whichever way.
  return t.proto === IPPROTO_ICMP || manip === NF_NAT_MANIP_SRC ? t.sport : t.dport;
}

function setPart(t: Tuple, manip: NatManip, value: number): void {
  if (t.proto === IPPROTO_ICMP || manip === NF_NAT_MANIP_SRC) t.sport = value;
  else t.dport = value;
}

/** l4proto_in_range. */
function l4InRange(t: Tuple, manip: NatManip, range: NatRange): boolean {
  if (range.minPort === null || range.maxPort === null) return true;
  if (!hasPorts(t.proto) && t.proto !== IPPROTO_ICMP && t.proto !== IPPROTO_GRE) return true;
  const part = partOf(t, manip);
  return part >= range.minPort && part <= range.maxPort;
}

/** nf_in_range: the source lies in the range. */
function sourceInRange(t: Tuple, range: NatRange): boolean {
  if (range.minAddr !== null && range.maxAddr !== null && (t.src < range.minAddr || t.src > range.maxAddr))
    return false;
  return l4InRange(t, NF_NAT_MANIP_SRC, range);
}

/** find_appropriate_src: the mapping another connection of this source has, if it lies in the range. */
function findAppropriateSrc(env: UniqueTupleEnv, t: Tuple, orig: Tuple, ct: Conntrack, range: NatRange): boolean {
  for (let other = env.bySource.first(orig); other !== null; other = other.nextBySource ?? null) {
    if (other.orig.proto !== orig.proto || other.zoneOf(IP_CT_DIR_ORIGINAL) !== ct.zoneOf(IP_CT_DIR_ORIGINAL)) continue;
    if (!nfCtInvertTuple(t, other.reply)) continue;
    t.dst = orig.dst;
    t.dport = orig.dport;
    if (sourceInRange(t, range)) return true;
  }
  return false;
}

/** find_best_ips_proto: the address; from several by a hash of the client (and, unless persistent, of the server). */
function findBestAddr(t: Tuple, range: NatRange, ct: Conntrack, manip: NatManip): void {
  if (range.minAddr === null || range.maxAddr === null) return;
  let addr = range.minAddr;
  if (range.minAddr !== range.maxAddr) {
    const hash = jhashInetAddr(swabWord(t.src), range.persistent ? 0 : swabWord(t.dst) ^ ct.zone);
    addr = range.minAddr + reciprocalScale(hash, range.maxAddr - range.minAddr + 1);
  }
  if (manip === NF_NAT_MANIP_SRC) t.src = addr;
  else t.dst = addr;
}

/** First value and number of candidates for the port or id; null: this protocol part cannot be changed. */
function candidates(t: Tuple, range: NatRange, manip: NatManip): readonly [number, number] | null {
  const given = range.minPort !== null && range.maxPort !== null;
  if (given && (t.proto === IPPROTO_ICMP || hasPorts(t.proto))) {
    const lo = Math.min(range.minPort, range.maxPort);
    return [lo, Math.max(range.minPort, range.maxPort) - lo + 1];
  }
  if (t.proto === IPPROTO_ICMP) return [0, 65536];
  // Without a range a destination port stays; GRE keys are nobody's to change without the PPTP helper.
  if (!hasPorts(t.proto) || manip === NF_NAT_MANIP_DST) return null;
  const port = t.sport;
  if (port < 512) return [1, 511];
  return port < 1024 ? [600, 424] : [1024, 64512];
}

/** Where in the range the search begins; null: anywhere. */
function firstOffset(env: UniqueTupleEnv, t: Tuple, range: NatRange, manip: NatManip): number | null {
  if (range.basePort !== undefined) return (partOf(t, manip) - range.basePort) & 0xffff;
  const fixed = manip === NF_NAT_MANIP_DST && !range.random && !range.randomFully && !env.dnatRangeRandomStart;
  return fixed ? 0 : null;
}

/** nf_nat_l4proto_unique_tuple: search a free port. When all tries fail the last candidate stays, and the packet dies at its confirmation. */
function searchPart(env: UniqueTupleEnv, t: Tuple, range: NatRange, manip: NatManip, ct: Conntrack): void {
  const set = candidates(t, range, manip);
  if (set === null) return;
  const [min, size] = set;
  let off = firstOffset(env, t, range, manip) ?? env.randomPort(ct, min, size);
  let attempts = Math.min(size, MAX_ATTEMPTS);
  for (;;) {
    for (let i = 0; i < attempts; i++, off = (off + 1) & 0xffff) {
      setPart(t, manip, min + (off % size));
      if (!natUsedTupleHarder(env, t, ct, attempts - i)) return;
    }
    if (attempts >= size || attempts < MIN_ATTEMPTS) return;
    attempts = attempts >>> 1;
    off = env.randomPort(ct, min, size);
  }
}

/** The port may stay as it is. */
function portFits(env: UniqueTupleEnv, t: Tuple, range: NatRange, manip: NatManip, ct: Conntrack): boolean {
  if (range.minPort === null) return !natUsedTuple(env, t, ct);
  if (range.basePort !== undefined || !l4InRange(t, manip, range)) return false;
  // A single port is taken without asking.
  return range.minPort === range.maxPort || !natUsedTuple(env, t, ct);
}

/** get_unique_tuple: fill `t` with the translation of `orig` (which `t` must not be). */
export function getUniqueTuple(
  env: UniqueTupleEnv,
  t: Tuple,
  orig: Tuple,
  range: NatRange,
  ct: Conntrack,
  manip: NatManip,
): void {
  const drawn = range.random || range.randomFully;
  if (manip === NF_NAT_MANIP_SRC && !drawn) {
    if (sourceInRange(orig, range)) {
      if (!natUsedTupleNew(env, orig, ct)) {
        copyTuple(t, orig);
        return;
      }
    } else if (findAppropriateSrc(env, t, orig, ct, range) && !natUsedTuple(env, t, ct)) return;
  }
  copyTuple(t, orig);
  findBestAddr(t, range, ct, manip);
  if (!drawn && portFits(env, t, range, manip, ct)) return;
  searchPart(env, t, range, manip, ct);
}
