// Room in the neighbour table (net/core/neighbour.c: neigh_alloc, neigh_forced_gc, neigh_periodic_work). Nothing runs by
// itself: collection that would be due is made up for when a new neighbour wants in.

import type { Neigh } from "./neigh.ts";
import { NUD_FAILED, NUD_IN_TIMER, NUD_NOARP } from "./neigh.ts";
import type { ArpTable } from "./neigh-table.ts";

/** Young entries are spared by a forced collection, and collections above gc_thresh2 come no closer together, ms. */
const FLUSH_INTERVAL = 5000;

/** False: the table is full and nothing can go. */
export function neighMakeRoom(table: ArpTable): boolean {
  const { now } = table.ns.world;
  if (table.gcList.size >= table.gc_thresh1) periodic(table, now);
  const entries = table.gcList.size;
  const due = entries >= table.gc_thresh3 || (entries >= table.gc_thresh2 && now > table.lastFlush + FLUSH_INTERVAL);
  if (!due) return true;
  const freed = forced(table, now);
  if (freed > 0 || entries < table.gc_thresh3) return true;
  table.ns.printk("neighbour: arp_cache: neighbor table overflow!");
  return false;
}

/** Unused for gc_stale_time, or failed: goes at the next turn, half the base reachable time apart. */
function periodic(table: ArpTable, now: number): void {
  if (now < table.lastPeriodic + table.parms.base_reachable_time_ms / 2) return;
  table.lastPeriodic = now;
  for (const neigh of table.gcList) {
    const old = now >= neigh.used + neigh.dev.inDev.arpParms.gc_stale_time * 1000;
    if (idle(neigh) && (neigh.state === NUD_FAILED || old)) table.remove(neigh);
  }
}

/** Oldest first, down to gc_thresh2: failed ones, those that need no asking, and any not changed lately. Returns how many went. */
function forced(table: ArpTable, now: number): number {
  const most = Math.max(table.gcList.size - table.gc_thresh2, 1);
  let freed = 0;
  table.lastFlush = now;
  for (const neigh of table.gcList) {
    if (freed >= most) break;
    const old = now > neigh.updated + FLUSH_INTERVAL;
    if (!idle(neigh) || !(neigh.state === NUD_FAILED || neigh.state === NUD_NOARP || old)) continue;
    table.remove(neigh);
    freed++;
  }
  return freed;
}

/** A running timer holds a reference. */
function idle(neigh: Neigh): boolean {
  return (neigh.state & NUD_IN_TIMER) === 0;
}
