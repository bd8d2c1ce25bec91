// `ip route` as operations of a batch and as listings (net/ipv4/fib_frontend.c: inet_rtm_newroute, inet_dump_fib).

import type { Ipv4 } from "../addr/ipv4.ts";
import { parseInterfaceAddr, parseIpv4 } from "../addr/ipv4.ts";
import type { NetDevice } from "../dev/net-device.ts";
import type { FibConfig, FibNhConfig } from "../ipv4/fib/fib-semantics.ts";
import type { InsertMode } from "../ipv4/fib/fib-table-ops.ts";
import { allRows, fibTableDelete, fibTableInsert } from "../ipv4/fib/fib-table-ops.ts";
import type { FibAlias } from "../ipv4/fib/fib-types.ts";
import type { RouteTypeNum } from "../ipv4/rt-types.ts";
import {
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_SCOPE_NOWHERE,
  RT_SCOPE_UNIVERSE,
  RT_TABLE_LOCAL,
  RT_TABLE_MAIN,
  RTN_BLACKHOLE,
  RTN_BROADCAST,
  RTN_LOCAL,
  RTN_MULTICAST,
  RTN_PROHIBIT,
  RTN_THROW,
  RTN_UNICAST,
  RTN_UNREACHABLE,
} from "../ipv4/rt-types.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import type { ConfigOp, RouteSpec, RouteType, RuleOrigin } from "./batch.ts";
import type { RtnlFailure } from "./nl-error.ts";
import { cannotFindDevice, rtnlFailure, toolFailure } from "./nl-error.ts";
import type { RoutePrintOptions, RouteRow } from "./print-route.ts";
import { printRoute, routeRow } from "./print-route.ts";
import { parseRtName } from "./rt-names.ts";

export type RouteOp = Extract<
  ConfigOp,
  { op: "route-add" | "route-replace" | "route-append" | "route-prepend" | "route-del" }
>;

const TYPES: Readonly<Record<RouteType, RouteTypeNum>> = {
  unicast: RTN_UNICAST,
  local: RTN_LOCAL,
  broadcast: RTN_BROADCAST,
  multicast: RTN_MULTICAST,
  blackhole: RTN_BLACKHOLE,
  unreachable: RTN_UNREACHABLE,
  prohibit: RTN_PROHIBIT,
  throw: RTN_THROW,
};

const MODES: Readonly<Record<Exclude<RouteOp["op"], "route-del">, InsertMode>> = {
  "route-add": "add",
  "route-replace": "replace",
  "route-append": "append",
  "route-prepend": "prepend",
};

/** Apply one operation; null when done, else what `ip` prints. */
export function applyRouteOp(ns: NetNamespace, op: RouteOp, origin: RuleOrigin | null = null): RtnlFailure | null {
  const cfg = routeConfig(ns, op, op.op === "route-del");
  if ("message" in cfg) return cfg;
  const error = op.op === "route-del" ? deleteRoute(ns, op, cfg) : fibTableInsert(ns, { ...cfg, origin }, MODES[op.op]);
  return error === null ? null : rtnlFailure(error);
}

function deleteRoute(ns: NetNamespace, spec: RouteSpec, cfg: FibConfig): ReturnType<typeof fibTableDelete> {
  if (ns.fib.table(cfg.table) === undefined && cfg.table !== RT_TABLE_MAIN)
    return { errno: "ESRCH", extack: "ipv4: FIB table does not exist" };
  return fibTableDelete(ns, {
    prefix: cfg.prefix,
    len: cfg.len,
    tos: cfg.tos,
    table: cfg.table,
    metric: cfg.metric,
    prefsrc: cfg.prefsrc,
    nhs: cfg.nhs,
    ...(spec.type === undefined ? {} : { type: cfg.type }),
    ...(spec.scope === undefined ? {} : { scope: cfg.scope }),
    ...(spec.protocol === undefined ? {} : { protocol: cfg.protocol }),
  });
}

/** What iproute2 makes of the words (iproute_modify): defaults of table, scope and protocol. */
function routeConfig(ns: NetNamespace, spec: RouteSpec, del: boolean): FibConfig | RtnlFailure {
  const dst = spec.dst === "default" ? { addr: 0 as Ipv4, len: 0 } : parseInterfaceAddr(spec.dst);
  if (dst === undefined) return toolFailure("EINVAL", `Error: any valid prefix is expected rather than "${spec.dst}".`);
  const type = TYPES[spec.type ?? "unicast"];
  const table = spec.table === undefined ? defaultTable(type) : parseRtName("table", spec.table);
  if (table === undefined) return wrong("table", spec.table);
  const protocol = spec.protocol === undefined ? 3 : parseRtName("protocol", spec.protocol);
  if (protocol === undefined) return wrong("protocol", spec.protocol);
  const prefsrc = spec.src === undefined ? (0 as Ipv4) : parseIpv4(spec.src);
  if (prefsrc === undefined)
    return toolFailure("EINVAL", `Error: any valid address is expected rather than "${spec.src ?? ""}".`);
  const nhs = nexthops(ns, spec);
  if (!Array.isArray(nhs)) return nhs;
  const viaGiven = nhs.some((nh) => nh.gateway !== 0) || spec.nexthops !== undefined;
  return {
    prefix: dst.addr,
    len: dst.len,
    tos: spec.tos ?? 0,
    type,
    scope:
      spec.scope === undefined
        ? defaultScope(type, viaGiven, del)
        : (parseRtName("scope", spec.scope) ?? RT_SCOPE_UNIVERSE),
    table,
    protocol,
    metric: spec.metric ?? 0,
    prefsrc,
    mtu: spec.mtu ?? 0,
    advmss: spec.advmss ?? 0,
    nhs,
  };
}

function wrong(what: string, value: string | undefined): RtnlFailure {
  return toolFailure("EINVAL", `Error: argument "${value ?? ""}" is wrong: "${what}" value is invalid\n`);
}

function defaultTable(type: RouteTypeNum): number {
  return type === RTN_LOCAL || type === RTN_BROADCAST ? RT_TABLE_LOCAL : RT_TABLE_MAIN;
}

function defaultScope(type: RouteTypeNum, viaGiven: boolean, del: boolean): number {
  if (type === RTN_LOCAL) return RT_SCOPE_HOST;
  if (type === RTN_BROADCAST || type === RTN_MULTICAST) return RT_SCOPE_LINK;
  if (type !== RTN_UNICAST) return RT_SCOPE_UNIVERSE;
  if (del) return RT_SCOPE_NOWHERE;
  return viaGiven ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
}

type HopSpec = NonNullable<RouteSpec["nexthops"]>[number];

function nexthops(ns: NetNamespace, spec: RouteSpec): FibNhConfig[] | RtnlFailure {
  const single = spec.via !== undefined || spec.dev !== undefined;
  const wishes: readonly HopSpec[] = spec.nexthops ?? (single ? [spec] : []);
  const nhs: FibNhConfig[] = [];
  for (const wish of wishes) {
    const nh = nexthop(ns, wish);
    if ("message" in nh) return nh;
    nhs.push(nh);
  }
  return nhs;
}

function nexthop(ns: NetNamespace, wish: HopSpec): FibNhConfig | RtnlFailure {
  const gateway = wish.via === undefined ? (0 as Ipv4) : parseIpv4(wish.via);
  if (gateway === undefined)
    return toolFailure("EINVAL", `Error: any valid address is expected rather than "${wish.via ?? ""}".`);
  let dev: NetDevice | null = null;
  if (wish.dev !== undefined) {
    dev = ns.devices.byName(wish.dev) ?? null;
    if (dev === null) return cannotFindDevice(wish.dev);
  }
  return { dev, gateway, onlink: wish.onlink === true, weight: wish.weight ?? 1 };
}

export interface RouteFilter {
  /** Name or number, `all`; main unless given. */
  readonly table?: string;
  readonly dev?: string;
  readonly protocol?: string;
  readonly type?: RouteType;
}

/** Routes that a listing shows, in its order. */
export function selectRoutes(ns: NetNamespace, filter: RouteFilter = {}): FibAlias[] {
  const table = parseRtName("table", filter.table ?? "main");
  const rows = filter.table === "all" ? allRows(ns) : (ns.fib.table(table ?? -1)?.rows() ?? []);
  const protocol = filter.protocol === undefined ? undefined : parseRtName("protocol", filter.protocol);
  return rows.filter(
    (row) =>
      (filter.dev === undefined || row.info.nhs.some((nh) => nh.dev?.name === filter.dev)) &&
      (protocol === undefined || row.info.protocol === protocol) &&
      (filter.type === undefined || row.type === TYPES[filter.type]),
  );
}

/** `ip route show`: the text with newlines. */
export function printRoutes(ns: NetNamespace, filter: RouteFilter = {}, details = false): string {
  return selectRoutes(ns, filter)
    .map((row) => `${printRoute(row, options(filter, details))}\n`)
    .join("");
}

/** `ip -j route show`. */
export function dumpRoutes(ns: NetNamespace, filter: RouteFilter = {}, details = false): RouteRow[] {
  return selectRoutes(ns, filter).map((row) => routeRow(row, options(filter, details)));
}

function options(filter: RouteFilter, details: boolean): RoutePrintOptions {
  return { table: filter.table === "all", details };
}
