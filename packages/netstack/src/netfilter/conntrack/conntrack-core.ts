// A packet meets conntrack: find or make its connection, let the protocol judge it (nf_conntrack_in of nf_conntrack_core.c).

import type { NetNamespace } from "../../netns/net-namespace.ts";
import type { Packet } from "../../skb/packet.ts";
import {
  IP_CT_ESTABLISHED,
  IP_CT_ESTABLISHED_REPLY,
  IP_CT_IS_REPLY,
  IP_CT_NEW,
  IP_CT_RELATED,
  IP_CT_RELATED_REPLY,
  IP_CT_UNTRACKED,
} from "../../skb/packet.ts";
import {
  IPPROTO_GRE,
  IPPROTO_ICMP,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
  ipProto,
} from "../../wire/ipv4-fields.ts";
import type { HookState, Verdict } from "../hooks.ts";
import { NF_ACCEPT, NF_DROP } from "../hooks.ts";
import type { ConntrackNet } from "./conntrack-net.ts";
import type { Conntrack } from "./conntrack.ts";
import {
  ctinfoDir,
  IPS_ASSURED,
  IPS_DYING,
  IPS_EXPECTED,
  IPS_SEEN_REPLY,
  IPS_TEMPLATE,
  ZONE_DIR_BOTH,
} from "./conntrack.ts";
import { IPCT_REPLY } from "./events.ts";
import type { CtVerdict, L4Tracker } from "./l4proto.ts";
import { CT_DROP, CT_REPEAT } from "./l4proto.ts";
import { endText, formatEntry } from "./print.ts";
import { genericPacket, nfConntrackGrePacket } from "./proto-generic.ts";
import { nfConntrackIcmpError, nfConntrackIcmpPacket } from "./proto-icmp.ts";
import { nfConntrackSctpPacket } from "./proto-sctp.ts";
import { nfConntrackTcpPacket } from "./proto-tcp.ts";
import { nfConntrackUdpPacket } from "./proto-udp.ts";
import type { Tuple, TupleHash } from "./tuple.ts";
import {
  copyTuple,
  getL4Offset,
  hashTuple,
  IP_CT_DIR_ORIGINAL,
  IP_CT_DIR_REPLY,
  nfCtGetTuple,
  nfCtInvertTuple,
} from "./tuple.ts";

/** Buckets in which an unassured entry is looked for when the table is full (NF_CT_EVICTION_RANGE). */
const EVICTION_RANGE = 8;

/** nf_ct_l4proto_find: who follows a protocol. */
export function trackerOf(proto: number): L4Tracker {
  switch (proto) {
    case IPPROTO_TCP:
      return nfConntrackTcpPacket;
    case IPPROTO_UDP:
    case IPPROTO_UDPLITE:
      return nfConntrackUdpPacket;
    case IPPROTO_ICMP:
      return nfConntrackIcmpPacket;
    case IPPROTO_SCTP:
      return nfConntrackSctpPacket;
    case IPPROTO_GRE:
      return nfConntrackGrePacket;
    default:
      return genericPacket;
  }
}

/** The packet's connection (nf_ct_get); null: none, or a template, which is none. */
export function nfCtGet(pkt: Packet): Conntrack | null {
  return pkt.ct !== null && (pkt.ct.status & IPS_TEMPLATE) === 0 ? pkt.ct : null;
}

/** nf_ct_set of an untracked packet (targets NOTRACK and CT --notrack). */
export function nfCtSetUntracked(pkt: Packet): void {
  pkt.ct = null;
  pkt.ctinfo = IP_CT_UNTRACKED;
}

/** nf_ct_tmpl_alloc: carries the zone that CT --zone (or -orig, -reply) wants from the raw table to nf_conntrack_in. */
export function nfCtTmplAlloc(ns: NetNamespace, zone: number, zoneDir: number = ZONE_DIR_BOTH): Conntrack {
  const tmpl = ns.ct.alloc();
  tmpl.status = IPS_TEMPLATE;
  tmpl.zone = zone;
  tmpl.zoneDir = zoneDir;
  return tmpl;
}

/**
 * nf_ct_attach: a packet made because of `pkt` (ICMP error, RST of REJECT) belongs to its connection, in the other direction.
 * One made because of an untracked packet is related to nothing: it is tracked (CT --notrack leaves it alone), and as no entry is
 * found for what it quotes, INVALID.
 */
export function nfCtAttach(made: Packet, pkt: Packet): void {
  if (pkt.ct === null) {
    if (pkt.ctinfo === IP_CT_UNTRACKED) made.ctinfo = IP_CT_RELATED;
    return;
  }
  made.ct = pkt.ct;
  made.ctinfo = ctinfoDir(pkt.ctinfo) === IP_CT_DIR_ORIGINAL ? IP_CT_RELATED_REPLY : IP_CT_RELATED;
}

/** State word as matches and traces name it. */
export function ctStateWord(pkt: Packet): "INVALID" | "NEW" | "ESTABLISHED" | "RELATED" | "UNTRACKED" {
  if (nfCtGet(pkt) === null) return pkt.ctinfo === IP_CT_UNTRACKED ? "UNTRACKED" : "INVALID";
  const kind = pkt.ctinfo >= IP_CT_IS_REPLY ? pkt.ctinfo - IP_CT_IS_REPLY : pkt.ctinfo;
  if (kind === IP_CT_NEW) return "NEW";
  return kind === IP_CT_ESTABLISHED ? "ESTABLISHED" : "RELATED";
}

/** early_drop: make room by removing an entry that is not assured, near `hash`. */
function earlyDrop(net: ConntrackNet, hash: number): boolean {
  const done = net.table.someFrom(hash, EVICTION_RANGE, (ct) => {
    if (net.isExpired(ct)) return net.kill(ct);
    return (ct.status & (IPS_ASSURED | IPS_DYING)) === 0 && net.kill(ct);
  });
  if (done) net.stats.earlyDrop++;
  return done;
}

/** init_conntrack: "full" when there is no room, null when the protocol part has no inverse. */
function initConntrack(net: ConntrackNet, tmpl: Conntrack | null, t: Tuple): TupleHash | null | "full" {
  const reply = net.scratchB;
  if (!nfCtInvertTuple(reply, t)) return null;
  if (net.sysctl.max !== 0 && net.table.count >= net.sysctl.max && !earlyDrop(net, hashTuple(t))) {
    net.ns.printk("nf_conntrack: nf_conntrack: table full, dropping packet");
    return "full";
  }
  const ct = net.alloc();
  copyTuple(ct.orig, t);
  copyTuple(ct.reply, reply);
  if (tmpl !== null) {
    ct.zone = tmpl.zone;
    ct.zoneDir = tmpl.zoneDir;
  }
  if (net.sysctl.acct !== 0) ct.counters = { packets: [0, 0], bytes: [0, 0] };
  return ct.orig;
}

/** resolve_normal_ct: "none" leaves the packet without a connection (INVALID). */
function resolveNormalCt(
  net: ConntrackNet,
  tmpl: Conntrack | null,
  pkt: Packet,
  dataoff: number,
): "found" | "none" | "full" {
  const t = net.scratchA;
  if (!nfCtGetTuple(pkt.buf, pkt.nh, dataoff, pkt.tail, t)) return "none";
  let h: TupleHash | null | "full" = tmpl === null ? net.find(t) : net.find(t, tmpl.zone, tmpl.zoneDir);
  if (h === null) h = initConntrack(net, tmpl, t);
  if (h === "full") return "full";
  if (h === null) return "none";
  const { ct } = h;
  pkt.ct = ct;
  if (h.dir === IP_CT_DIR_REPLY) pkt.ctinfo = IP_CT_ESTABLISHED_REPLY;
  else if ((ct.status & IPS_SEEN_REPLY) !== 0) pkt.ctinfo = IP_CT_ESTABLISHED;
  else pkt.ctinfo = (ct.status & IPS_EXPECTED) !== 0 ? IP_CT_RELATED : IP_CT_NEW;
  return "found";
}

/** The packet goes on without a connection. */
function invalid(net: ConntrackNet, pkt: Packet): Verdict {
  net.stats.invalid++;
  pkt.ct = null;
  pkt.ctinfo = 0;
  return NF_ACCEPT;
}

function dropped(net: ConntrackNet): Verdict {
  net.stats.drop++;
  return NF_DROP;
}

/** One round: resolve, then ask the tracker. */
function track(
  net: ConntrackNet,
  tmpl: Conntrack | null,
  pkt: Packet,
  dataoff: number,
  state: HookState,
): CtVerdict | "full" {
  const found = resolveNormalCt(net, tmpl, pkt, dataoff);
  if (found !== "found" || pkt.ct === null) return found === "full" ? "full" : -1;
  return trackerOf(pkt.ct.proto)(net, pkt.ct, pkt, dataoff, ctinfoDir(pkt.ctinfo), state.hook);
}

function trackPacket(net: ConntrackNet, tmpl: Conntrack | null, state: HookState, pkt: Packet): Verdict {
  const dataoff = getL4Offset(pkt.buf, pkt.nh, pkt.tail);
  if (dataoff < 0) return invalid(net, pkt);
  if (ipProto(pkt.buf, pkt.nh) === IPPROTO_ICMP) {
    if (nfConntrackIcmpError(net, pkt, dataoff, state.hook, tmpl) < 0) return invalid(net, pkt);
    // An error that belongs to a known connection.
    if (pkt.ct !== null) return NF_ACCEPT;
  }
  let verdict = track(net, tmpl, pkt, dataoff, state);
  // The old connection was killed to make way for a new one with the same tuple.
  while (verdict === CT_REPEAT) verdict = track(net, tmpl, pkt, dataoff, state);
  if (verdict === "full") return dropped(net);
  if (verdict === CT_DROP) {
    invalid(net, pkt);
    return dropped(net);
  }
  const { ct } = pkt;
  if (verdict < 0 || ct === null) return invalid(net, pkt);
  if (pkt.ctinfo === IP_CT_ESTABLISHED_REPLY && (ct.status & IPS_SEEN_REPLY) === 0) {
    ct.status |= IPS_SEEN_REPLY;
    net.cacheEvent(ct, IPCT_REPLY);
  }
  return NF_ACCEPT;
}

/** nf_conntrack_in: PRE_ROUTING and LOCAL_OUT. Sets pkt.ct and pkt.ctinfo; drops only when the table is full. */
export function nfConntrackIn(state: HookState, pkt: Packet): Verdict {
  if (pkt.ctinfo === IP_CT_UNTRACKED && pkt.ct === null) return NF_ACCEPT;
  const tmpl = pkt.ct;
  // Tracked already: looped back, or attached by whoever made the packet.
  if (tmpl !== null && (tmpl.status & IPS_TEMPLATE) === 0) return NF_ACCEPT;
  pkt.ct = null;
  const verdict = trackPacket(state.ns.ct, tmpl, state, pkt);
  const { world } = state.ns;
  if (world.tracer !== null) {
    const ct = nfCtGet(pkt);
    const entry = ct === null ? "" : formatEntry(ct);
    const reply = ct !== null && ctinfoDir(pkt.ctinfo) === IP_CT_DIR_REPLY;
    world.trace(state.ns, pkt, "nf_conntrack_in", {
      kind: "ct",
      state: ctStateWord(pkt),
      reply,
      entry,
      from: ct === null ? "" : endText(ct.orig.proto, ct.orig.src, ct.orig.sport),
      to: ct === null ? "" : endText(ct.orig.proto, ct.orig.dst, ct.orig.dport),
      createdAt: ct?.createdAt ?? world.now,
    });
  }
  return verdict;
}
