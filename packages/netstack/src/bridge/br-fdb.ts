// The forwarding database: learning, ageing, local addresses (net/bridge/br_fdb.c).

import type { Mac } from "../addr/mac.ts";
import { formatMac, isGroupMac } from "../addr/mac.ts";
import type { Bridge } from "./bridge.ts";
import type { BridgePort } from "./bridge-port.ts";
import { FdbEntry } from "./fdb-entry.ts";

/** net_ratelimit: ten lines in five seconds. */
const WARN_BURST = 10;
const WARN_WINDOW = 5000;

export function brWarn(br: Bridge, text: string): void {
  const now = br.dev.ns.world.now;
  if (now >= br.warnUntil) {
    br.warnUntil = now + WARN_WINDOW;
    br.warnings = 0;
  }
  if (br.warnings++ < WARN_BURST) br.dev.ns.printk(`${br.dev.name}: ${text}`);
}

function hasExpired(br: Bridge, f: FdbEntry, now: number): boolean {
  return !f.isStatic && f.updated + br.ageingTime <= now;
}

/** br_fdb_find. The kernel's collector removes an entry at the moment it expires; here the next look does. */
export function brFdbFind(br: Bridge, addr: Mac): FdbEntry | undefined {
  const f = br.fdb.get(addr);
  if (f === undefined || !hasExpired(br, f, br.dev.ns.world.now)) return f;
  br.fdb.delete(addr);
  return undefined;
}

/** br_fdb_cleanup: drop what has expired (before a listing). */
export function brFdbCleanup(br: Bridge): void {
  const now = br.dev.ns.world.now;
  for (const f of br.fdb.values()) if (hasExpired(br, f, now)) br.fdb.delete(f.addr);
}

/** fdb_create. */
export function fdbCreate(
  br: Bridge,
  port: BridgePort | null,
  addr: Mac,
  isLocal: boolean,
  isStatic: boolean,
): FdbEntry {
  const f = new FdbEntry(addr, port, isLocal, isStatic, br.dev.ns.world.now);
  br.fdb.set(addr, f);
  return f;
}

/** br_fdb_update: a frame from `addr` came in by `source`. An address of ours as source means a loop or a stolen address: warn, do not move. */
export function brFdbUpdate(br: Bridge, source: BridgePort, addr: Mac): void {
  if (br.ageingTime === 0) return;
  const f = brFdbFind(br, addr);
  if (f === undefined) {
    fdbCreate(br, source, addr, false, false);
    return;
  }
  if (f.isLocal) {
    brWarn(
      br,
      `received packet on ${source.dev.name} with own address as source address (addr:${formatMac(addr)}, vlan:0)`,
    );
    return;
  }
  f.updated = br.dev.ns.world.now;
  if (f.port === source || f.sticky) return;
  f.port = source;
  f.origin = null;
}

/** fdb_add_local: an address of the bridge (`source` null) or of a port. The first owner of a shared address keeps the row. */
export function fdbAddLocal(br: Bridge, source: BridgePort | null, addr: Mac): void {
  if (addr === 0 || isGroupMac(addr)) return;
  const f = brFdbFind(br, addr);
  if (f !== undefined) {
    if (f.isLocal) return;
    const name = (source?.dev ?? br.dev).name;
    brWarn(br, `adding interface ${name} with same address as a received packet (addr:${formatMac(addr)}, vlan:0)`);
  }
  fdbCreate(br, source, addr, true, true);
}

/** fdb_delete_local: the row passes to another owner of the same address, if there is one. */
export function fdbDeleteLocal(br: Bridge, p: BridgePort | null, f: FdbEntry): void {
  const other = br.ports.find((op) => op !== p && op.dev.addr === f.addr);
  if (other !== undefined || (p !== null && br.dev.addr === f.addr)) {
    f.port = other ?? null;
    f.addedByUser = false;
    f.origin = null;
    return;
  }
  br.fdb.delete(f.addr);
}

/** br_fdb_changeaddr: a port has a new address (device field already changed). */
export function brFdbChangeaddr(p: BridgePort): void {
  const br = p.bridge;
  for (const f of br.fdb.values()) {
    if (f.port === p && f.isLocal && !f.addedByUser) fdbDeleteLocal(br, p, f);
  }
  fdbAddLocal(br, p, p.dev.addr);
}

/** br_fdb_change_mac_address: called before the bridge takes `addr`. */
export function brFdbChangeMacAddress(br: Bridge, addr: Mac): void {
  const f = br.fdb.get(br.dev.addr);
  if (f !== undefined && f.isLocal && f.port === null && !f.addedByUser) fdbDeleteLocal(br, null, f);
  fdbAddLocal(br, null, addr);
}

/** br_fdb_delete_by_port: `all` also takes static and local rows (the port leaves). */
export function brFdbDeleteByPort(br: Bridge, p: BridgePort, all: boolean): void {
  for (const f of br.fdb.values()) {
    if (f.port !== p || (!all && f.isStatic)) continue;
    if (f.isLocal) fdbDeleteLocal(br, p, f);
    else br.fdb.delete(f.addr);
  }
}
