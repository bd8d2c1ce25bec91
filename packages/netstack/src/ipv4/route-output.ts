// Where does a packet made here go, and from which address (net/ipv4/route.c: ip_route_output_key_hash_rcu)?

import type { Ipv4 } from "../addr/ipv4.ts";
import { INADDR_BROADCAST, INADDR_LOOPBACK, isLoopback, isMulticast, isZeronet } from "../addr/ipv4.ts";
import type { NetDevice } from "../dev/net-device.ts";
import { IFF_LOOPBACK } from "../dev/net-device.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import { inetSelectAddr, ipDevFind } from "./fib/addr-type.ts";
import type { FibAlias, FibNh, FibResult } from "./fib/fib-types.ts";
import { fibResNh } from "./fib/fib-types.ts";
import { fibSelectMultipath, fibMultipathHash } from "./fib/multipath.ts";
import { findException, withException } from "./fnhe.ts";
import type { FlowKey } from "./rtable.ts";
import { RTCF_BROADCAST, RTCF_LOCAL, RTCF_MULTICAST, Route } from "./rtable.ts";
import type { RouteErrno, RouteTypeNum } from "./rt-types.ts";
import {
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_SCOPE_UNIVERSE,
  RTN_BROADCAST,
  RTN_LOCAL,
  RTN_MULTICAST,
  RTN_UNICAST,
} from "./rt-types.ts";

/**
 * ip_route_output_key: the decision for a flow, or the errno the caller gets. Fills in `key.saddr` (and `key.daddr` for 0.0.0.0,
 * which means this host).
 */
export function ipRouteOutput(ns: NetNamespace, key: FlowKey): Route | RouteErrno {
  key.iif = ns.lo.ifindex;
  const early = checkSource(ns, key);
  if (early !== null) return early;
  let bound: NetDevice | null = null;
  if (key.oif !== 0) {
    const dev = ns.devices.byIndex(key.oif);
    if (dev === undefined) return "ENODEV";
    if (!dev.up) return "ENETUNREACH";
    bound = dev;
    if (isLocalMulticast(key.daddr) || key.daddr === INADDR_BROADCAST) {
      if (key.saddr === 0) key.saddr = inetSelectAddr(ns, dev, 0 as Ipv4, RT_SCOPE_LINK);
      return mkrouteOutput(key, dev, RTN_UNICAST, null, null, 0);
    }
    if (key.saddr === 0) boundSource(ns, key, dev);
  }
  return key.daddr === 0 ? toThisHost(ns, key) : lookup(ns, key, bound);
}

/** A given source must be ours; a broadcast or multicast without a device goes out by the device that owns the source. */
function checkSource(ns: NetNamespace, key: FlowKey): RouteErrno | null {
  const { saddr } = key;
  if (saddr === 0) return null;
  if (isMulticast(saddr) || saddr === INADDR_BROADCAST || isZeronet(saddr)) return "EINVAL";
  if (key.oif === 0 && (isMulticast(key.daddr) || key.daddr === INADDR_BROADCAST)) {
    const dev = ipDevFind(ns, saddr);
    if (dev === null) return "ENETUNREACH";
    key.oif = dev.ifindex;
    return null;
  }
  return key.anySrc || ipDevFind(ns, saddr) !== null ? null : "ENETUNREACH";
}

function boundSource(ns: NetNamespace, key: FlowKey, dev: NetDevice): void {
  if (isMulticast(key.daddr)) key.saddr = inetSelectAddr(ns, dev, 0 as Ipv4, RT_SCOPE_UNIVERSE);
  else if (key.daddr === 0) key.saddr = inetSelectAddr(ns, dev, 0 as Ipv4, RT_SCOPE_HOST);
}

function toThisHost(ns: NetNamespace, key: FlowKey): Route | RouteErrno {
  key.daddr = key.saddr !== 0 ? key.saddr : INADDR_LOOPBACK;
  if (key.saddr === 0) key.saddr = key.daddr;
  return mkrouteOutput(key, ns.lo, RTN_LOCAL, null, null, RTCF_LOCAL);
}

function lookup(ns: NetNamespace, key: FlowKey, bound: NetDevice | null): Route | RouteErrno {
  const res: FibResult = { alias: null, nhSel: 0 };
  const error = ns.fib.lookup(key, res);
  const { alias } = res;
  if (error !== null || alias === null) {
    if (bound === null) return error ?? "ENETUNREACH";
    // Bound to a device and no route: the destination is taken to be on its link.
    if (key.saddr === 0) key.saddr = inetSelectAddr(ns, bound, 0 as Ipv4, RT_SCOPE_LINK);
    return mkrouteOutput(key, bound, RTN_UNICAST, null, null, 0);
  }
  if (alias.type === RTN_LOCAL) {
    if (key.saddr === 0) key.saddr = alias.info.prefsrc !== 0 ? alias.info.prefsrc : key.daddr;
    return mkrouteOutput(key, ns.lo, RTN_LOCAL, alias, fibResNh(res), RTCF_LOCAL);
  }
  if (key.oif === 0 && alias.info.nhs.length > 1) fibSelectMultipath(ns, res, fibMultipathHash(ns, key));
  const nh = fibResNh(res);
  if (nh === null || nh.dev === null) return "ENETUNREACH";
  if (key.saddr === 0) key.saddr = fibResultPrefsrc(ns, alias, nh);
  return mkrouteOutput(key, nh.dev, alias.type, alias, nh, 0);
}

/** fib_result_prefsrc: the route's `src`, else an address of the output device that suits the gateway. */
export function fibResultPrefsrc(ns: NetNamespace, alias: FibAlias, nh: FibNh): Ipv4 {
  return alias.info.prefsrc !== 0 ? alias.info.prefsrc : inetSelectAddr(ns, nh.dev, nh.gateway, alias.info.scope);
}

/** __mkroute_output. */
function mkrouteOutput(
  key: FlowKey,
  dev: NetDevice,
  found: RouteTypeNum,
  alias: FibAlias | null,
  nh: FibNh | null,
  flags: number,
): Route | RouteErrno {
  const loopback = (dev.flags & IFF_LOOPBACK) !== 0;
  if (isLoopback(key.saddr) && !loopback && !dev.inDev.routeLocalnet) return "EINVAL";
  if (isZeronet(key.daddr)) return "EINVAL";
  const type = outputType(key.daddr, found);
  const base = flags | (loopback ? RTCF_LOCAL : 0);
  if (type === RTN_BROADCAST) return new Route({ type, dev, flags: base | RTCF_BROADCAST | RTCF_LOCAL, input: false });
  if (type === RTN_MULTICAST) return multicastRoute(key, dev, alias, nh, base);
  return unicastRoute(key, dev, type, alias, nh, base);
}

function outputType(daddr: Ipv4, found: RouteTypeNum): RouteTypeNum {
  if (daddr === INADDR_BROADCAST) return RTN_BROADCAST;
  return isMulticast(daddr) ? RTN_MULTICAST : found;
}

function multicastRoute(key: FlowKey, dev: NetDevice, alias: FibAlias | null, nh: FibNh | null, flags: number): Route {
  const joined = dev.inDev.groups.has(key.daddr | 0) ? RTCF_LOCAL : 0;
  // A default route is no multicast route: its gateway is not used.
  const gateway = alias !== null && alias.len >= 4 && nh !== null ? nh.gateway : (0 as Ipv4);
  return new Route({
    type: RTN_MULTICAST,
    dev,
    flags: flags | RTCF_MULTICAST | joined,
    gateway,
    input: false,
    table: alias?.table ?? 0,
    alias,
  });
}

function unicastRoute(
  key: FlowKey,
  dev: NetDevice,
  type: RouteTypeNum,
  alias: FibAlias | null,
  nh: FibNh | null,
  flags: number,
): Route {
  const cached = nh?.rthOutput ?? null;
  let route = cached !== null && cached.valid ? cached : null;
  if (route === null) {
    const gateway = type === RTN_LOCAL ? (0 as Ipv4) : (nh?.gateway ?? (0 as Ipv4));
    route = new Route({
      type,
      dev,
      flags,
      gateway,
      input: false,
      prefsrc: alias?.info.prefsrc ?? (0 as Ipv4),
      table: alias?.table ?? 0,
      alias,
      nh,
    });
    if (nh !== null) nh.rthOutput = route;
  }
  const exception = nh === null || nh.exceptions === null ? undefined : findException(nh, key.daddr, dev);
  return exception === undefined ? route : withException(route, exception);
}

/** 224.0.0.0/24. */
function isLocalMulticast(addr: Ipv4): boolean {
  return addr >>> 8 === 0xe00000;
}
