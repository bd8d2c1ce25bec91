// What the files of /proc/sys/net take, seen on a 6.18 kernel (HZ=250).

import { expect, it } from "vitest";
import { NetNamespace } from "../../src/netns/net-namespace.ts";
import { World } from "../../src/netns/world.ts";

const EINVAL = "EINVAL";

/** File, text written, what it reads afterwards or the errno. */
const ROWS: readonly (readonly [file: string, text: string, outcome: string])[] = [
  ["net.ipv4.ip_forward", "99999999999", EINVAL],
  ["net.ipv4.ip_forward", "2147483647", "2147483647"],
  ["net.ipv4.ip_forward", "-2147483649", EINVAL],
  ["net.ipv4.ip_forward", "1 2", "1"],
  ["net.ipv4.ip_forward", "", "0"],
  ["net.ipv4.ip_forward", "0x10", "16"],
  ["net.ipv4.ip_forward", "010", "8"],
  ["net.ipv4.ip_forward", "-0", "0"],
  ["net.ipv4.ip_forward", "+1", EINVAL],
  ["net.ipv4.ip_forward", "1a", EINVAL],
  ["net.ipv4.ip_default_ttl", "0", EINVAL],
  ["net.ipv4.ip_default_ttl", "255", "255"],
  ["net.ipv4.ip_default_ttl", "256", EINVAL],
  ["net.ipv4.ip_nonlocal_bind", "256", EINVAL],
  ["net.ipv4.icmp_echo_ignore_all", "2", EINVAL],
  ["net.ipv4.icmp_ratelimit", "-1", EINVAL],
  ["net.ipv4.icmp_ratelimit", "0", "0"],
  ["net.ipv4.ipfrag_time", "8589934", "8589934"],
  ["net.ipv4.ipfrag_time", "8589935", EINVAL],
  ["net.ipv4.ipfrag_high_thresh", "3145727", EINVAL],
  ["net.ipv4.route.min_pmtu", "67", EINVAL],
  ["net.ipv4.fib_multipath_hash_policy", "1", "1"],
  ["net.ipv4.fib_multipath_hash_policy", "4", EINVAL],
  ["net.ipv4.fib_multipath_hash_policy", "2", "EOPNOTSUPP"],
  ["net.ipv4.conf.lo.rp_filter", "-1", "-1"],
  ["net.ipv4.conf.lo.rp_filter", "2147483648", EINVAL],
  ["net.ipv4.neigh.lo.ucast_solicit", "-1", EINVAL],
  ["net.ipv4.neigh.lo.gc_stale_time", "-1", "-1"],
  ["net.ipv4.ip_local_port_range", "5 3", EINVAL],
  ["net.ipv4.ip_local_port_range", "100 100", EINVAL],
  ["net.ipv4.ip_local_port_range", "1 65535", EINVAL],
  ["net.ipv4.ip_local_port_range", "1024 65536", EINVAL],
  ["net.ipv4.ip_local_port_range", "5000-6000", EINVAL],
  ["net.ipv4.ip_local_port_range", "a b", EINVAL],
  ["net.ipv4.ip_local_port_range", "2000 3000 4000", "2000\t3000"],
  ["net.ipv4.ip_local_port_range", "2001", "2001\t60999"],
  ["net.ipv4.ip_local_port_range", "0x1000 0x2000", "4096\t8192"],
  ["net.ipv4.ping_group_range", "5 3", "1\t0"],
  ["net.ipv4.tcp_syn_retries", "0", EINVAL],
  ["net.ipv4.tcp_syn_retries", "127", "127"],
  ["net.ipv4.tcp_syn_retries", "200", EINVAL],
  ["net.ipv4.tcp_synack_retries", "256", EINVAL],
  ["net.ipv4.tcp_min_snd_mss", "47", EINVAL],
  ["net.ipv4.tcp_rmem", "1 2", "1\t2\t33554432"],
  ["net.ipv4.tcp_rmem", "0 1 2", EINVAL],
  ["net.ipv4.tcp_rmem", "3 2 1 0", "3\t2\t1"],
  ["net.core.somaxconn", "-1", EINVAL],
  ["net.netfilter.nf_conntrack_tcp_timeout_established", "8589935", EINVAL],
  ["net.netfilter.nf_conntrack_udp_timeout", "8589934", "8589934"],
  ["net.bridge.bridge-nf-call-iptables", "-5", "1"],
  ["net.bridge.bridge-nf-call-iptables", "0", "0"],
];

it.each(ROWS)("%s = %j: %s", (file, text, outcome) => {
  const ns = new NetNamespace(new World(), "n");
  ns.modules.load("br_netfilter");
  expect(ns.sysctl.set(file, text) ?? ns.sysctl.get(file)).toBe(outcome);
});
