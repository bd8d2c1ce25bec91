// nf_nat_range2: where an address (and port) may be mapped to.

export interface NatRange {
  /** u32 host order; null keeps the address. */
  readonly minAddr: number | null;
  readonly maxAddr: number | null;
  /** Ports or ICMP ids; null keeps the port when it is free. */
  readonly minPort: number | null;
  readonly maxPort: number | null;
  readonly random: boolean;
  readonly randomFully: boolean;
  readonly persistent: boolean;
  /** NETMAP: keep the host bits. */
  readonly netmap?: boolean;
}
