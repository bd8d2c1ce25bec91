// net.ipv4.* by name (net/ipv4/sysctl_net_ipv4.c, devinet.c: devinet_sysctl). Ports of other layers register theirs themselves.

import type { NetDevice } from "../dev/net-device.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import type { SysctlEntry } from "../netns/sysctl-table.ts";
import { intSysctl } from "../netns/sysctl-table.ts";
import { NEIGH_PARM_KEYS } from "../neigh/neigh-parms.ts";
import type { Ipv4DevConf } from "./devconf.ts";
import { DEVCONF_KEYS } from "./devconf.ts";
import type { Ipv4Sysctls } from "./ipv4-state.ts";

/** Plain integers of the namespace; the ranges and ip_forward are told apart below. */
const PLAIN = [
  "ip_default_ttl",
  "ip_no_pmtu_disc",
  "ip_forward_use_pmtu",
  "ip_nonlocal_bind",
  "ip_forward_update_priority",
  "icmp_echo_ignore_all",
  "icmp_echo_ignore_broadcasts",
  "icmp_ignore_bogus_error_responses",
  "icmp_errors_use_inbound_ifaddr",
  "icmp_ratelimit",
  "icmp_ratemask",
  "icmp_msgs_per_sec",
  "icmp_msgs_burst",
  "ipfrag_time",
  "ipfrag_high_thresh",
  "fib_multipath_use_neigh",
  "fwmark_reflect",
] as const satisfies readonly (keyof Ipv4Sysctls)[];

type MakeEntry = (ns: NetNamespace) => SysctlEntry;

/** Files of net.ipv4 itself, by name behind the prefix. */
const FILES: ReadonlyMap<string, MakeEntry> = new Map<string, MakeEntry>([
  ...PLAIN.map((name): [string, MakeEntry] => [name, (ns) => intSysctl(ns.ipv4.sysctls, name)]),
  ["route.min_pmtu", (ns) => intSysctl(ns.ipv4.sysctls, "min_pmtu")],
  ["ip_forward", forwardingSysctl],
  ["fib_multipath_hash_policy", hashPolicySysctl],
  ["ip_local_port_range", (ns) => range(ns, "local_port_first", "local_port_last")],
  ["ping_group_range", (ns) => range(ns, "ping_group_first", "ping_group_last")],
  ["neigh.default.gc_thresh1", (ns) => intSysctl(ns.arp, "gc_thresh1")],
  ["neigh.default.gc_thresh2", (ns) => intSysctl(ns.arp, "gc_thresh2")],
  ["neigh.default.gc_thresh3", (ns) => intSysctl(ns.arp, "gc_thresh3")],
]);

const PREFIX = "net.ipv4.";

/** Entries are made when asked for: a pod has hundreds of these files and few are ever touched. */
export function registerIpv4Sysctls(ns: NetNamespace): void {
  ns.sysctl.provide({ find: (name) => findEntry(ns, name), names: () => fileNames(ns) });
}

function findEntry(ns: NetNamespace, name: string): SysctlEntry | undefined {
  if (!name.startsWith(PREFIX)) return undefined;
  const rest = name.slice(PREFIX.length);
  const make = FILES.get(rest);
  if (make !== undefined) return make(ns);
  const [tree, where, key, ...more] = rest.split(".");
  if (where === undefined || key === undefined || more.length > 0) return undefined;
  if (tree === "conf") return confEntry(ns, where, key);
  return tree === "neigh" ? neighEntry(ns, where, key) : undefined;
}

function confEntry(ns: NetNamespace, where: string, key: string): SysctlEntry | undefined {
  const known = DEVCONF_KEYS.find((k) => k === key);
  const conf = confOf(ns, where);
  if (known === undefined || conf === undefined) return undefined;
  return where === "all" && known === "forwarding" ? forwardingSysctl(ns) : intSysctl(conf, known);
}

function confOf(ns: NetNamespace, where: string): Ipv4DevConf | undefined {
  if (where === "all") return ns.ipv4.confAll;
  return where === "default" ? ns.ipv4.confDefault : deviceOf(ns, where)?.inDev.conf;
}

function neighEntry(ns: NetNamespace, where: string, key: string): SysctlEntry | undefined {
  const known = NEIGH_PARM_KEYS.find((k) => k === key);
  const parms = where === "default" ? ns.arp.parms : deviceOf(ns, where)?.inDev.arpParms;
  return known === undefined || parms === undefined ? undefined : intSysctl(parms, known);
}

/** A dot of a device name is written as a slash. */
function deviceOf(ns: NetNamespace, where: string): NetDevice | undefined {
  return ns.devices.byName(where.replaceAll("/", "."));
}

function* fileNames(ns: NetNamespace): Iterable<string> {
  for (const name of FILES.keys()) yield PREFIX + name;
  const devices = [...ns.devices].map((dev) => dev.name.replaceAll(".", "/"));
  for (const where of ["all", "default", ...devices])
    for (const key of DEVCONF_KEYS) yield `${PREFIX}conf.${where}.${key}`;
  for (const where of ["default", ...devices])
    for (const key of NEIGH_PARM_KEYS) yield `${PREFIX}neigh.${where}.${key}`;
}

/** Two numbers in one file, separated by a tab when read. */
function range(ns: NetNamespace, first: keyof Ipv4Sysctls, last: keyof Ipv4Sysctls): SysctlEntry {
  const { sysctls } = ns.ipv4;
  return {
    get: () => `${sysctls[first]}\t${sysctls[last]}`,
    set: (text) => {
      const match = /^\s*(\d+)[\s-]+(\d+)\s*$/.exec(text);
      if (match === null) return "EINVAL";
      sysctls[first] = Number(match[1]);
      sysctls[last] = Number(match[2]);
      return undefined;
    },
  };
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
