// The neighbour state machine (net/core/neighbour.c).
//
//   NONE/FAILED ─send→ INCOMPLETE ─reply→ REACHABLE ─time→ STALE ─send→ DELAY ─5 s→ PROBE ─3 s→ FAILED
//                          └─3 s→ FAILED        └──used lately──→ DELAY

import type { Mac } from "../addr/mac.ts";
import { kfreeSkb } from "../skb/kfree-skb.ts";
import type { Packet } from "../skb/packet.ts";
import type { Neigh, NudState } from "./neigh.ts";
import {
  NUD_CONNECTED,
  NUD_DELAY,
  NUD_FAILED,
  NUD_IN_TIMER,
  NUD_INCOMPLETE,
  NUD_NOARP,
  NUD_PERMANENT,
  NUD_PROBE,
  NUD_REACHABLE,
  NUD_STALE,
  NUD_VALID,
} from "./neigh.ts";
import { neighResolveOutput } from "./neigh-xmit.ts";

/** A queued packet's share of unres_qlen_bytes: sk_buff and shared info beside the data (SKB_TRUESIZE). */
const TRUESIZE_OVERHEAD = 640;

/** neigh_event_send: may a packet go out now? True: no — `pkt` waits or was dropped. */
export function neighEventSend(neigh: Neigh, pkt: Packet | null): boolean {
  const now = neigh.dev.ns.world.now;
  neigh.used = now;
  if ((neigh.state & (NUD_CONNECTED | NUD_DELAY | NUD_PROBE)) !== 0) return false;
  return eventSendSlow(neigh, pkt, now);
}

/** __neigh_event_send. */
function eventSendSlow(neigh: Neigh, pkt: Packet | null, now: number): boolean {
  const { ns } = neigh.dev;
  if (neigh.dead) {
    if (pkt !== null) kfreeSkb(ns, pkt, "NEIGH_DEAD", "__neigh_event_send");
    return true;
  }
  if (neigh.state === NUD_STALE) {
    setState(neigh, NUD_DELAY, now);
    setTimer(neigh, now + neigh.dev.inDev.arpParms.delay_first_probe_time * 1000);
    return false;
  }
  const start = neigh.state !== NUD_INCOMPLETE;
  if (start) startResolution(neigh, now);
  if (pkt !== null) enqueue(neigh, pkt);
  if (start) neighProbe(neigh);
  return true;
}

function startResolution(neigh: Neigh, now: number): void {
  const parms = neigh.dev.inDev.arpParms;
  neigh.probes = parms.ucast_solicit;
  setState(neigh, NUD_INCOMPLETE, now);
  setTimer(neigh, now + retrans(neigh));
}

/** Oldest first out when the queue is full. */
function enqueue(neigh: Neigh, pkt: Packet): void {
  const { ns } = neigh.dev;
  const limit = neigh.dev.inDev.arpParms.unres_qlen_bytes;
  while (neigh.queue.length > 0 && neigh.queueBytes + truesize(pkt) > limit) {
    const oldest = neigh.queue.shift() as Packet;
    neigh.queueBytes -= truesize(oldest);
    kfreeSkb(ns, oldest, "NEIGH_QUEUEFULL", "__neigh_event_send");
  }
  neigh.queue.push(pkt);
  neigh.queueBytes += truesize(pkt);
  if (ns.world.tracer !== null)
    ns.world.trace(ns, pkt, "__neigh_event_send", {
      kind: "queue",
      where: `waits for the address of the next hop on ${neigh.dev.name}`,
    });
}

function truesize(pkt: Packet): number {
  return pkt.len + TRUESIZE_OVERHEAD;
}

/** neigh_probe: ask; unicast first when an address is known (ARP decides by `probes`). */
function neighProbe(neigh: Neigh): void {
  neigh.dev.ns.arp.ops?.solicit(neigh, neigh.queue.at(-1) ?? null);
  neigh.probes++;
}

/** neigh_timer_handler. */
function neighTimer(neigh: Neigh): void {
  const { ns } = neigh.dev;
  neigh.timer = null;
  if (neigh.dead || (neigh.state & NUD_IN_TIMER) === 0) return;
  const next = onTimer(neigh, ns.world.now);
  const asking = (neigh.state & (NUD_INCOMPLETE | NUD_PROBE)) !== 0;
  if (asking && neigh.probes >= maxProbes(neigh)) {
    setState(neigh, NUD_FAILED, ns.world.now);
    neighInvalidate(neigh);
  } else {
    if ((neigh.state & NUD_IN_TIMER) !== 0) setTimer(neigh, Math.max(next, ns.world.now + 10));
    if (asking) neighProbe(neigh);
  }
  ns.world.softirq();
}

/** The transition that is due; returns when to look again. */
function onTimer(neigh: Neigh, now: number): number {
  const delay = neigh.dev.inDev.arpParms.delay_first_probe_time * 1000;
  if (neigh.state === NUD_REACHABLE) {
    const until = neigh.confirmed + reachableTime(neigh);
    if (now < until) return until;
    setState(neigh, now <= neigh.used + delay ? NUD_DELAY : NUD_STALE, now);
    return now + delay;
  }
  if (neigh.state === NUD_DELAY) {
    if (now <= neigh.confirmed + delay) {
      setState(neigh, NUD_REACHABLE, now);
      return neigh.confirmed + reachableTime(neigh);
    }
    neigh.probes = 0;
    setState(neigh, NUD_PROBE, now);
  }
  return now + retrans(neigh);
}

function maxProbes(neigh: Neigh): number {
  const parms = neigh.dev.inDev.arpParms;
  const more = neigh.state === NUD_PROBE ? parms.mcast_resolicit : parms.mcast_solicit;
  return parms.ucast_solicit + parms.app_solicit + more;
}

function retrans(neigh: Neigh): number {
  return Math.max(neigh.dev.inDev.arpParms.retrans_time_ms, 10);
}

/** neigh_rand_reach_time: 0.5 to 1.5 of the base. */
function reachableTime(neigh: Neigh): number {
  const base = neigh.dev.inDev.arpParms.base_reachable_time_ms;
  return neigh.reachableTime !== 0 ? neigh.reachableTime : base / 2 + neigh.dev.ns.arp.random.below(Math.max(base, 1));
}

/** neigh_invalidate: nobody answered; every waiting packet fails. */
function neighInvalidate(neigh: Neigh): void {
  const { ops } = neigh.dev.ns.arp;
  neigh.queueBytes = 0;
  // A packet sent because of the failure may start a new resolution; only those that waited are reported.
  for (const pkt of neigh.queue.splice(0)) ops?.errorReport(neigh, pkt);
}

export interface NeighUpdateFlags {
  /** Replace a different known address. */
  readonly override?: boolean;
  /** By hand: permanent entries too. */
  readonly admin?: boolean;
}

/** neigh_update: news about a neighbour. `lladdr` null keeps the known one. False: refused. */
export function neighUpdate(neigh: Neigh, lladdr: Mac | null, wanted: NudState, flags: NeighUpdateFlags = {}): boolean {
  const now = neigh.dev.ns.world.now;
  const old = neigh.state;
  if (flags.admin !== true && (old & (NUD_NOARP | NUD_PERMANENT)) !== 0) return false;
  if ((wanted & NUD_VALID) === 0) {
    invalidateUpdate(neigh, wanted, now);
    return true;
  }
  const known = (old & NUD_VALID) !== 0;
  if (lladdr === null && !known) return false;
  const addr = lladdr ?? neigh.lladdr;
  if ((wanted & NUD_CONNECTED) !== 0) neigh.confirmed = now;
  let state = wanted;
  if (known) {
    if (addr !== neigh.lladdr && flags.override !== true) return true;
    if (addr === neigh.lladdr && wanted === NUD_STALE && flags.admin !== true) state = old;
  }
  applyUpdate(neigh, addr, state, now);
  return true;
}

function invalidateUpdate(neigh: Neigh, wanted: NudState, now: number): void {
  const asking = (neigh.state & (NUD_INCOMPLETE | NUD_PROBE)) !== 0;
  cancelTimer(neigh);
  setState(neigh, wanted, now);
  if (asking && wanted === NUD_FAILED) neighInvalidate(neigh);
}

function applyUpdate(neigh: Neigh, addr: Mac, state: NudState, now: number): void {
  const old = neigh.state;
  const moved = addr !== neigh.lladdr;
  if (state === old && !moved) return;
  neigh.updated = now;
  neigh.lladdr = addr;
  if (moved) neigh.origin = null;
  if (moved && (state & NUD_CONNECTED) === 0)
    neigh.confirmed = now - neigh.dev.inDev.arpParms.base_reachable_time_ms * 2;
  if (state !== old) enterState(neigh, state, now);
  neigh.dev.ns.arp.notify(neigh);
  if ((old & NUD_VALID) === 0) flushQueue(neigh);
}

function enterState(neigh: Neigh, state: NudState, now: number): void {
  cancelTimer(neigh);
  neigh.state = state;
  // neigh_update_gc_list: what is set by hand for good is not collected.
  const { gcList } = neigh.dev.ns.arp;
  if (state === NUD_PERMANENT) gcList.delete(neigh);
  else gcList.add(neigh);
  if (state === NUD_PROBE) neigh.probes = 0;
  if (state === NUD_REACHABLE) {
    neigh.reachableTime = 0;
    neigh.reachableTime = reachableTime(neigh);
  }
  if ((state & NUD_IN_TIMER) !== 0) setTimer(neigh, now + (state === NUD_REACHABLE ? neigh.reachableTime : 0));
}

/** Waiting packets go out in the order they came. */
function flushQueue(neigh: Neigh): void {
  const waiting = neigh.queue.splice(0);
  neigh.queueBytes = 0;
  for (const pkt of waiting) neighResolveOutput(neigh, pkt, neighEventSend);
}

function setState(neigh: Neigh, state: NudState, now: number): void {
  neigh.state = state;
  neigh.updated = now;
  neigh.dev.ns.arp.notify(neigh);
}

function setTimer(neigh: Neigh, at: number): void {
  cancelTimer(neigh);
  neigh.timer = neigh.dev.ns.world.clock.at(at, () => {
    neighTimer(neigh);
  });
}

function cancelTimer(neigh: Neigh): void {
  if (neigh.timer !== null) neigh.dev.ns.world.clock.cancel(neigh.timer);
  neigh.timer = null;
}
