// What an address is to this namespace, and which of its own addresses to use (net/ipv4/fib_frontend.c, devinet.c).

import type { Ipv4 } from "../../addr/ipv4.ts";
import { INADDR_BROADCAST, isMulticast, isZeronet } from "../../addr/ipv4.ts";
import type { NetDevice } from "../../dev/net-device.ts";
import type { NetNamespace } from "../../netns/net-namespace.ts";
import type { InDevice } from "../in-device.ts";
import { ifaMatch } from "../in-device.ts";
import {
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_TABLE_LOCAL,
  RTN_BROADCAST,
  RTN_LOCAL,
  RTN_MULTICAST,
  RTN_UNICAST,
} from "../rt-types.ts";
import type { FibResult } from "./fib-types.ts";
import type { FibMatch } from "./prefix-map.ts";

const ANY_MATCH: FibMatch = { tos: 0, oif: 0, scope: 0, ignoreLinkState: true };

/** inet_addr_type(_table): RTN_LOCAL, RTN_BROADCAST, RTN_MULTICAST or RTN_UNICAST. With `dev`, local and broadcast count only on that device. */
export function inetAddrType(ns: NetNamespace, addr: Ipv4, dev?: NetDevice | null, table = RT_TABLE_LOCAL): number {
  if (addr === INADDR_BROADCAST || isZeronet(addr)) return RTN_BROADCAST;
  if (isMulticast(addr)) return RTN_MULTICAST;
  const res: FibResult = { alias: null, nhSel: 0 };
  if (ns.fib.lookupIn(table, addr, ANY_MATCH, res) !== null || res.alias === null) return RTN_UNICAST;
  if (dev !== undefined && dev !== null && res.alias.info.nhs[0]?.dev !== dev) return RTN_UNICAST;
  return res.alias.type;
}

/** ip_dev_find without a device: is `addr` an address of this namespace (127.0.0.0/8 included)? */
export function ipDevFind(ns: NetNamespace, addr: Ipv4): NetDevice | null {
  if (ns.ipv4.addrOwners.has(addr | 0)) {
    for (const dev of ns.devices) if (dev.inDev.addrs.some((a) => a.local === addr)) return dev;
  }
  const res: FibResult = { alias: null, nhSel: 0 };
  if (ns.fib.lookupIn(RT_TABLE_LOCAL, addr, ANY_MATCH, res) !== null || res.alias?.type !== RTN_LOCAL) return null;
  return res.alias.info.nhs[0]?.dev ?? null;
}

/**
 * inet_select_addr: the address of `dev` for talking to `dst` (0: no preference) with a scope no narrower than `scope`;
 * a device without a suitable address borrows the first one of the namespace. 0 when there is none.
 */
export function inetSelectAddr(ns: NetNamespace, dev: NetDevice | null, dst: Ipv4, scope: number): Ipv4 {
  let addr = 0 as Ipv4;
  if (dev !== null) {
    addr = selectOnDevice(dev.inDev, dst, scope);
    if (addr !== 0) return addr;
  }
  for (const other of ns.devices) {
    addr = inDevSelectAddr(other.inDev, scope);
    if (addr !== 0) return addr;
  }
  return addr;
}

function selectOnDevice(inDev: InDevice, dst: Ipv4, scope: number): Ipv4 {
  // With route_localnet, host-scope addresses count as link scope.
  const localnetScope = inDev.routeLocalnet ? RT_SCOPE_LINK : RT_SCOPE_HOST;
  let first = 0 as Ipv4;
  for (const ifa of inDev.addrs) {
    if (ifa.secondary || Math.min(ifa.scope, localnetScope) > scope) continue;
    if (dst === 0 || ifaMatch(ifa, dst)) return ifa.local;
    if (first === 0) first = ifa.local;
  }
  return first;
}

function inDevSelectAddr(inDev: InDevice, scope: number): Ipv4 {
  const ifa = inDev.addrs.find((a) => !a.secondary && a.scope !== RT_SCOPE_LINK && a.scope <= scope);
  return ifa?.local ?? (0 as Ipv4);
}
