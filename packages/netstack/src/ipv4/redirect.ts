// ICMP redirects, sent and obeyed (net/ipv4/route.c: ip_rt_send_redirect, __ip_do_redirect) and path MTU (__ip_rt_update_pmtu).

import type { Ipv4 } from "../addr/ipv4.ts";
import { isMulticast, isZeronet } from "../addr/ipv4.ts";
import type { NetDevice } from "../dev/net-device.ts";
import { neighEventSend } from "../neigh/nud.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import type { Packet } from "../skb/packet.ts";
import { ICMP_REDIR_HOST, ICMP_REDIRECT } from "../wire/icmp-fields.ts";
import { ipDaddr, ipSaddr } from "../wire/ipv4-fields.ts";
import { inetAddrType } from "./fib/addr-type.ts";
import { allRows } from "./fib/fib-table-ops.ts";
import { updateFnhe } from "./fnhe.ts";
import type { Route } from "./rtable.ts";
import { RTN_UNICAST } from "./rt-types.ts";

/** ip_rt_redirect_load, _number, _silence of HZ 250, in ms. */
const REDIRECT_LOAD = 20;
const REDIRECT_NUMBER = 9;
const REDIRECT_SILENCE = REDIRECT_LOAD << (REDIRECT_NUMBER + 1);
/** Lifetimes of learned things, ms. */
const PMTU_EXPIRES = 600_000;
const REDIRECT_EXPIRES = 300_000;

/** ip_rt_send_redirect: tell the sender of a better first hop, up to nine times with growing spacing. */
export function ipRtSendRedirect(ns: NetNamespace, pkt: Packet): void {
  const route = pkt.route;
  const dev = pkt.dev;
  if (route === null || dev === null || !dev.inDev.sendRedirects) return;
  const { now } = ns.world;
  const peer = ns.ipv4.peer(ipSaddr(pkt.buf, pkt.nh));
  if (now > peer.rateLast + REDIRECT_SILENCE) {
    // The bucket is shared with ICMP errors: they start from nothing too.
    peer.rateTokens = 0;
    peer.redirects = 0;
  }
  if (peer.redirects >= REDIRECT_NUMBER) {
    peer.rateLast = now;
    return;
  }
  if (peer.redirects !== 0 && now <= peer.rateLast + (REDIRECT_LOAD << peer.redirects)) return;
  ns.ipv4.icmpSend(pkt, ICMP_REDIRECT, ICMP_REDIR_HOST, route.nexthop(ipDaddr(pkt.buf, pkt.nh)));
  peer.rateLast = now;
  peer.redirects++;
}

/** __ip_do_redirect: `old` is the router that says so, `gateway` the one to use for `daddr` from now on. */
export function ipDoRedirect(dev: NetDevice, base: Route, daddr: Ipv4, old: Ipv4, gateway: Ipv4): void {
  const { inDev, ns } = dev;
  if (base.gateway !== old || gateway === old || !inDev.acceptsRedirects) return;
  if (isMulticast(gateway) || gateway === 0xffffffff || isZeronet(gateway)) return;
  if (inDev.sharedMedia) {
    if (inetAddrType(ns, gateway) !== RTN_UNICAST) return;
  } else if (!inDev.onlink(gateway, old) || (inDev.secureRedirects && !isKnownGateway(dev, gateway))) {
    return;
  }
  // A gateway that has not been heard of is asked for; the next redirect will find it.
  const neigh = ns.arp.lookupOrCreate(base.dev, gateway);
  if (neigh === null) return;
  if (neigh.valid) updateFnhe(base, daddr, gateway, 0, false, ns.world.now + REDIRECT_EXPIRES);
  else neighEventSend(neigh, null);
}

/** ip_fib_check_default: some route uses this gateway on the device. */
function isKnownGateway(dev: NetDevice, gateway: Ipv4): boolean {
  return allRows(dev.ns).some((row) => row.info.nhs.some((nh) => nh.dev === dev && nh.gateway === gateway && !nh.dead));
}

/** __ip_rt_update_pmtu: the path to `daddr` carries `mtu` bytes; below min_pmtu it is clamped and locked. */
export function ipRtUpdatePmtu(ns: NetNamespace, base: Route, daddr: Ipv4, mtu: number): void {
  if (base.mtu < mtu) return;
  const min = ns.ipv4.sysctls.min_pmtu;
  const locked = mtu < min;
  updateFnhe(base, daddr, 0 as Ipv4, locked ? Math.min(base.mtu, min) : mtu, locked, ns.world.now + PMTU_EXPIRES);
}
