// `ip route get` (net/ipv4/route.c: inet_rtm_getroute, rt_fill_info; iproute2 print_route).

import type { Ipv4 } from "../addr/ipv4.ts";
import { formatIpv4 } from "../addr/ipv4.ts";
import { IPSKB_DOREDIRECT } from "../ipv4/ip-cb.ts";
import { ipRouteInput } from "../ipv4/route-input.ts";
import { ipRouteOutput } from "../ipv4/route-output.ts";
import type { FlowKey, Route } from "../ipv4/rtable.ts";
import { flowKey, RTCF_BROADCAST, RTCF_LOCAL, RTCF_MULTICAST, RTCF_REDIRECTED } from "../ipv4/rtable.ts";
import { RT_TABLE_MAIN, RTN_NAMES, RTN_UNICAST } from "../ipv4/rt-types.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import { allocSkb } from "../skb/packet.ts";
import { ETH_P_IP } from "../wire/ethernet.ts";
import { ipWrite } from "../wire/ipv4-fields.ts";
import type { RtnlFailure } from "./nl-error.ts";
import { cannotFindDevice, rtnlFailure } from "./nl-error.ts";
import { tableName } from "./print-route.ts";

export interface RouteGetQuery {
  readonly dst: Ipv4;
  readonly from?: Ipv4;
  readonly iif?: string;
  readonly oif?: string;
  readonly mark?: number;
  readonly tos?: number;
  readonly uid?: number;
  readonly ipproto?: number;
  readonly sport?: number;
  readonly dport?: number;
}

/** What was found; `text` is both lines with newlines. */
export interface RouteGetResult {
  readonly route: Route;
  readonly text: string;
}

export function routeGet(ns: NetNamespace, q: RouteGetQuery): RouteGetResult | RtnlFailure {
  const oif = q.oif === undefined ? undefined : ns.devices.byName(q.oif);
  if (q.oif !== undefined && oif === undefined) return cannotFindDevice(q.oif);
  const key = flowKey(q.dst, {
    saddr: q.from ?? (0 as Ipv4),
    oif: oif?.ifindex ?? 0,
    mark: q.mark ?? 0,
    tos: q.tos ?? 0,
    uid: q.uid ?? 0,
    proto: q.ipproto ?? 17,
    sport: q.sport ?? 0,
    dport: q.dport ?? 0,
  });
  return q.iif === undefined ? getOutput(ns, q, key) : getInput(ns, q, q.iif);
}

function getOutput(ns: NetNamespace, q: RouteGetQuery, key: FlowKey): RouteGetResult | RtnlFailure {
  const route = ipRouteOutput(ns, key);
  if (typeof route === "string") return rtnlFailure({ errno: route });
  return { route, text: print(ns, q, route, key.daddr, key.saddr, false) };
}

/** As if a packet came in on `iif`. */
function getInput(ns: NetNamespace, q: RouteGetQuery, iif: string): RouteGetResult | RtnlFailure {
  const dev = ns.devices.byName(iif);
  if (dev === undefined) return cannotFindDevice(iif);
  const saddr = q.from ?? (0 as Ipv4);
  const pkt = allocSkb(20);
  ipWrite(pkt.buf, pkt.head, {
    tos: q.tos ?? 0,
    totLen: 20,
    id: 0,
    fragOff: 0,
    ttl: 64,
    proto: q.ipproto ?? 17,
    saddr,
    daddr: q.dst,
  });
  pkt.protocol = ETH_P_IP;
  pkt.dev = dev;
  pkt.mark = q.mark ?? 0;
  if (ipRouteInput(pkt, q.dst, saddr, q.tos ?? 0, dev) !== null || pkt.route === null)
    return rtnlFailure({ errno: "EINVAL" });
  if (pkt.route.error !== null) return rtnlFailure({ errno: pkt.route.error });
  return { route: pkt.route, text: print(ns, q, pkt.route, q.dst, 0 as Ipv4, (pkt.ipcb & IPSKB_DOREDIRECT) !== 0) };
}

function print(ns: NetNamespace, q: RouteGetQuery, route: Route, daddr: Ipv4, saddr: Ipv4, redirect: boolean): string {
  const words: string[] = [];
  if (route.type !== RTN_UNICAST) words.push(RTN_NAMES[route.type]);
  words.push(formatIpv4(daddr));
  if (q.from !== undefined) words.push(`from ${formatIpv4(q.from)}`);
  if (route.gateway !== 0) words.push(`via ${formatIpv4(route.gateway)}`);
  words.push(`dev ${route.dev.name}`);
  // While local and main are one table, every answer comes from main.
  if (ns.fib.hasCustomRules && route.table !== 0 && route.table !== RT_TABLE_MAIN)
    words.push(`table ${tableName(route.table)}`);
  if (!route.input && q.from === undefined && saddr !== 0) words.push(`src ${formatIpv4(saddr)}`);
  if (q.mark !== undefined && q.mark !== 0) words.push(`mark ${q.mark}`);
  if (!route.input) words.push(`uid ${q.uid ?? 0}`);
  const second = [`cache${cacheFlags(route, redirect)}`, ...learned(ns, route)];
  if (q.iif !== undefined) second.push(`iif ${q.iif}`);
  return `${words.join(" ")} \n    ${second.join(" ")} \n`;
}

function cacheFlags(route: Route, redirect: boolean): string {
  const flags: string[] = [];
  if ((route.flags & RTCF_LOCAL) !== 0) flags.push("local");
  if ((route.flags & RTCF_MULTICAST) !== 0) flags.push("mc");
  if ((route.flags & RTCF_BROADCAST) !== 0) flags.push("brd");
  if (redirect) flags.push("redirect");
  if ((route.flags & RTCF_REDIRECTED) !== 0) flags.push("redirected");
  return flags.length === 0 ? "" : ` <${flags.join(",")}>`;
}

/** Learned expiry and MTU, and the metrics of the row. */
function learned(ns: NetNamespace, route: Route): string[] {
  const words: string[] = [];
  const left = route.expires - ns.world.now;
  if (left > 0) words.push(`expires ${Math.floor(left / 1000)}sec`);
  const mtu = route.pmtu !== 0 && left > 0 ? route.pmtu : route.metricMtu;
  if (mtu !== 0) words.push(`mtu ${route.mtuLocked ? "lock " : ""}${mtu}`);
  const advmss = route.alias?.info.advmss ?? 0;
  if (advmss !== 0) words.push(`advmss ${advmss}`);
  return words;
}
