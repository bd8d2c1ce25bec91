// The end of a packet's way through conntrack: a new connection enters the table, events are told, and two connections that
// grew up at the same time are reconciled (__nf_conntrack_confirm, nf_ct_resolve_clash of nf_conntrack_core.c).

import type { Packet } from "../../skb/packet.ts";
import type { KernelFlavour } from "../../netns/flavour.ts";
import { IPPROTO_ICMP, IPPROTO_SCTP, IPPROTO_TCP } from "../../wire/ipv4-fields.ts";
import { kfreeSkb } from "../../skb/kfree-skb.ts";
import type { HookState, Verdict } from "../hooks.ts";
import { NF_ACCEPT, NF_DROP_FREED } from "../hooks.ts";
import type { ConntrackNet } from "./conntrack-net.ts";
import type { Conntrack } from "./conntrack.ts";
import {
  ctinfoDir,
  IPS_CONFIRMED,
  IPS_DYING,
  IPS_FIXED_TIMEOUT,
  IPS_NAT_CLASH,
  IPS_NAT_DONE_MASK,
} from "./conntrack.ts";
import { nfCtGet } from "./conntrack-core.ts";
import { IPCT_NEW, IPCT_RELATED } from "./events.ts";
import { formatEntry } from "./print.ts";
import type { TupleHash } from "./tuple.ts";
import { IP_CT_DIR_ORIGINAL, IP_CT_DIR_REPLY, nfCtTupleEqual } from "./tuple.ts";

/** Life of an entry that lost a race, virtual ms. */
const CLASH_LIFETIME = 1000;

/** Trackers without allow_clash in every kernel so far (6.18: the second echo request of a race is dropped, seen). */
const NEVER_CLASH: readonly number[] = [IPPROTO_TCP, IPPROTO_SCTP, IPPROTO_ICMP];

/** l4proto->allow_clash: protocols whose packets may safely share or double an entry. */
export function allowsClash({ ctClashProtocols }: KernelFlavour, proto: number): boolean {
  return ctClashProtocols === null ? !NEVER_CLASH.includes(proto) : ctClashProtocols.includes(proto);
}

function sameZones(a: Conntrack, b: Conntrack): boolean {
  return (
    a.zoneOf(IP_CT_DIR_ORIGINAL) === b.zoneOf(IP_CT_DIR_ORIGINAL) &&
    a.zoneOf(IP_CT_DIR_REPLY) === b.zoneOf(IP_CT_DIR_REPLY)
  );
}

/** nf_ct_match: the same flow, same way round. */
function nfCtMatch(a: Conntrack, b: Conntrack): boolean {
  return nfCtTupleEqual(a.orig, b.orig) && nfCtTupleEqual(a.reply, b.reply) && sameZones(a, b);
}

/** nf_ct_match_reverse: the same flow, begun by both ends at once. */
function nfCtMatchReverse(a: Conntrack, b: Conntrack): boolean {
  return nfCtTupleEqual(a.orig, b.reply) && nfCtTupleEqual(a.reply, b.orig) && sameZones(a, b);
}

/** May the packet join the entry that was first? Older kernels do not ask what NAT did, only whether it looked at the entry (nfct_nat). */
function mayJoin({ ctClash }: KernelFlavour, winner: Conntrack, loser: Conntrack): boolean {
  if ((winner.status & IPS_NAT_DONE_MASK) === 0) return true;
  return ctClash === "harder" && (nfCtMatch(winner, loser) || nfCtMatchReverse(winner, loser));
}

/** __nf_ct_resolve_clash: the packet changes over to the entry that was first. */
function takeWinner(net: ConntrackNet, pkt: Packet, loser: Conntrack, winner: Conntrack): boolean {
  if (!mayJoin(net.ns.flavour, winner, loser)) return false;
  const dir = ctinfoDir(pkt.ctinfo);
  if (winner.counters !== null && loser.counters !== null) {
    winner.counters.packets[dir] += loser.counters.packets[dir];
    winner.counters.bytes[dir] += loser.counters.bytes[dir];
  }
  net.discard(loser);
  pkt.ct = winner;
  countResolved(net);
  return true;
}

/**
 * nf_ct_resolve_clash_harder: only the original tuple is taken (one socket, two queries, two destinations by DNAT). The loser
 * lives for a second where only answers find it, so that they can be translated back.
 */
function hideLoser(net: ConntrackNet, pkt: Packet, loser: Conntrack): boolean {
  const taken = net.findOther(loser.reply, loser);
  if (taken !== null) return takeWinner(net, pkt, loser, taken.ct);
  loser.timeout = net.now + CLASH_LIFETIME;
  loser.status |= IPS_FIXED_TIMEOUT | IPS_NAT_CLASH;
  net.table.link(loser.reply);
  net.table.count++;
  countResolved(net);
  return true;
}

/** Until 5.6 a clash that was resolved counts as insert_failed; the counter of its own came later. */
function countResolved(net: ConntrackNet): void {
  if (net.ns.flavour.ctClash === "harder") net.stats.clashResolve++;
  else net.stats.insertFailed++;
}

/** nf_ct_resolve_clash. */
function resolveClash(net: ConntrackNet, pkt: Packet, loser: Conntrack, winner: TupleHash): boolean {
  const { flavour } = net.ns;
  if (allowsClash(flavour, loser.proto)) {
    if (takeWinner(net, pkt, loser, winner.ct)) return true;
    if (flavour.ctClash === "harder" && hideLoser(net, pkt, loser)) return true;
  }
  if (flavour.ctClash !== "drop") net.stats.drop++;
  net.stats.insertFailed++;
  return false;
}

/** __nf_conntrack_confirm: false when the packet must be dropped. */
function enterTable(net: ConntrackNet, pkt: Packet, ct: Conntrack): boolean {
  // Answers that REJECT and friends attached to an unconfirmed connection do not confirm it.
  if (ctinfoDir(pkt.ctinfo) !== IP_CT_DIR_ORIGINAL) return true;
  if ((ct.status & IPS_DYING) !== 0) {
    net.stats.insertFailed++;
    return false;
  }
  ct.status |= IPS_CONFIRMED;
  const winner = net.findOther(ct.orig, ct) ?? net.findOther(ct.reply, ct);
  if (winner !== null) return resolveClash(net, pkt, ct, winner);
  ct.timeout += net.now;
  net.insert(ct);
  net.stats.insert++;
  net.cacheEvent(ct, ct.master === null ? IPCT_NEW : IPCT_RELATED);
  return true;
}

function dropClash(net: ConntrackNet, pkt: Packet, ct: Conntrack): Verdict {
  net.discard(ct);
  kfreeSkb(net.ns, pkt, "CONNTRACK_CLASH", "nf_hook_slow", formatEntry(ct));
  return NF_DROP_FREED;
}

/** __nf_conntrack_confirm of a connection that is not in the table. Nobody is told yet. */
export function enterConfirmed(pkt: Packet, ct: Conntrack): Verdict {
  const { world } = ct.ns;
  if (!enterTable(ct.ns.ct, pkt, ct)) return dropClash(ct.ns.ct, pkt, ct);
  if (world.tracer !== null && (ct.status & IPS_CONFIRMED) !== 0 && pkt.ct !== null) {
    world.trace(ct.ns, pkt, "__nf_conntrack_confirm", { kind: "confirm", entry: formatEntry(pkt.ct) });
  }
  return NF_ACCEPT;
}

/** nf_conntrack_confirm: the packet's connection enters the table; a packet that lost a race for it is dropped. */
export function nfConntrackConfirm(pkt: Packet): Verdict {
  const ct = nfCtGet(pkt);
  if (ct === null) return NF_ACCEPT;
  const verdict = (ct.status & IPS_CONFIRMED) === 0 ? enterConfirmed(pkt, ct) : NF_ACCEPT;
  if (verdict === NF_ACCEPT && pkt.ct !== null && pkt.ct.cachedEvents !== 0) ct.ns.ct.deliverEvents(pkt.ct);
  return verdict;
}

/** nf_confirm: last function of POST_ROUTING and LOCAL_IN. */
export function nfConfirm(_state: HookState, pkt: Packet): Verdict {
  return nfConntrackConfirm(pkt);
}
