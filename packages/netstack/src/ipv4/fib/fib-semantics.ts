// Turning a wished route into a table row: checks of nexthops, scope and source (net/ipv4/fib_semantics.c: fib_create_info).

import type { Ipv4 } from "../../addr/ipv4.ts";
import type { NetDevice } from "../../dev/net-device.ts";
import type { NetNamespace } from "../../netns/net-namespace.ts";
import { flowKey } from "../rtable.ts";
import type { RouteTypeNum } from "../rt-types.ts";
import {
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_SCOPE_NOWHERE,
  RT_TABLE_LOCAL,
  RT_TABLE_MAIN,
  RTN_LOCAL,
  RTN_THROW,
  RTN_UNICAST,
  routeTypeError,
} from "../rt-types.ts";
import { inetAddrType } from "./addr-type.ts";
import { fibRebalance } from "./multipath.ts";
import type { FibInfo, FibNh, FibResult } from "./fib-types.ts";
import { fibResNh, newFibNh, nhLinkdown } from "./fib-types.ts";
import type { RuleOrigin } from "../../rtnl/batch.ts";

/** A wished route, all in numbers (struct fib_config). */
export interface FibConfig {
  readonly prefix: Ipv4;
  readonly len: number;
  readonly tos: number;
  readonly type: RouteTypeNum;
  readonly scope: number;
  readonly table: number;
  readonly protocol: number;
  readonly metric: number;
  readonly prefsrc: Ipv4;
  readonly mtu: number;
  readonly advmss: number;
  readonly nhs: readonly FibNhConfig[];
  /** Who wants the row; undefined: the kernel itself. */
  readonly origin?: RuleOrigin | null;
}

export interface FibNhConfig {
  readonly dev: NetDevice | null;
  readonly gateway: Ipv4;
  readonly onlink: boolean;
  readonly weight: number;
}

/** Errno word, and the kernel's extended message (what `Error: …` shows); without one the tool prints the errno's text. */
export interface RtnlError {
  readonly errno: string;
  readonly extack?: string;
}

function fail(errno: string, extack: string): RtnlError {
  return { errno, extack };
}

export function isRtnlError(value: object): value is RtnlError {
  return "errno" in value;
}

/** fib_create_info. */
export function fibCreateInfo(ns: NetNamespace, cfg: FibConfig): FibInfo | RtnlError {
  const nhs = createNexthops(ns, cfg);
  if (!Array.isArray(nhs)) return nhs;
  if (cfg.prefsrc !== 0 && !validPrefsrc(ns, cfg)) return fail("EINVAL", "Invalid prefsrc address");
  fibRebalance(nhs);
  return {
    nhs,
    scope: cfg.scope,
    protocol: cfg.protocol,
    prefsrc: cfg.prefsrc,
    metric: cfg.metric,
    mtu: cfg.mtu,
    advmss: cfg.advmss,
  };
}

function createNexthops(ns: NetNamespace, cfg: FibConfig): FibNh[] | RtnlError {
  if (cfg.type === RTN_THROW || routeTypeError(cfg.type) !== null) return specialNexthop(cfg);
  if (cfg.type === RTN_LOCAL && cfg.scope < RT_SCOPE_HOST) return fail("EINVAL", "Invalid scope");
  if (cfg.scope > RT_SCOPE_HOST) return fail("EINVAL", "Invalid scope");
  if (cfg.nhs.length === 0) return { errno: "ENODEV" };
  if (cfg.scope === RT_SCOPE_HOST) return hostNexthop(cfg);
  const nhs: FibNh[] = [];
  for (const wish of cfg.nhs) {
    const nh = fibCheckNh(ns, cfg, wish);
    if (isRtnlError(nh)) return nh;
    nhs.push(nh);
  }
  return nhs;
}

function specialNexthop(cfg: FibConfig): FibNh[] | RtnlError {
  if (cfg.nhs.length > 0)
    return fail("EINVAL", "Gateway, device and multipath can not be specified for this route type");
  return [newFibNh(null, 0 as Ipv4, RT_SCOPE_NOWHERE)];
}

/** A route to an own address: one nexthop, no gateway. */
function hostNexthop(cfg: FibConfig): FibNh[] | RtnlError {
  const [nh] = cfg.nhs;
  if (nh === undefined || cfg.nhs.length > 1)
    return fail("EINVAL", "Route with host scope can not have multiple nexthops");
  if (nh.gateway !== 0) return fail("EINVAL", "Route with host scope can not have a gateway");
  return [newFibNh(nh.dev, 0 as Ipv4, RT_SCOPE_NOWHERE)];
}

/** fib_check_nh: is the nexthop reachable? */
function fibCheckNh(ns: NetNamespace, cfg: FibConfig, wish: FibNhConfig): FibNh | RtnlError {
  const found =
    wish.gateway === 0 ? checkNongw(wish) : wish.onlink ? checkOnlink(ns, cfg, wish) : checkGateway(ns, cfg, wish);
  if (isRtnlError(found)) return found;
  found.linkdown = found.dev !== null && nhLinkdown(found.dev);
  return found;
}

function checkNongw(wish: FibNhConfig): FibNh | RtnlError {
  if (wish.onlink) return fail("EINVAL", "Invalid flags for nexthop - PERVASIVE and ONLINK can not be set");
  if (wish.dev === null) return { errno: "ENODEV" };
  if (!wish.dev.up) return fail("ENETDOWN", "Device for nexthop is not up");
  return newFibNh(wish.dev, wish.gateway, RT_SCOPE_HOST, false, wish.weight);
}

function checkOnlink(ns: NetNamespace, cfg: FibConfig, wish: FibNhConfig): FibNh | RtnlError {
  if (cfg.scope >= RT_SCOPE_LINK) return fail("EINVAL", "Nexthop has invalid scope");
  if (wish.dev === null) return fail("ENODEV", "Nexthop device required for onlink");
  if (!wish.dev.up) return fail("ENETDOWN", "Nexthop device is not up");
  if (inetAddrType(ns, wish.gateway) !== RTN_UNICAST) return fail("EINVAL", "Nexthop has invalid gateway");
  return newFibNh(wish.dev, wish.gateway, RT_SCOPE_LINK, true, wish.weight);
}

function checkGateway(ns: NetNamespace, cfg: FibConfig, wish: FibNhConfig): FibNh | RtnlError {
  const res: FibResult = { alias: null, nhSel: 0 };
  const error = lookupGateway(ns, cfg, wish, res);
  const via = fibResNh(res);
  if (error !== null || res.alias === null) return fail(error ?? "ENETUNREACH", "Nexthop has invalid gateway");
  if (res.alias.type !== RTN_UNICAST && res.alias.type !== RTN_LOCAL)
    return fail("EINVAL", "Nexthop has invalid gateway");
  if (via === null || via.dev === null) return fail("EINVAL", "No egress device for nexthop gateway");
  if (!via.dev.up) return { errno: "ENETDOWN" };
  return newFibNh(via.dev, wish.gateway, res.alias.info.scope, false, wish.weight);
}

/** The route to the gateway: in the table itself first, then as for any packet. */
function lookupGateway(ns: NetNamespace, cfg: FibConfig, wish: FibNhConfig, res: FibResult): string | null {
  const oif = wish.dev?.ifindex ?? 0;
  const scope = Math.max(cfg.scope + 1, RT_SCOPE_LINK);
  if (
    cfg.table !== RT_TABLE_MAIN &&
    ns.fib.lookupIn(cfg.table, wish.gateway, { tos: 0, oif, scope, ignoreLinkState: true }, res) === null
  )
    return null;
  return ns.fib.lookup(flowKey(wish.gateway, { oif, iif: ns.lo.ifindex }), res, scope, true);
}

/** fib_valid_prefsrc: the source must be an own address, or the very address this local route is for. */
function validPrefsrc(ns: NetNamespace, cfg: FibConfig): boolean {
  if (cfg.type === RTN_LOCAL && cfg.prefix === cfg.prefsrc) return true;
  const table = cfg.table === RT_TABLE_MAIN ? RT_TABLE_LOCAL : cfg.table;
  return inetAddrType(ns, cfg.prefsrc, null, table) === RTN_LOCAL || inetAddrType(ns, cfg.prefsrc) === RTN_LOCAL;
}
