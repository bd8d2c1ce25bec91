// Where a mapping may go (struct nf_nat_range2). Targets of xtables build these.

import type { Ipv4 } from "../../addr/ipv4.ts";

export interface NatRange {
  /** Address range, u32 host order, both ends included; null keeps the address. */
  readonly minAddr: number | null;
  readonly maxAddr: number | null;
  /** Ports or ICMP ids, both ends included; null keeps the port while it is free. */
  readonly minPort: number | null;
  readonly maxPort: number | null;
  /** --random: ports are always drawn. */
  readonly random: boolean;
  /** --random-fully: the same here, the kernel differs in how it draws. */
  readonly randomFully: boolean;
  /** --persistent: the same client always gets the same address. */
  readonly persistent: boolean;
  /** Shifted port range (`--to 1.1.1.1:80-90/8000`): the port that maps to minPort; undefined without. */
  readonly basePort?: number | undefined;
}

/** NF_NAT_MANIP_SRC, NF_NAT_MANIP_DST. */
export const NF_NAT_MANIP_SRC = 0;
export const NF_NAT_MANIP_DST = 1;
export type NatManip = 0 | 1;

/** A range of one address that keeps ports. */
export function addrRange(addr: number): NatRange {
  return {
    minAddr: addr,
    maxAddr: addr,
    minPort: null,
    maxPort: null,
    random: false,
    randomFully: false,
    persistent: false,
  };
}

/** `range` with its address replaced. */
export function withAddr(range: NatRange, addr: Ipv4 | number): NatRange {
  return {
    minAddr: addr,
    maxAddr: addr,
    minPort: range.minPort,
    maxPort: range.maxPort,
    random: range.random,
    randomFully: range.randomFully,
    persistent: range.persistent,
    basePort: range.basePort,
  };
}
