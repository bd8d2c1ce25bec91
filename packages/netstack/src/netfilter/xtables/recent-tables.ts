// The lists behind -m recent and their /proc/net/xt_recent text (net/netfilter/xt_recent.c).

import { formatIpv4, parseIpv4 } from "../../addr/ipv4.ts";
import type { RecentParams } from "./matches/recent.ts";

/** Module parameter ip_list_tot. */
const LIST_TOTAL = 100;
const DEFAULT_STAMPS = 32;
/** jiffies at boot, HZ 1000: the counter starts five minutes before it wraps 32 bits. */
const INITIAL_JIFFIES = 4294667296;

interface Entry {
  readonly addr: number;
  ttl: number;
  /** Virtual ms; a ring written at `index`. */
  readonly stamps: number[];
  index: number;
}

export class RecentTable {
  readonly name: string;
  /** The mask of the first rule that named the list. */
  readonly mask: number;
  references = 0;
  private size: number;
  /** Least recently used first. */
  private entries: Entry[] = [];

  constructor(name: string, mask: number, size: number) {
    this.name = name;
    this.mask = mask;
    this.size = size;
  }

  /** A rule asks for more stamps than the list keeps: it is emptied and widened. */
  widen(size: number): void {
    if (size <= this.size) return;
    this.entries = [];
    this.size = size;
  }

  /** recent_mt. */
  match(p: RecentParams, rawAddr: number, ttl: number, now: number): boolean {
    const addr = (rawAddr & this.mask) >>> 0;
    const entry = this.lookup(addr, p.rttl ? ttl : 0);
    if (entry === undefined) {
      if (p.action !== "set") return p.invert;
      this.add(addr, ttl, now);
      return !p.invert;
    }
    const hit = this.apply(p, entry, now) !== p.invert;
    if (p.action === "set" || (p.action === "update" && hit)) this.touch(entry, ttl, now);
    return hit;
  }

  /** True when the entry fulfils the action's conditions; --remove and --reap take effect here. */
  private apply(p: RecentParams, entry: Entry, now: number): boolean {
    if (p.action === "set") return true;
    if (p.action === "remove") {
      this.remove(entry);
      return true;
    }
    const since = now - p.seconds * 1000;
    let hits = 0;
    for (const stamp of entry.stamps) if (p.seconds === 0 || stamp >= since) hits++;
    const hit = hits >= Math.max(1, p.hitcount);
    if (p.reap) this.reap(since, p.action === "update" ? entry : null);
    return hit;
  }

  /** recent_entry_reap: at most the oldest entry, and not the one that is about to be updated. */
  private reap(since: number, keep: Entry | null): void {
    const oldest = this.entries[0];
    if (oldest === undefined || oldest === keep) return;
    if ((oldest.stamps[oldest.index - 1] ?? 0) < since) this.remove(oldest);
  }

  private lookup(addr: number, ttl: number): Entry | undefined {
    return this.entries.find((e) => e.addr === addr && (ttl === 0 || e.ttl === 0 || e.ttl === ttl));
  }

  private add(addr: number, ttl: number, now: number): void {
    if (this.entries.length >= LIST_TOTAL) this.entries.shift();
    this.entries.push({ addr, ttl, stamps: [now], index: 1 });
  }

  private touch(entry: Entry, ttl: number, now: number): void {
    if (entry.index >= this.size) entry.index = 0;
    entry.stamps[entry.index++] = now;
    entry.ttl = ttl;
    this.remove(entry);
    this.entries.push(entry);
  }

  private remove(entry: Entry): void {
    const at = this.entries.indexOf(entry);
    if (at >= 0) this.entries.splice(at, 1);
  }

  /** Text of /proc/net/xt_recent/NAME. */
  proc(): string {
    const jiffies = (ms: number): number => INITIAL_JIFFIES + Math.floor(ms);
    return this.entries
      .map(
        (e) =>
          `src=${formatIpv4(e.addr)} ttl: ${e.ttl} last_seen: ${jiffies(e.stamps[e.index - 1] ?? 0)} oldest_pkt: ${e.index} ${e.stamps.map(jiffies).join(", ")}\n`,
      )
      .join("");
  }

  /** What a write to the /proc file does: `+ADDR` adds, `-ADDR` removes, `/` empties. */
  write(text: string, now: number): "EINVAL" | undefined {
    const word = text.trim();
    if (word === "/") {
      this.entries = [];
      return undefined;
    }
    const addr = parseIpv4(word.slice(1));
    if (addr === undefined || !/^[+-]/.test(word)) return "EINVAL";
    const entry = this.lookup(addr, 0);
    if (word.startsWith("-")) {
      if (entry !== undefined) this.remove(entry);
    } else if (entry === undefined) this.add(addr, 0, now);
    else this.touch(entry, 0, now);
    return undefined;
  }

  /** Address and TTL of every entry, oldest first. */
  rows(): { readonly src: string; readonly ttl: number }[] {
    return this.entries.map((e) => ({ src: formatIpv4(e.addr), ttl: e.ttl }));
  }
}

/** Stamps a rule needs: hitcount + 1 rounded up to a power of two, 32 without hitcount. */
function stampsFor(p: RecentParams): number {
  return p.hitcount === 0 ? DEFAULT_STAMPS : 2 ** Math.ceil(Math.log2(p.hitcount + 1));
}

/** All lists of a namespace; a list lives as long as rules name it. */
export class RecentTables {
  private readonly tables = new Map<string, RecentTable>();

  get(name: string): RecentTable | undefined {
    return this.tables.get(name);
  }

  names(): string[] {
    return [...this.tables.keys()];
  }

  /** A rule that names the list was loaded. */
  acquire(p: RecentParams): void {
    let table = this.tables.get(p.name);
    if (table === undefined) this.tables.set(p.name, (table = new RecentTable(p.name, p.mask, stampsFor(p))));
    else table.widen(stampsFor(p));
    table.references++;
  }

  release(p: RecentParams): void {
    const table = this.tables.get(p.name);
    if (table !== undefined && --table.references === 0) this.tables.delete(p.name);
  }
}
