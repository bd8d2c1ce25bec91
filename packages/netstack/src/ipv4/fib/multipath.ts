// Choosing one nexthop of several by a flow hash (net/ipv4/fib_semantics.c: fib_rebalance, fib_select_multipath).

import type { Packet } from "../../skb/packet.ts";
import { getU16 } from "../../wire/bytes.ts";
import {
  IPPROTO_ICMP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IP_OFFSET,
  ipDaddr,
  ipFragOff,
  ipHdrLen,
  ipProto,
  ipSaddr,
} from "../../wire/ipv4-fields.ts";
import type { NetNamespace } from "../../netns/net-namespace.ts";
import { NUD_FAILED } from "../../neigh/neigh.ts";
import type { FlowKey } from "../rtable.ts";
import type { FibNh, FibResult } from "./fib-types.ts";

/** Share the 31-bit hash space out by weight among usable nexthops. */
export function fibRebalance(nhs: readonly FibNh[]): void {
  const usable = nhs.filter((nh) => !nh.dead);
  const total = usable.reduce((sum, nh) => sum + nh.weight, 0);
  let weight = 0;
  for (const nh of nhs) {
    if (!nh.dead) weight += nh.weight;
    nh.upperBound = nh.dead ? -1 : Math.round((weight * 0x80000000) / total) - 1;
  }
}

/** fib_select_multipath: sets res.nhSel from `hash` (31 bits). */
export function fibSelectMultipath(ns: NetNamespace, res: FibResult, hash: number): void {
  const nhs = res.alias?.info.nhs ?? [];
  let first = -1;
  for (let i = 0; i < nhs.length; i++) {
    const nh = nhs[i] as FibNh;
    if (ns.ipv4.sysctls.fib_multipath_use_neigh !== 0 && !goodNeigh(nh)) continue;
    if (first < 0 && nh.upperBound >= 0) first = i;
    if (hash <= nh.upperBound) {
      res.nhSel = i;
      return;
    }
  }
  if (first >= 0) res.nhSel = first;
}

function goodNeigh(nh: FibNh): boolean {
  return nh.dev === null || (nh.dev.inDev.neighs.get(nh.gateway | 0)?.state ?? 0) !== NUD_FAILED;
}

/** 31-bit hash of a locally made flow under the policy sysctl. */
export function fibMultipathHash(ns: NetNamespace, key: FlowKey): number {
  if (ns.ipv4.sysctls.fib_multipath_hash_policy === 0) return mix(ns, key.saddr, key.daddr, 0, 0);
  return mix(ns, key.saddr, key.daddr, (key.sport << 16) | key.dport, key.proto);
}

/** fib_multipath_hash of a received packet; ICMP errors hash the packet they are about, so that they follow its flow. */
export function packetHash(ns: NetNamespace, pkt: Packet): number {
  const at = innerHeader(pkt);
  const b = pkt.buf;
  // The quoted packet runs the other way.
  const saddr = at === pkt.nh ? ipSaddr(b, at) : ipDaddr(b, at);
  const daddr = at === pkt.nh ? ipDaddr(b, at) : ipSaddr(b, at);
  if (ns.ipv4.sysctls.fib_multipath_hash_policy === 0) return mix(ns, saddr, daddr, 0, 0);
  const th = at + ipHdrLen(b, at);
  const proto = ipProto(b, at);
  const ports =
    (proto === IPPROTO_TCP || proto === IPPROTO_UDP) && (ipFragOff(b, at) & IP_OFFSET) === 0 && th + 4 <= pkt.tail;
  return mix(ns, saddr, daddr, ports ? (getU16(b, th) << 16) | getU16(b, th + 2) : 0, proto);
}

/** Offset of the quoted header of an ICMP error, else of the packet's own. */
function innerHeader(pkt: Packet): number {
  const b = pkt.buf;
  if (ipProto(b, pkt.nh) !== IPPROTO_ICMP || (ipFragOff(b, pkt.nh) & IP_OFFSET) !== 0) return pkt.nh;
  const icmp = pkt.nh + ipHdrLen(b, pkt.nh);
  const type = b[icmp];
  const isError = type === 3 || type === 5 || type === 11 || type === 12;
  return isError && icmp + 8 + 20 <= pkt.tail ? icmp + 8 : pkt.nh;
}

function mix(ns: NetNamespace, saddr: number, daddr: number, ports: number, proto: number): number {
  let h = ns.ipv4.multipathSeed;
  for (const word of [saddr, daddr, ports, proto]) {
    h = Math.imul(h ^ word, 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    h ^= h >>> 16;
  }
  return h >>> 1;
}
