// What a comparison switches off because it is told by a clock or by another protocol: IPv6, rate limits of ICMP, neighbour timers.
// Both kernels get the IPv4 part; neither changes what a packet does.

import type { ConfigOp } from "@kubehop/netstack";

const ZERO =
  "accept_local arp_accept arp_announce arp_filter arp_ignore arp_notify bootp_relay disable_policy disable_xfrm drop_gratuitous_arp drop_unicast_in_l2_multicast ignore_routes_with_linkdown log_martians medium_id promote_secondaries proxy_arp proxy_arp_pvlan route_localnet rp_filter src_valid_mark tag".split(
    " ",
  );

/** What a kernel is compiled with. A new namespace takes its IPv4 settings from the machine's first one, which somebody may have changed. */
const COMPILED_IN: readonly (readonly [name: string, value: string])[] = [
  ["forwarding", "0"],
  ["accept_redirects", "1"],
  ["secure_redirects", "1"],
  ["send_redirects", "1"],
  ["shared_media", "1"],
  ...ZERO.map((name): [string, string] => [name, "0"]),
];

/** Files of a new namespace of the real kernel, before it has devices. */
export const QUIET_NAMESPACE: readonly (readonly [path: string, value: string])[] = [
  // It sets others of them, and comes first.
  ["net/ipv4/ip_forward", "0"],
  ...["all", "default"].flatMap((which) =>
    COMPILED_IN.map(([name, value]): [string, string] => [`net/ipv4/conf/${which}/${name}`, value]),
  ),
  ["net/ipv4/conf/all/accept_source_route", "0"],
  ["net/ipv4/conf/default/accept_source_route", "1"],
  ["net/ipv6/conf/all/disable_ipv6", "1"],
  ["net/ipv6/conf/default/disable_ipv6", "1"],
  // A bridge joins 224.0.0.106 (all snoopers), and says so at a moment of its own choosing.
  ["net/ipv4/igmp_link_local_mcast_reports", "0"],
];

/** Neighbours that answered once stay reachable, and keep the address they gave first; a proxy answers at once (a namespace has these files per device only). */
export const QUIET_DEVICE =
  "for d in /proc/sys/net/ipv4/neigh/*/; do echo 3600000 > $d/base_reachable_time_ms; echo 3600 > $d/delay_first_probe_time; echo 360000 > $d/locktime; echo 0 > $d/proxy_delay; done";

/** Links come up in their own time: wait until every port forwards and every device that is up has its carrier, at most 3 s. */
export const SETTLE_LINKS =
  "for i in $(seq 60); do { bridge link; ip -o link show up; } | grep -qE 'state (disabled|DOWN|LOWERLAYERDOWN)' || break; sleep 0.05; done";

/** The part of QUIET_DEVICE that our kernel would not do by itself while no time passes. */
export function quietDevice(dev: string): ConfigOp {
  return { op: "sysctl", key: `net.ipv4.neigh.${dev.replaceAll(".", "/")}.proxy_delay`, value: "0" };
}

/** Batches of both kernels: ICMP errors are not rationed. */
export const QUIET_ICMP: readonly ConfigOp[] = [
  { op: "sysctl", key: "net.ipv4.icmp_ratelimit", value: "0" },
  { op: "sysctl", key: "net.ipv4.icmp_msgs_per_sec", value: "100000" },
  { op: "sysctl", key: "net.ipv4.icmp_msgs_burst", value: "10000" },
];
