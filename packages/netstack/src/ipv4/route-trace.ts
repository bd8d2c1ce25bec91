// The journey step of a route lookup; built only while a tracer listens.

import { formatIpv4 } from "../addr/ipv4.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import { printRoute, tableName } from "../rtnl/print-route.ts";
import type { Packet } from "../skb/packet.ts";
import type { Route } from "./rtable.ts";
import type { RouteErrno } from "./rt-types.ts";
import { RTN_BROADCAST, RTN_LOCAL, RTN_MULTICAST, RTN_UNICAST } from "./rt-types.ts";

const RESULTS: Readonly<Record<number, "unicast" | "local" | "broadcast" | "multicast">> = {
  [RTN_UNICAST]: "unicast",
  [RTN_LOCAL]: "local",
  [RTN_BROADCAST]: "broadcast",
  [RTN_MULTICAST]: "multicast",
};

/** Report what a lookup for `daddr` ended with. Call only with a tracer. */
export function traceRoute(ns: NetNamespace, pkt: Packet, fn: string, daddr: number, found: Route | RouteErrno): void {
  const error = typeof found === "string" ? found : found.error;
  const result = error !== null || typeof found === "string" ? "error" : (RESULTS[found.type] ?? "error");
  ns.world.trace(ns, pkt, fn, {
    kind: "route",
    dst: formatIpv4(daddr),
    result,
    route: error ?? (typeof found === "string" ? found : routeText(found)),
    table: typeof found === "string" || found.table === 0 ? "" : tableName(found.table),
    origin: typeof found === "string" ? null : (found.alias?.origin ?? null),
  });
}

/** The table row behind a decision as `ip route` prints it; for decisions without a row, the device. */
export function routeText(route: Route): string {
  return route.alias === null ? `dev ${route.dev.name}` : printRoute(route.alias).trimEnd();
}
