// Where does a received packet go (net/ipv4/route.c: ip_route_input_slow and its helpers)?

import type { Ipv4 } from "../addr/ipv4.ts";
import { INADDR_BROADCAST, formatIpv4, isLoopback, isMulticast, isZeronet } from "../addr/ipv4.ts";
import type { NetDevice } from "../dev/net-device.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import type { DropReason } from "../skb/drop-reason.ts";
import type { Packet } from "../skb/packet.ts";
import { ETH_P_IP } from "../wire/ethernet.ts";
import type { FibAlias, FibNh, FibResult } from "./fib/fib-types.ts";
import { fibResNh } from "./fib/fib-types.ts";
import { fibValidateSource } from "./fib/fib-validate.ts";
import { fibSelectMultipath, packetHash } from "./fib/multipath.ts";
import { dissectPorts } from "./flow-dissect.ts";
import { findException, withException } from "./fnhe.ts";
import type { InDevice } from "./in-device.ts";
import { IPSKB_DOREDIRECT } from "./ip-cb.ts";
import type { FlowKey } from "./rtable.ts";
import { RTCF_BROADCAST, RTCF_LOCAL, RTCF_MULTICAST, Route } from "./rtable.ts";
import type { RouteErrno } from "./rt-types.ts";
import { RTN_BROADCAST, RTN_LOCAL, RTN_MULTICAST, RTN_UNICAST, RTN_UNREACHABLE } from "./rt-types.ts";
import { traceRoute } from "./route-trace.ts";

/**
 * ip_route_input_noref: sets pkt.route for a packet received on `dev`; null on success, else why it must be dropped.
 * No route and forwarding off are successes too: their route has an `error` and ends in ip_error.
 */
export function ipRouteInput(pkt: Packet, daddr: Ipv4, saddr: Ipv4, tos: number, dev: NetDevice): DropReason | null {
  const reason = isMulticast(daddr)
    ? routeMulticast(pkt, daddr, saddr, tos, dev)
    : routeInputSlow(pkt, daddr, saddr, tos, dev);
  if (dev.ns.world.tracer !== null && reason === null && pkt.route !== null) {
    traceRoute(dev.ns, pkt, "ip_route_input_slow", daddr, pkt.route);
  }
  return reason;
}

function routeInputSlow(pkt: Packet, daddr: Ipv4, saddr: Ipv4, tos: number, dev: NetDevice): DropReason | null {
  const { ns, inDev } = dev;
  if (isMulticast(saddr) || saddr === INADDR_BROADCAST)
    return martianSource(pkt, daddr, saddr, dev, "IP_INVALID_SOURCE");
  if (daddr === INADDR_BROADCAST || (saddr === 0 && daddr === 0)) return broadcastInput(pkt, daddr, saddr, tos, dev);
  if (isZeronet(saddr)) return martianSource(pkt, daddr, saddr, dev, "IP_INVALID_SOURCE");
  if (isZeronet(daddr)) return martianDestination(daddr, saddr, dev, "IP_INVALID_DEST");
  if (isLoopback(daddr)) {
    if (!inDev.routeLocalnet) return martianDestination(daddr, saddr, dev, "IP_LOCALNET");
  } else if (isLoopback(saddr) && !inDev.routeLocalnet) {
    return martianSource(pkt, daddr, saddr, dev, "IP_LOCALNET");
  }
  const res: FibResult = { alias: null, nhSel: 0 };
  const error = ns.fib.lookup(inputKey(pkt, daddr, saddr, tos, dev), res);
  if (error !== null || res.alias === null)
    return unreachable(pkt, inDev.forwards ? (error ?? "ENETUNREACH") : "EHOSTUNREACH", dev);
  return routeResult(pkt, daddr, saddr, tos, dev, res, res.alias);
}

// One key per namespace, reused: lookups do not nest with it. Ports are dissected only where rules may ask for them.
function inputKey(pkt: Packet, daddr: Ipv4, saddr: Ipv4, tos: number, dev: NetDevice): FlowKey {
  const key = dev.ns.ipv4.inputKey;
  key.daddr = daddr;
  key.saddr = saddr;
  key.tos = tos;
  key.iif = dev.ifindex;
  key.mark = pkt.mark;
  if (dev.ns.fib.hasCustomRules) dissectPorts(pkt, key);
  return key;
}

function routeResult(
  pkt: Packet,
  daddr: Ipv4,
  saddr: Ipv4,
  tos: number,
  dev: NetDevice,
  res: FibResult,
  alias: FibAlias,
): DropReason | null {
  const { inDev } = dev;
  if (alias.type === RTN_BROADCAST && !bcForwards(inDev)) return broadcastInput(pkt, daddr, saddr, tos, dev);
  if (alias.type === RTN_LOCAL) {
    const verdict = fibValidateSource(pkt, saddr, daddr, tos, 0, dev);
    if (typeof verdict === "string") return martianSource(pkt, daddr, saddr, dev, verdict);
    pkt.route = localRoute(dev.ns, fibResNh(res), alias);
    return null;
  }
  if (!inDev.forwards) return unreachable(pkt, "EHOSTUNREACH", dev);
  if (alias.type !== RTN_UNICAST && alias.type !== RTN_BROADCAST)
    return martianDestination(daddr, saddr, dev, "IP_INVALID_DEST");
  return mkrouteInput(pkt, daddr, saddr, tos, dev, res, alias);
}

function bcForwards(inDev: InDevice): boolean {
  return (inDev.ns.ipv4.confAll.bc_forwarding & inDev.conf.bc_forwarding) !== 0;
}

/** ip_mkroute_input: choose a nexthop, check the source against it, decide about redirects. */
function mkrouteInput(
  pkt: Packet,
  daddr: Ipv4,
  saddr: Ipv4,
  tos: number,
  dev: NetDevice,
  res: FibResult,
  alias: FibAlias,
): DropReason | null {
  const { ns, inDev } = dev;
  if (alias.info.nhs.length > 1) fibSelectMultipath(ns, res, pkt.protocol === ETH_P_IP ? packetHash(ns, pkt) : 0);
  const nh = fibResNh(res);
  const out = nh?.dev ?? null;
  if (nh === null || out === null) return "NOT_SPECIFIED";
  const verdict = fibValidateSource(pkt, saddr, daddr, tos, out.ifindex, dev);
  if (typeof verdict === "string") return martianSource(pkt, daddr, saddr, dev, verdict);
  const isIp = pkt.protocol === ETH_P_IP;
  if (out === dev && verdict && inDev.sendRedirects && isIp && (inDev.sharedMedia || inDev.onlink(saddr, nh.gateway))) {
    pkt.ipcb |= IPSKB_DOREDIRECT;
  }
  // A request that would be proxied back to where it came from (ARP asks through here).
  if (!isIp && out === dev && !inDev.proxyArpPvlan) return "NOT_SPECIFIED";
  pkt.route = forwardRoute(daddr, nh, alias, out);
  return null;
}

function forwardRoute(daddr: Ipv4, nh: FibNh, alias: FibAlias, out: NetDevice): Route {
  let route = nh.rthInput;
  if (route === null || !route.valid) {
    route = new Route({
      type: alias.type,
      dev: out,
      flags: 0,
      gateway: nh.gateway,
      input: true,
      prefsrc: alias.info.prefsrc,
      table: alias.table,
      alias,
      nh,
    });
    nh.rthInput = route;
  }
  const exception = nh.exceptions === null ? undefined : findException(nh, daddr, out);
  return exception === undefined ? route : withException(route, exception);
}

function localRoute(ns: NetNamespace, nh: FibNh | null, alias: FibAlias): Route {
  const cached = nh?.rthInput ?? null;
  if (cached !== null && cached.valid) return cached;
  const route = new Route({
    type: RTN_LOCAL,
    dev: ns.lo,
    flags: RTCF_LOCAL,
    input: true,
    prefsrc: alias.info.prefsrc,
    table: alias.table,
    alias,
    nh,
  });
  if (nh !== null) nh.rthInput = route;
  return route;
}

function broadcastInput(pkt: Packet, daddr: Ipv4, saddr: Ipv4, tos: number, dev: NetDevice): DropReason | null {
  if (pkt.protocol !== ETH_P_IP) return "INVALID_PROTO";
  if (!isZeronet(saddr)) {
    const verdict = fibValidateSource(pkt, saddr, 0 as Ipv4, tos, 0, dev);
    if (typeof verdict === "string") return martianSource(pkt, daddr, saddr, dev, verdict);
  }
  pkt.route = new Route({ type: RTN_BROADCAST, dev, flags: RTCF_BROADCAST | RTCF_LOCAL, input: true });
  return null;
}

/** ip_route_input_mc and the check before it: only joined groups are taken. */
function routeMulticast(pkt: Packet, daddr: Ipv4, saddr: Ipv4, tos: number, dev: NetDevice): DropReason | null {
  const { inDev } = dev;
  if (!inDev.groups.has(daddr | 0)) return "NOT_SPECIFIED";
  if (isMulticast(saddr) || saddr === INADDR_BROADCAST) return "IP_INVALID_SOURCE";
  if (pkt.protocol !== ETH_P_IP) return "INVALID_PROTO";
  if (isLoopback(saddr) && !inDev.routeLocalnet) return "IP_LOCALNET";
  if (isZeronet(saddr)) {
    if (daddr >>> 8 !== 0xe00000) return "IP_INVALID_SOURCE";
  } else {
    const verdict = fibValidateSource(pkt, saddr, 0 as Ipv4, tos, 0, dev);
    if (typeof verdict === "string") return verdict;
  }
  pkt.route = new Route({ type: RTN_MULTICAST, dev, flags: RTCF_MULTICAST | RTCF_LOCAL, input: true });
  return null;
}

/** no_route: a decision whose packets end in ip_error; one per errno and namespace. */
function unreachable(pkt: Packet, error: RouteErrno, dev: NetDevice): null {
  const { ns } = dev;
  let route = ns.ipv4.errorRoutes.get(error);
  if (route === undefined) {
    route = new Route({ type: RTN_UNREACHABLE, dev: ns.lo, flags: 0, input: true, error });
    ns.ipv4.errorRoutes.set(error, route);
  }
  pkt.route = route;
  return null;
}

function martianDestination(daddr: Ipv4, saddr: Ipv4, dev: NetDevice, reason: DropReason): DropReason {
  if (dev.inDev.logMartians)
    dev.ns.printk(`IPv4: martian destination ${formatIpv4(daddr)} from ${formatIpv4(saddr)}, dev ${dev.name}`);
  return reason;
}

function martianSource(pkt: Packet, daddr: Ipv4, saddr: Ipv4, dev: NetDevice, reason: DropReason): DropReason {
  if (dev.inDev.logMartians) {
    dev.ns.printk(`IPv4: martian source ${formatIpv4(daddr)} from ${formatIpv4(saddr)}, on dev ${dev.name}`);
    if (pkt.mac >= 0) dev.ns.printk(`ll header: 00000000: ${hexBytes(pkt.buf.subarray(pkt.mac, pkt.nh))}`);
  }
  return reason;
}

function hexBytes(bytes: Uint8Array): string {
  return [...bytes].map((x) => x.toString(16).padStart(2, "0")).join(" ");
}
