// Rows that addresses make and unmake (net/ipv4/fib_frontend.c: fib_magic, fib_add_ifaddr, fib_del_ifaddr).

import type { Ipv4 } from "../../addr/ipv4.ts";
import { INADDR_BROADCAST, isZeronet, prefixMask } from "../../addr/ipv4.ts";
import type { NetDevice } from "../../dev/net-device.ts";
import { IFF_LOOPBACK } from "../../dev/net-device.ts";
import type { InAddr } from "../in-device.ts";
import { ifaMatch } from "../in-device.ts";
import type { RouteTypeNum } from "../rt-types.ts";
import {
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_TABLE_LOCAL,
  RT_TABLE_MAIN,
  RTN_BROADCAST,
  RTN_LOCAL,
  RTN_UNICAST,
} from "../rt-types.ts";
import { fibTableDelete, fibTableInsert } from "./fib-table-ops.ts";

const RTPROT_KERNEL = 2;

interface MagicRow {
  readonly type: RouteTypeNum;
  readonly prefix: Ipv4;
  readonly len: number;
}

/** fib_magic: add or delete the row `row` with the primary address as its source. */
function fibMagic(add: boolean, dev: NetDevice, row: MagicRow, prim: InAddr): void {
  const base = {
    type: row.type,
    prefix: row.prefix,
    len: row.len,
    tos: 0,
    scope: row.type === RTN_LOCAL ? RT_SCOPE_HOST : RT_SCOPE_LINK,
    table: row.type === RTN_UNICAST ? RT_TABLE_MAIN : RT_TABLE_LOCAL,
    protocol: RTPROT_KERNEL,
    metric: 0,
    prefsrc: prim.local,
  };
  if (add)
    fibTableInsert(
      dev.ns,
      { ...base, mtu: 0, advmss: 0, nhs: [{ dev, gateway: 0 as Ipv4, onlink: false, weight: 1 }] },
      "append",
    );
  else fibTableDelete(dev.ns, { ...base, nhs: [{ dev, gateway: 0 as Ipv4 }] });
}

/** inet_ifa_byprefix: the primary of the subnet of `ifa`. */
function primaryOf(dev: NetDevice, ifa: InAddr): InAddr {
  return dev.inDev.addrs.find((a) => !a.secondary && a.len === ifa.len && ifaMatch(a, ifa.address)) ?? ifa;
}

/** The rows besides `local A`: explicit broadcast, connected prefix, subnet broadcast(s). */
function subnetRows(dev: NetDevice, ifa: InAddr): MagicRow[] {
  const rows: MagicRow[] = [];
  const mask = prefixMask(ifa.len);
  const prefix = ((ifa.address & mask) >>> 0) as Ipv4;
  const broadcast = ((prefix | ~mask) >>> 0) as Ipv4;
  const push = (type: RouteTypeNum, addr: Ipv4, len: number): void => {
    if (!rows.some((r) => r.type === type && r.prefix === addr && r.len === len))
      rows.push({ type, prefix: addr, len });
  };
  if (ifa.broadcast !== 0 && ifa.broadcast !== INADDR_BROADCAST) push(RTN_BROADCAST, ifa.broadcast, 32);
  if (isZeronet(prefix) || ifa.secondary || (prefix === ifa.local && ifa.len === 32)) return rows;
  if (!ifa.noprefixroute) push((dev.flags & IFF_LOOPBACK) !== 0 ? RTN_LOCAL : RTN_UNICAST, prefix, ifa.len);
  if (ifa.len >= 31) return rows;
  if (dev.ns.flavour.networkBroadcastRoute) push(RTN_BROADCAST, prefix, 32);
  push(RTN_BROADCAST, broadcast, 32);
  return rows;
}

/** fib_add_ifaddr. */
export function fibAddIfaddr(dev: NetDevice, ifa: InAddr): void {
  const prim = ifa.secondary ? primaryOf(dev, ifa) : ifa;
  fibMagic(true, dev, { type: RTN_LOCAL, prefix: ifa.local, len: 32 }, prim);
  if (!dev.up) return;
  for (const row of subnetRows(dev, ifa)) fibMagic(true, dev, row, prim);
}

/**
 * fib_del_ifaddr: rows of `ifa` go. `iprim` is its primary when that one is being deleted and a secondary takes over. Rows that
 * another address with the same preferred source still needs stay.
 */
export function fibDelIfaddr(dev: NetDevice, ifa: InAddr, iprim: InAddr | null = null): void {
  const prim = iprim ?? (ifa.secondary ? primaryOf(dev, ifa) : ifa);
  const others = dev.inDev.addrs.filter((a) => a !== ifa && sharesSource(dev, a, prim, iprim));
  const kept = others.flatMap((a) => subnetRows(dev, a));
  for (const row of subnetRows(dev, ifa)) {
    const needed = row.type === RTN_BROADCAST && kept.some((k) => k.type === row.type && k.prefix === row.prefix);
    if (!needed) fibMagic(false, dev, row, prim);
  }
  if (!others.some((a) => a.local === ifa.local))
    fibMagic(false, dev, { type: RTN_LOCAL, prefix: ifa.local, len: 32 }, prim);
}

/** Rows of `a` name the same source as those of `prim`; a subnet that changes its primary does not count. */
function sharesSource(dev: NetDevice, a: InAddr, prim: InAddr, iprim: InAddr | null): boolean {
  if (iprim !== null && a.len === iprim.len && ifaMatch(iprim, a.address)) return false;
  return (a.secondary ? primaryOf(dev, a) : a).local === prim.local;
}
