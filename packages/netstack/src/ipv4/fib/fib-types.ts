// Rows of routing tables (struct fib_alias, fib_info, fib_nh). A row owns its info; nexthops carry the cached decisions.

import type { Ipv4 } from "../../addr/ipv4.ts";
import type { NetDevice } from "../../dev/net-device.ts";
import type { RouteTypeNum } from "../rt-types.ts";
import type { Route } from "../rtable.ts";
import type { RuleOrigin } from "../../rtnl/batch.ts";

export interface FibNh {
  /** Null for blackhole and its like. */
  dev: NetDevice | null;
  /** 0: destinations are on the link. */
  gateway: Ipv4;
  /** Scope of the nexthop: HOST for an on-link nexthop, LINK behind a gateway. */
  scope: number;
  onlink: boolean;
  weight: number;
  /** Device is down (RTNH_F_DEAD). */
  dead: boolean;
  /** Device lost its carrier (RTNH_F_LINKDOWN). */
  linkdown: boolean;
  /** Upper end of this nexthop's share of the 31-bit hash space, -1: none. */
  upperBound: number;
  rthInput: Route | null;
  rthOutput: Route | null;
  /** Learned PMTUs and redirects by destination (fnhe). */
  exceptions: Map<number, Route> | null;
}

export interface FibInfo {
  readonly nhs: FibNh[];
  readonly scope: number;
  /** rt_protos number: 2 kernel, 3 boot, 4 static … */
  readonly protocol: number;
  readonly prefsrc: Ipv4;
  readonly metric: number;
  /** Bytes, 0: not set. */
  readonly mtu: number;
  readonly advmss: number;
}

export interface FibAlias {
  readonly prefix: Ipv4;
  readonly len: number;
  readonly tos: number;
  readonly type: RouteTypeNum;
  readonly table: number;
  readonly info: FibInfo;
  /** Who wrote the row; null: the kernel itself, for an address. */
  readonly origin: RuleOrigin | null;
}

/** What a table or rule lookup found (struct fib_result). Reused: copy what must outlive the next lookup. */
export interface FibResult {
  alias: FibAlias | null;
  nhSel: number;
}

/** The nexthop a result chose. */
export function fibResNh(res: FibResult): FibNh | null {
  return res.alias?.info.nhs[res.nhSel] ?? null;
}

/** The mark that a nexthop through `dev` gets: kernels before 4.2 do not look at the carrier. */
export function nhLinkdown(dev: NetDevice): boolean {
  return dev.ns.flavour.routeLinkdown && !dev.ops.carrier(dev);
}

export function newFibNh(dev: NetDevice | null, gateway: Ipv4, scope: number, onlink = false, weight = 1): FibNh {
  return {
    dev,
    gateway,
    scope,
    onlink,
    weight,
    dead: false,
    linkdown: false,
    upperBound: -1,
    rthInput: null,
    rthOutput: null,
    exceptions: null,
  };
}
