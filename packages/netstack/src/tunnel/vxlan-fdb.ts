// The forwarding table of a VXLAN device: inner MAC → remote endpoints (drivers/net/vxlan/vxlan_core.c, fdb part).

import type { Ipv4 } from "../addr/ipv4.ts";
import { formatIpv4 } from "../addr/ipv4.ts";
import type { Mac } from "../addr/mac.ts";
import { formatMac, isGroupMac, MAC_ZERO } from "../addr/mac.ts";
import type { NetdevError } from "../dev/net-device.ts";
import type { DropReason } from "../skb/drop-reason.ts";
import type { Vxlan, VxlanFdb, VxlanFdbState } from "./vxlan.ts";
import type { RuleOrigin } from "../rtnl/batch.ts";

function hasExpired(vx: Vxlan, f: VxlanFdb): boolean {
  return f.state === "reachable" && vx.cfg.ageing !== 0 && f.updated + vx.cfg.ageing * 1000 <= vx.net.world.now;
}

/** vxlan_find_mac without touching `used`. Rows that have aged out are gone. */
export function vxlanFdbFind(vx: Vxlan, mac: Mac): VxlanFdb | undefined {
  const f = vx.fdb.get(mac);
  if (f === undefined || !hasExpired(vx, f)) return f;
  vx.fdb.delete(mac);
  return undefined;
}

export function vxlanFdbCleanup(vx: Vxlan): void {
  for (const f of vx.fdb.values()) if (hasExpired(vx, f)) vx.fdb.delete(f.mac);
}

export interface VxlanFdbRequest {
  readonly mac: Mac;
  readonly ip: Ipv4;
  readonly state: VxlanFdbState;
  readonly mode: "add" | "replace" | "append";
  /** Outgoing device, 0: by route. */
  readonly ifindex: number;
  /** Who wants the row; undefined: a packet taught it. */
  readonly origin?: RuleOrigin | null;
}

function create(vx: Vxlan, r: VxlanFdbRequest): void {
  const now = vx.net.world.now;
  const { mac, state, origin = null } = r;
  vx.fdb.set(mac, { mac, remotes: [rdst(r)], state, origin, updated: now, used: now });
}

function rdst(r: VxlanFdbRequest): { ip: Ipv4; port: number; vni: number; ifindex: number } {
  return { ip: r.ip, port: 0, vni: 0, ifindex: r.ifindex };
}

/** vxlan_fdb_update. Only group and all-zero rows take several remotes; an append to another row changes nothing, and is no error. */
export function vxlanFdbUpdate(vx: Vxlan, r: VxlanFdbRequest): NetdevError | null {
  const f = vxlanFdbFind(vx, r.mac);
  if (f === undefined) {
    create(vx, r);
    return null;
  }
  if (r.mode === "add") return { errno: "EEXIST" };
  const several = r.mac === MAC_ZERO || isGroupMac(r.mac);
  if (r.mode === "replace") {
    if (several) return { errno: "EOPNOTSUPP", extack: "Cannot replace an existing non nexthop fdb with a nexthop" };
    f.remotes.splice(0, f.remotes.length, rdst(r));
  } else if (several && !f.remotes.some((d) => d.ip === r.ip && d.ifindex === r.ifindex)) {
    f.remotes.push(rdst(r));
  }
  f.state = r.state;
  f.origin = r.origin ?? null;
  f.updated = vx.net.world.now;
  return null;
}

/** vxlan_fdb_delete: one remote (0: all of them). A remote that is not there is no error as long as the row is. */
export function vxlanFdbDelete(vx: Vxlan, mac: Mac, ip: Ipv4): NetdevError | null {
  const f = vxlanFdbFind(vx, mac);
  if (f === undefined) return { errno: "ENOENT" };
  if (ip !== 0) {
    const at = f.remotes.findIndex((d) => d.ip === ip);
    if (at < 0) return null;
    if (f.remotes.length > 1) {
      f.remotes.splice(at, 1);
      return null;
    }
  }
  vx.fdb.delete(mac);
  return null;
}

/** vxlan_snoop: learn where an inner source is. Null, or why the packet must be dropped. */
export function vxlanSnoop(vx: Vxlan, srcIp: Ipv4, srcMac: Mac): DropReason | null {
  if (srcMac === 0 || isGroupMac(srcMac)) return "MAC_INVALID_SOURCE";
  const f = vxlanFdbFind(vx, srcMac);
  if (f === undefined) {
    create(vx, { mac: srcMac, ip: srcIp, state: "reachable", mode: "add", ifindex: 0 });
    return null;
  }
  const first = f.remotes[0];
  if (first !== undefined && first.ip === srcIp) {
    f.updated = vx.net.world.now;
    return null;
  }
  if (f.state !== "reachable") return "VXLAN_ENTRY_EXISTS";
  if (first !== undefined) {
    vx.dev.ns.printk(
      `${vx.dev.name}: ${formatMac(srcMac)} migrated from ${formatIpv4(first.ip)} to ${formatIpv4(srcIp)}`,
    );
    first.ip = srcIp;
  }
  f.updated = vx.net.world.now;
  return null;
}
