// Tunables of neighbour resolution (struct neigh_parms): net.ipv4.neigh.{default,DEV}.*. Fields carry the sysctl's own name and unit.

export class NeighParms {
  mcast_solicit = 3;
  ucast_solicit = 3;
  app_solicit = 0;
  mcast_resolicit = 0;
  retrans_time_ms = 1000;
  base_reachable_time_ms = 30_000;
  /** Seconds. */
  delay_first_probe_time = 5;
  gc_stale_time = 60;
  unres_qlen_bytes = 212_992;
  /** Hundredths of a second. */
  proxy_delay = 80;
  locktime = 100;
  proxy_qlen = 64;

  copyFrom(other: NeighParms): void {
    Object.assign(this, other);
  }
}

export type NeighParmKey = { [K in keyof NeighParms]: NeighParms[K] extends number ? K : never }[keyof NeighParms];

export const NEIGH_PARM_KEYS = Object.keys(new NeighParms()) as NeighParmKey[];
