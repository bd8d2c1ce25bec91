// Connection tracking of one namespace: table, settings, events and counters, and the reference count that decides whether
// packets are tracked at all (nf_conntrack_core.c, nf_conntrack_proto.c: nf_ct_netns_get).

import { EventEmitter } from "eventemitter3";
import type { Timer } from "@kubehop/sim";
import type { NetNamespace } from "../../netns/net-namespace.ts";
import { Conntrack, IPS_CONFIRMED, IPS_DYING, IPS_NAT_CLASH, ZONE_DIR_BOTH } from "./conntrack.ts";
import { registerConntrackHooks, unregisterConntrackHooks } from "./conntrack-hooks.ts";
import { ConntrackTable } from "./conntrack-table.ts";
import { CtSysctls, registerCtSysctls } from "./ct-sysctls.ts";
import type { ConntrackEvents, DestroyCause } from "./events.ts";
import { IPCT_NEW, IPCT_RELATED } from "./events.ts";
import type { Tuple, TupleHash } from "./tuple.ts";
import { Tuple as TupleScratch } from "./tuple.ts";

/** Virtual ms between looks for expired entries while somebody listens to events (the kernel's gc worker: 1 s to 60 s). */
const GC_INTERVAL = 1000;

/** Counters of `conntrack -S`. */
export class ConntrackStats {
  found = 0;
  invalid = 0;
  insert = 0;
  insertFailed = 0;
  drop = 0;
  earlyDrop = 0;
  error = 0;
  searchRestart = 0;
  clashResolve = 0;
  chaintoolong = 0;
}

export class ConntrackNet {
  readonly ns: NetNamespace;
  readonly table = new ConntrackTable();
  readonly sysctl: CtSysctls;
  readonly stats = new ConntrackStats();
  /** NEW, UPDATE, DESTROY. Subscribe with `listen`, so that gathering starts. */
  readonly events = new EventEmitter<ConntrackEvents>();
  /** Reused by lookups; valid until the next call into conntrack. */
  readonly scratchA: Tuple = new TupleScratch();
  readonly scratchB: Tuple = new TupleScratch();
  /** nf_nat_cleanup_conntrack, set while NAT is in use. */
  onDestroy: ((ct: Conntrack) => void) | null = null;
  private users = 0;
  private nextId = 1;
  private listeners = 0;
  private gcTimer: Timer | null = null;

  constructor(ns: NetNamespace) {
    this.ns = ns;
    this.sysctl = new CtSysctls(ns.flavour);
    registerCtSysctls(ns.sysctl, this.sysctl, () => this.table.count);
  }

  get now(): number {
    return this.ns.world.now;
  }

  /** True while packets of this namespace are tracked. */
  get active(): boolean {
    return this.users > 0;
  }

  /** nf_ct_netns_get: somebody (a rule with a state match, a NAT target) needs conntrack. The first user activates defragmentation and tracking. */
  get(): void {
    if (this.users++ === 0) registerConntrackHooks(this.ns);
  }

  /** nf_ct_netns_put. Entries stay. */
  put(): void {
    if (this.users === 0) return;
    if (--this.users === 0) unregisterConntrackHooks(this.ns);
  }

  /** A connection that is in no table yet. */
  alloc(): Conntrack {
    return new Conntrack(this.ns, this.nextId++);
  }

  /** __nf_conntrack_find_get: the live entry end with this tuple in the zone; expired ones met on the way are removed. */
  find(t: Tuple, zone = 0, zoneDir: number = ZONE_DIR_BOTH, skip: Conntrack | null = null): TupleHash | null {
    for (;;) {
      const h = this.table.find(t, zone, zoneDir, skip);
      if (h === null || !this.isExpired(h.ct)) return h;
      this.delete(h.ct, "kernel");
    }
  }

  /** The live entry end with this tuple in zone 0, for who only looks: nothing is removed. */
  peek(t: Tuple): TupleHash | null {
    const h = this.table.find(t, 0, ZONE_DIR_BOTH, null);
    return h === null || this.isExpired(h.ct) ? null : h;
  }

  isExpired(ct: Conntrack): boolean {
    return (ct.status & IPS_CONFIRMED) !== 0 && ct.timeout <= this.now;
  }

  /** Another entry that holds this tuple in the zone of `ct`. */
  findOther(t: Tuple, ct: Conntrack): TupleHash | null {
    return this.find(t, ct.zone, ct.zoneDir, ct);
  }

  /** Put both ends of a confirmed connection into the table. */
  insert(ct: Conntrack): void {
    this.table.link(ct.orig);
    this.table.link(ct.reply);
    this.table.count++;
    this.table.sweep(this.reap);
  }

  /** nf_ct_kill: true when the entry was still in the table. */
  kill(ct: Conntrack): boolean {
    return this.delete(ct, "kernel");
  }

  /** nf_ct_delete: take the entry out and tell the listeners. False when it was gone already. */
  delete(ct: Conntrack, cause: DestroyCause): boolean {
    if ((ct.status & IPS_DYING) !== 0) return false;
    ct.status |= IPS_DYING;
    this.table.unlink(ct.orig);
    if (!this.table.unlink(ct.reply)) return false;
    this.table.count--;
    this.onDestroy?.(ct);
    if (this.gathers) this.events.emit("destroy", ct, cause);
    return true;
  }

  /** A connection whose packet was refused before it came into the table. */
  discard(ct: Conntrack): void {
    ct.status |= IPS_DYING;
    this.onDestroy?.(ct);
  }

  /** Live entries in order of creation; hidden clash entries are left out, as in every listing. */
  list(): Conntrack[] {
    this.collectExpired();
    const out: Conntrack[] = [];
    this.table.forEach((ct) => {
      if ((ct.status & IPS_NAT_CLASH) === 0) out.push(ct);
    });
    return out.sort((a, b) => a.id - b.id);
  }

  /** Remove all that have expired, in the order in which their time was over. */
  private collectExpired(): void {
    const over = new Set<Conntrack>();
    this.table.forEachEnd((ct) => {
      if (this.isExpired(ct)) over.add(ct);
    });
    for (const ct of [...over].sort((a, b) => a.timeout - b.timeout || a.id - b.id)) this.delete(ct, "kernel");
  }

  /** nf_ct_iterate_cleanup: remove what `match` says; returns how many. */
  cleanup(match: (ct: Conntrack) => boolean, cause: DestroyCause = "user"): number {
    let n = 0;
    for (const ct of this.list()) if (match(ct) && this.delete(ct, cause)) n++;
    return n;
  }

  /** Remove everything (`conntrack -F`), hidden entries included. */
  flush(): void {
    for (const ct of this.list()) this.delete(ct, "user");
    // What is left has only its reply end in the table.
    this.table.forEachEnd((ct) => this.delete(ct, "user"));
  }

  /** nf_conntrack_cleanup_net: the namespace goes. Who listened hears nothing more. */
  exit(): void {
    this.events.removeAllListeners();
    this.listeners = 0;
    if (this.gcTimer !== null) this.ns.world.clock.cancel(this.gcTimer);
    this.gcTimer = null;
    this.flush();
  }

  /** Number of entries as nf_conntrack_count tells: expired ones that nobody met yet included. */
  get count(): number {
    return this.table.count;
  }

  /** Subscribe to events; returns the way out. While anybody listens, expired entries are looked for once a second. */
  listen(on: Partial<ConntrackEvents>): () => void {
    if (on.new !== undefined) this.events.on("new", on.new);
    if (on.update !== undefined) this.events.on("update", on.update);
    if (on.destroy !== undefined) this.events.on("destroy", on.destroy);
    this.listeners++;
    this.scheduleGc();
    return () => {
      if (on.new !== undefined) this.events.off("new", on.new);
      if (on.update !== undefined) this.events.off("update", on.update);
      if (on.destroy !== undefined) this.events.off("destroy", on.destroy);
      if (this.listeners > 0) this.listeners--;
    };
  }

  /** nf_conntrack_event_cache. */
  cacheEvent(ct: Conntrack, mask: number): void {
    if (this.gathers) ct.cachedEvents |= mask;
  }

  /** nf_ct_deliver_cached_events: NEW swallows whatever else happened on the way. */
  deliverEvents(ct: Conntrack): void {
    const mask = ct.cachedEvents;
    if (mask === 0) return;
    ct.cachedEvents = 0;
    if ((ct.status & IPS_CONFIRMED) === 0 || (ct.status & IPS_DYING) !== 0) return;
    if ((mask & (IPCT_NEW | IPCT_RELATED)) !== 0) this.events.emit("new", ct);
    else this.events.emit("update", ct, mask);
    this.scheduleGc();
  }

  private get gathers(): boolean {
    return this.listeners > 0 && this.sysctl.events !== 0;
  }

  private readonly reap = (ct: Conntrack): void => {
    if (this.isExpired(ct)) this.delete(ct, "kernel");
  };

  /** One timer for all entries, and only while somebody wants to hear of their end and there are any. */
  private scheduleGc(): void {
    if (this.listeners === 0 || this.gcTimer?.active === true || this.table.count === 0) return;
    this.gcTimer = this.ns.world.clock.schedule(GC_INTERVAL, () => {
      this.gcTimer = null;
      this.collectExpired();
      this.scheduleGc();
    });
  }
}
