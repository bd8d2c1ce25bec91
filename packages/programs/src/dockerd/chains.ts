// dockerd's iptables rules by release (moby libnetwork iptables.go, bridge/setup_ip_tables.go, isolation), in the order in which a
// fresh node shows them. FORWARD rules are appended; what other daemons insert later stands before them.

import { tokenize } from "@kubehop/netstack/rules";
import { atLeast } from "@kubehop/sim";
import type { Ensured } from "../node/ensure.ts";

interface Row {
  readonly first: string;
  readonly until?: string;
  readonly table: "nat" | "filter";
  readonly chain: string;
  /** Without: the chain itself. `%D` is the bridge, `%N` its network. */
  readonly spec?: string;
}

const ROWS: readonly Row[] = [
  { first: "1.13", table: "nat", chain: "DOCKER" },
  { first: "1.13", table: "filter", chain: "DOCKER" },
  { first: "1.13", until: "17.06", table: "filter", chain: "DOCKER-ISOLATION" },
  { first: "17.06", table: "filter", chain: "DOCKER-USER" },
  { first: "17.06", table: "filter", chain: "DOCKER-ISOLATION-STAGE-1" },
  { first: "17.06", table: "filter", chain: "DOCKER-ISOLATION-STAGE-2" },
  { first: "1.13", table: "nat", chain: "PREROUTING", spec: "-m addrtype --dst-type LOCAL -j DOCKER" },
  { first: "1.13", table: "nat", chain: "OUTPUT", spec: "! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER" },
  { first: "1.13", table: "nat", chain: "POSTROUTING", spec: "-s %N ! -o %D -j MASQUERADE" },
  { first: "1.13", table: "nat", chain: "DOCKER", spec: "-i %D -j RETURN" },
  { first: "1.13", until: "17.06", table: "filter", chain: "FORWARD", spec: "-j DOCKER-ISOLATION" },
  { first: "17.06", table: "filter", chain: "FORWARD", spec: "-j DOCKER-USER" },
  { first: "17.06", table: "filter", chain: "FORWARD", spec: "-j DOCKER-ISOLATION-STAGE-1" },
  { first: "1.13", until: "17.06", table: "filter", chain: "FORWARD", spec: "-o %D -j DOCKER" },
  {
    first: "1.13",
    table: "filter",
    chain: "FORWARD",
    spec: "-o %D -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
  },
  { first: "17.06", table: "filter", chain: "FORWARD", spec: "-o %D -j DOCKER" },
  { first: "1.13", table: "filter", chain: "FORWARD", spec: "-i %D ! -o %D -j ACCEPT" },
  { first: "1.13", table: "filter", chain: "FORWARD", spec: "-i %D -o %D -j ACCEPT" },
  { first: "1.13", until: "17.06", table: "filter", chain: "DOCKER-ISOLATION", spec: "-j RETURN" },
  {
    first: "17.06",
    table: "filter",
    chain: "DOCKER-ISOLATION-STAGE-1",
    spec: "-i %D ! -o %D -j DOCKER-ISOLATION-STAGE-2",
  },
  { first: "17.06", table: "filter", chain: "DOCKER-ISOLATION-STAGE-1", spec: "-j RETURN" },
  { first: "17.06", table: "filter", chain: "DOCKER-ISOLATION-STAGE-2", spec: "-o %D -j DROP" },
  { first: "17.06", table: "filter", chain: "DOCKER-ISOLATION-STAGE-2", spec: "-j RETURN" },
  { first: "17.06", table: "filter", chain: "DOCKER-USER", spec: "-j RETURN" },
];

/** `version` as major.minor; `bridge` is the device, `network` its prefix. */
export function dockerRules(version: string, bridge: string, network: string): Ensured[] {
  return ROWS.filter(
    (row) => atLeast(version, row.first) && (row.until === undefined || !atLeast(version, row.until)),
  ).map((row) => ({
    table: row.table,
    chain: row.chain,
    ...(row.spec === undefined ? {} : { spec: tokenize(row.spec.replaceAll("%D", bridge).replaceAll("%N", network)) }),
  }));
}
