// What a nexthop learned about single destinations: path MTU and redirects (net/ipv4/route.c: fib_nh_exception).

import type { Ipv4 } from "../addr/ipv4.ts";
import type { NetDevice } from "../dev/net-device.ts";
import type { FibNh } from "./fib/fib-types.ts";
import { RTCF_REDIRECTED, Route } from "./rtable.ts";

/** find_exception: a learned decision that has not run out. */
export function findException(nh: FibNh, daddr: Ipv4, dev: NetDevice): Route | undefined {
  const route = nh.exceptions?.get(daddr | 0);
  if (route === undefined || !route.valid) return undefined;
  if (dev.ns.world.now < route.expires) return route;
  route.valid = false;
  nh.exceptions?.delete(daddr | 0);
  return undefined;
}

/** A copy of `base` for one destination, with what the exception learned (rt_bind_exception). */
export function withException(base: Route, exception: Route): Route {
  return bind(base, {
    gateway: exception.gateway,
    pmtu: exception.pmtu,
    locked: exception.mtuLocked,
    expires: exception.expires,
    flags: exception.flags,
  });
}

interface Learned {
  readonly gateway: Ipv4;
  readonly pmtu: number;
  readonly locked: boolean;
  readonly expires: number;
  readonly flags: number;
}

function bind(base: Route, learned: Learned): Route {
  const route = new Route({
    type: base.type,
    dev: base.dev,
    flags: base.flags | (learned.flags & RTCF_REDIRECTED),
    gateway: learned.gateway !== 0 ? learned.gateway : base.gateway,
    input: base.input,
    prefsrc: base.prefsrc,
    table: base.table,
    alias: base.alias,
    nh: base.nh,
  });
  route.pmtu = learned.pmtu;
  route.mtuLocked = learned.locked;
  route.expires = learned.expires;
  return route;
}

/** update_or_create_fnhe: remember a path MTU (0: none) or a gateway (0: none) for `daddr` until `expires` (virtual ms). */
export function updateFnhe(
  base: Route,
  daddr: Ipv4,
  gateway: Ipv4,
  pmtu: number,
  locked: boolean,
  expires: number,
): void {
  const { nh } = base;
  if (nh === null) return;
  nh.exceptions ??= new Map();
  const old = findException(nh, daddr, base.dev);
  if (old !== undefined) old.valid = false;
  const flags = gateway !== 0 ? RTCF_REDIRECTED : (old?.flags ?? 0);
  const learned = {
    gateway: gateway !== 0 ? gateway : (old?.gateway ?? (0 as Ipv4)),
    pmtu: pmtu !== 0 ? pmtu : (old?.pmtu ?? 0),
    locked,
    expires,
    flags,
  };
  nh.exceptions.set(daddr | 0, bind(base, learned));
}
