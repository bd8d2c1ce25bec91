// net.ipv4.* by name (net/ipv4/sysctl_net_ipv4.c, devinet.c: devinet_sysctl). Ports of other layers register theirs themselves.

import type { NetDevice } from "../dev/net-device.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import type { SysctlEntry } from "../netns/sysctl-table.ts";
import { intSysctl } from "../netns/sysctl-table.ts";
import type { NeighParms } from "../neigh/neigh-parms.ts";
import { NEIGH_PARM_KEYS } from "../neigh/neigh-parms.ts";
import type { Ipv4DevConf } from "./devconf.ts";
import { DEVCONF_KEYS } from "./devconf.ts";
import type { Ipv4Sysctls } from "./ipv4-state.ts";

/** Plain integers of the namespace; the ranges and ip_forward are told apart below. */
const PLAIN = [
  "ip_default_ttl", "ip_no_pmtu_disc", "ip_forward_use_pmtu", "ip_nonlocal_bind", "ip_forward_update_priority",
  "icmp_echo_ignore_all", "icmp_echo_ignore_broadcasts", "icmp_ignore_bogus_error_responses", "icmp_errors_use_inbound_ifaddr",
  "icmp_ratelimit", "icmp_ratemask", "icmp_msgs_per_sec", "icmp_msgs_burst",
  "ipfrag_time", "ipfrag_high_thresh", "fib_multipath_use_neigh", "fwmark_reflect",
] as const satisfies readonly (keyof Ipv4Sysctls)[];

export function registerIpv4Sysctls(ns: NetNamespace): void {
  const { sysctls, confAll, confDefault } = ns.ipv4;
  for (const name of PLAIN) ns.sysctl.register(`net.ipv4.${name}`, intSysctl(sysctls, name));
  ns.sysctl.register("net.ipv4.route.min_pmtu", intSysctl(sysctls, "min_pmtu"));
  ns.sysctl.register("net.ipv4.ip_forward", forwardingSysctl(ns));
  ns.sysctl.register("net.ipv4.fib_multipath_hash_policy", hashPolicySysctl(ns));
  range(ns, "net.ipv4.ip_local_port_range", "local_port_first", "local_port_last");
  range(ns, "net.ipv4.ping_group_range", "ping_group_first", "ping_group_last");
  registerConf(ns, "all", confAll);
  registerConf(ns, "default", confDefault);
  registerNeigh(ns, "default", ns.arp.parms);
  for (const name of ["gc_thresh1", "gc_thresh2", "gc_thresh3"] as const) ns.sysctl.register(`net.ipv4.neigh.default.${name}`, intSysctl(ns.arp, name));
}

/** Two numbers in one file, separated by a tab when read. */
function range(ns: NetNamespace, name: string, first: keyof Ipv4Sysctls, last: keyof Ipv4Sysctls): void {
  const { sysctls } = ns.ipv4;
  ns.sysctl.register(name, {
    get: () => `${sysctls[first]}\t${sysctls[last]}`,
    set: (text) => {
      const match = /^\s*(\d+)[\s-]+(\d+)\s*$/.exec(text);
      if (match === null) return "EINVAL";
      sysctls[first] = Number(match[1]);
      sysctls[last] = Number(match[2]);
      return undefined;
    },
  });
}

/** Policies 2 (inner headers) and 3 (chosen fields) are not modelled and refused. */
function hashPolicySysctl(ns: NetNamespace): SysctlEntry {
  const { sysctls } = ns.ipv4;
  return {
    get: () => String(sysctls.fib_multipath_hash_policy),
    set: (text) => {
      if (!/^[01]$/.test(text.trim())) return "EINVAL";
      sysctls.fib_multipath_hash_policy = Number(text);
      return undefined;
    },
  };
}

/** devinet_sysctl_forward: only a change reaches the devices; writing the same value again leaves their own flags alone. */
function forwardingSysctl(ns: NetNamespace): SysctlEntry {
  return {
    get: () => String(ns.ipv4.confAll.forwarding),
    set: (text) => {
      if (!/^-?\d+$/.test(text.trim())) return "EINVAL";
      if (Number(text) !== ns.ipv4.confAll.forwarding) devinetForwarding(ns, Number(text));
      return undefined;
    },
  };
}

/** inet_forward_change: ip_forward and conf.all.forwarding are one switch, and it sets every device and the default (R1.35). */
function devinetForwarding(ns: NetNamespace, value: number): void {
  const { sysctls, confAll, confDefault } = ns.ipv4;
  sysctls.ip_forward = value;
  confAll.forwarding = value;
  // Hosts may believe redirects, routers not.
  confAll.accept_redirects = value === 0 ? 1 : 0;
  confDefault.forwarding = value;
  for (const dev of ns.devices) dev.inDev.conf.forwarding = value;
}

function registerConf(ns: NetNamespace, where: string, conf: Ipv4DevConf): void {
  for (const key of DEVCONF_KEYS) {
    const entry = where === "all" && key === "forwarding" ? forwardingSysctl(ns) : intSysctl(conf, key);
    ns.sysctl.register(`net.ipv4.conf.${where}.${key}`, entry);
  }
}

function registerNeigh(ns: NetNamespace, where: string, parms: NeighParms): void {
  for (const key of NEIGH_PARM_KEYS) ns.sysctl.register(`net.ipv4.neigh.${where}.${key}`, intSysctl(parms, key));
}

/** Names in sysctl files: a dot of a device name is written as a slash. */
function fileName(dev: NetDevice): string {
  return dev.name.replaceAll(".", "/");
}

/** Register the device's files under its present name; after a rename the old ones go. */
export function registerDeviceSysctls(ns: NetNamespace, dev: NetDevice): void {
  const name = fileName(dev);
  if (dev.inDev.sysctlName === name) return;
  unregisterDeviceSysctls(ns, dev);
  dev.inDev.sysctlName = name;
  registerConf(ns, name, dev.inDev.conf);
  registerNeigh(ns, name, dev.inDev.arpParms);
}

export function unregisterDeviceSysctls(ns: NetNamespace, dev: NetDevice): void {
  const name = dev.inDev.sysctlName;
  if (name === "") return;
  for (const key of DEVCONF_KEYS) ns.sysctl.unregister(`net.ipv4.conf.${name}.${key}`);
  for (const key of NEIGH_PARM_KEYS) ns.sysctl.unregister(`net.ipv4.neigh.${name}.${key}`);
  dev.inDev.sysctlName = "";
}
