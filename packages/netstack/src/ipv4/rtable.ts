// A routing decision (struct rtable): what one lookup found, shared by every packet that takes the same nexthop.

import type { Ipv4 } from "../addr/ipv4.ts";
import type { NetDevice } from "../dev/net-device.ts";
import type { FibAlias, FibNh } from "./fib/fib-types.ts";
import type { RouteErrno, RouteTypeNum } from "./rt-types.ts";

/** rt_flags. */
export const RTCF_LOCAL = 1;
export const RTCF_BROADCAST = 2;
export const RTCF_MULTICAST = 4;
export const RTCF_REDIRECTED = 8;

export class Route {
  readonly type: RouteTypeNum;
  /** Output device; lo (or the device of the local route's namespace) for local destinations. */
  readonly dev: NetDevice;
  /** RTCF_*. */
  readonly flags: number;
  /** Next hop address, 0 for on-link: then the next hop is the packet's destination. */
  gateway: Ipv4;
  /** Made for a received packet: local delivery, forwarding or an error. */
  readonly input: boolean;
  /** Why packets with this route are refused (ip_error); null when usable. */
  readonly error: RouteErrno | null;
  /** Preferred source of the route (`src`), 0 without. */
  readonly prefsrc: Ipv4;
  /** Table number the route stands in, 0 when it was not found in one. */
  readonly table: number;
  /** `mtu` of the table row in bytes, 0 without: obeyed by forwarding too. */
  readonly metricMtu: number;
  /** Learned path MTU in bytes, 0 without; forwarding ignores it unless locked (below min_pmtu). */
  pmtu = 0;
  mtuLocked = false;
  /** The table row and nexthop behind this decision; null for decisions without a row (broadcast input, errors). */
  readonly alias: FibAlias | null;
  readonly nh: FibNh | null;
  /** False: the row, device or exception has changed; do not cache. */
  valid = true;
  /** Virtual ms when a learned exception ends; 0 without. */
  expires = 0;

  constructor(init: RouteInit) {
    this.type = init.type;
    this.dev = init.dev;
    this.flags = init.flags;
    this.gateway = init.gateway ?? (0 as Ipv4);
    this.input = init.input;
    this.error = init.error ?? null;
    this.prefsrc = init.prefsrc ?? (0 as Ipv4);
    this.table = init.table ?? 0;
    this.alias = init.alias ?? null;
    this.nh = init.nh ?? null;
    this.metricMtu = this.alias?.info.mtu ?? 0;
  }

  get isLocal(): boolean {
    return (this.flags & RTCF_LOCAL) !== 0;
  }

  /** rt_nexthop: the address to resolve on `dev` for a packet to `daddr`. */
  nexthop(daddr: Ipv4): Ipv4 {
    return this.gateway !== 0 ? this.gateway : daddr;
  }

  /** dst_mtu: MTU for locally made packets, bytes. */
  get mtu(): number {
    if (this.pmtu !== 0 && this.dev.ns.world.now < this.expires) return this.pmtu;
    return this.metricMtu !== 0 ? this.metricMtu : this.dev.mtu;
  }
}

export interface RouteInit {
  readonly type: RouteTypeNum;
  readonly dev: NetDevice;
  readonly flags: number;
  readonly gateway?: Ipv4;
  readonly input: boolean;
  readonly error?: RouteErrno | null;
  readonly prefsrc?: Ipv4;
  readonly table?: number;
  readonly alias?: FibAlias | null;
  readonly nh?: FibNh | null;
}

/** Whom to look up, and what the lookup filled in (struct flowi4). Addresses u32, 0 = not given. */
export interface FlowKey {
  daddr: Ipv4;
  /** Filled in by ipRouteOutput when 0. */
  saddr: Ipv4;
  /** Bound device (SO_BINDTODEVICE), 0 without. */
  oif: number;
  /** Ingress ifindex; 0 for local output (rules see lo). */
  iif: number;
  mark: number;
  tos: number;
  proto: number;
  sport: number;
  dport: number;
  uid: number;
  /** Source need not be an own address (IP_TRANSPARENT, rerouted packets). */
  anySrc: boolean;
}

export function flowKey(daddr: Ipv4, part: Partial<FlowKey> = {}): FlowKey {
  // Field by field: one shape for every caller, and several times faster than Object.assign.
  return {
    daddr,
    saddr: part.saddr ?? (0 as Ipv4),
    oif: part.oif ?? 0,
    iif: part.iif ?? 0,
    mark: part.mark ?? 0,
    tos: part.tos ?? 0,
    proto: part.proto ?? 0,
    sport: part.sport ?? 0,
    dport: part.dport ?? 0,
    uid: part.uid ?? 0,
    anySrc: part.anySrc ?? false,
  };
}
