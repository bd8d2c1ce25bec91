// struct in_device: the IPv4 side of a device — addresses and conf sysctls (include/linux/inetdevice.h).

import type { Ipv4 } from "../addr/ipv4.ts";
import { inPrefix } from "../addr/ipv4.ts";
import type { NetDevice } from "../dev/net-device.ts";
import type { Neigh } from "../neigh/neigh.ts";
import { NeighParms } from "../neigh/neigh-parms.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import { Ipv4DevConf } from "./devconf.ts";

/** One address of a device (struct in_ifaddr). */
export interface InAddr {
  readonly local: Ipv4;
  /** Prefix of the subnet: `local` with host bits kept (ifa_address; differs from local for peers). */
  readonly address: Ipv4;
  readonly len: number;
  /** RT_SCOPE_*. */
  readonly scope: number;
  /** 0 without. */
  readonly broadcast: Ipv4;
  readonly label: string;
  readonly noprefixroute: boolean;
  secondary: boolean;
}

export class InDevice {
  readonly ns: NetNamespace;
  /** Null until the device is registered. */
  dev: NetDevice | null = null;
  /** Primaries by scope (wider last), then secondaries. */
  readonly addrs: InAddr[] = [];
  readonly conf = new Ipv4DevConf();
  readonly arpParms = new NeighParms();
  /** Neighbours of this device by address as int32 (`addr | 0`). */
  readonly neighs = new Map<number, Neigh>();
  /** Joined multicast groups: address → users. 224.0.0.1 is always joined. */
  readonly groups = new Map<number, number>();

  /** A fresh configuration, as `default` says. Give it to `new NetDevice`; registration of the device attaches it. */
  constructor(ns: NetNamespace) {
    this.ns = ns;
    this.conf.copyFrom(ns.ipv4.confDefault);
    this.arpParms.copyFrom(ns.arp.parms);
  }

  get primary(): InAddr | undefined {
    return this.addrs[0];
  }

  /** inet_addr_onlink: `a` (and `b`, unless 0) lie in a subnet of this device. */
  onlink(a: Ipv4, b: Ipv4): boolean {
    return this.addrs.some((ifa) => !ifa.secondary && ifaMatch(ifa, a) && (b === 0 || ifaMatch(ifa, b)));
  }

  // Effective values as the kernel combines `all` and the device (IN_DEV_*).

  get forwards(): boolean {
    return this.conf.forwarding !== 0;
  }
  get rpFilter(): number {
    return Math.max(this.ns.ipv4.confAll.rp_filter, this.conf.rp_filter);
  }
  get acceptLocal(): boolean {
    return (this.ns.ipv4.confAll.accept_local | this.conf.accept_local) !== 0;
  }
  get routeLocalnet(): boolean {
    return (this.ns.ipv4.confAll.route_localnet | this.conf.route_localnet) !== 0;
  }
  get sendRedirects(): boolean {
    return (this.ns.ipv4.confAll.send_redirects | this.conf.send_redirects) !== 0;
  }
  get sharedMedia(): boolean {
    return (this.ns.ipv4.confAll.shared_media | this.conf.shared_media) !== 0;
  }
  get logMartians(): boolean {
    return (this.ns.ipv4.confAll.log_martians | this.conf.log_martians) !== 0;
  }
  get srcValidMark(): boolean {
    return (this.ns.ipv4.confAll.src_valid_mark | this.conf.src_valid_mark) !== 0;
  }
  get proxyArp(): boolean {
    return (this.ns.ipv4.confAll.proxy_arp | this.conf.proxy_arp) !== 0;
  }
  get proxyArpPvlan(): boolean {
    return (this.ns.ipv4.confAll.proxy_arp_pvlan | this.conf.proxy_arp_pvlan) !== 0;
  }
  get arpFilter(): boolean {
    return (this.ns.ipv4.confAll.arp_filter | this.conf.arp_filter) !== 0;
  }
  get arpAnnounce(): number {
    return Math.max(this.ns.ipv4.confAll.arp_announce, this.conf.arp_announce);
  }
  get arpIgnore(): number {
    return Math.max(this.ns.ipv4.confAll.arp_ignore, this.conf.arp_ignore);
  }
  get arpAccept(): number {
    return Math.max(this.ns.ipv4.confAll.arp_accept, this.conf.arp_accept);
  }
  get arpNotify(): boolean {
    return (this.ns.ipv4.confAll.arp_notify | this.conf.arp_notify) !== 0;
  }
  get sourceRoute(): boolean {
    return (this.ns.ipv4.confAll.accept_source_route & this.conf.accept_source_route) !== 0;
  }
  get promoteSecondaries(): boolean {
    return (this.ns.ipv4.confAll.promote_secondaries | this.conf.promote_secondaries) !== 0;
  }
  get ignoresLinkdown(): boolean {
    return (this.ns.ipv4.confAll.ignore_routes_with_linkdown | this.conf.ignore_routes_with_linkdown) !== 0;
  }
  get secureRedirects(): boolean {
    return (this.ns.ipv4.confAll.secure_redirects | this.conf.secure_redirects) !== 0;
  }
  /** AND of both while forwarding, OR otherwise. */
  get acceptsRedirects(): boolean {
    const all = this.ns.ipv4.confAll.accept_redirects;
    return (this.forwards ? all & this.conf.accept_redirects : all | this.conf.accept_redirects) !== 0;
  }
}

/** inet_ifa_match: `addr` lies in the subnet of `ifa`. */
export function ifaMatch(ifa: InAddr, addr: Ipv4): boolean {
  return inPrefix(addr, ifa.address, ifa.len);
}
