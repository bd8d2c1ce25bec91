// net.ipv4.* by name (net/ipv4/sysctl_net_ipv4.c, devinet.c: devinet_sysctl). Ports of other layers register theirs themselves.

import type { NetDevice } from "../dev/net-device.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import type { SysctlEntry, SysctlRange } from "../netns/sysctl-table.ts";
import {
  intSysctl,
  SYSCTL_BOOL,
  SYSCTL_INT,
  SYSCTL_NOT_NEGATIVE,
  SYSCTL_SECONDS,
  SYSCTL_U8,
  sysctlNumbers,
} from "../netns/sysctl-table.ts";
import type { NeighParmKey } from "../neigh/neigh-parms.ts";
import { NEIGH_PARM_KEYS } from "../neigh/neigh-parms.ts";
import type { Ipv4DevConf } from "./devconf.ts";
import { DEVCONF_KEYS } from "./devconf.ts";
import type { Ipv4Sysctls } from "./ipv4-state.ts";

/** Plain integers of the namespace and what they take; the ranges and ip_forward are told apart below. */
const PLAIN = [
  ["ip_default_ttl", [1, 255]],
  ["ip_no_pmtu_disc", SYSCTL_U8],
  ["ip_forward_use_pmtu", SYSCTL_U8],
  ["ip_nonlocal_bind", SYSCTL_U8],
  ["ip_forward_update_priority", SYSCTL_BOOL],
  ["icmp_echo_ignore_all", SYSCTL_BOOL],
  ["icmp_echo_ignore_broadcasts", SYSCTL_BOOL],
  ["icmp_ignore_bogus_error_responses", SYSCTL_BOOL],
  ["icmp_errors_use_inbound_ifaddr", SYSCTL_BOOL],
  ["icmp_ratelimit", SYSCTL_NOT_NEGATIVE],
  ["icmp_ratemask", SYSCTL_INT],
  ["icmp_msgs_per_sec", SYSCTL_NOT_NEGATIVE],
  ["icmp_msgs_burst", SYSCTL_NOT_NEGATIVE],
  ["ipfrag_time", SYSCTL_SECONDS],
  // Not below ipfrag_low_thresh, which is the default's three quarters and not modelled.
  ["ipfrag_high_thresh", [3_145_728, Number.MAX_SAFE_INTEGER]],
  ["fib_multipath_use_neigh", SYSCTL_BOOL],
  ["fwmark_reflect", SYSCTL_U8],
] as const satisfies readonly (readonly [keyof Ipv4Sysctls, SysctlRange])[];

/** The largest value of every neigh file is an int's; some are signed. */
const SIGNED_NEIGH: Partial<Record<NeighParmKey, SysctlRange>> = {
  delay_first_probe_time: SYSCTL_SECONDS,
  gc_stale_time: SYSCTL_SECONDS,
  proxy_delay: SYSCTL_INT,
  locktime: SYSCTL_INT,
};

const PORT: SysctlRange = [1, 65535];
/** ip_unprivileged_port_start: a range may not begin below it. */
const UNPRIVILEGED_PORT = 1024;

type MakeEntry = (ns: NetNamespace) => SysctlEntry;

/** Files of net.ipv4 itself, by name behind the prefix. */
const FILES: ReadonlyMap<string, MakeEntry> = new Map<string, MakeEntry>([
  ...PLAIN.map(([name, take]): [string, MakeEntry] => [name, (ns) => intSysctl(ns.ipv4.sysctls, name, take)]),
  ["route.min_pmtu", (ns) => intSysctl(ns.ipv4.sysctls, "min_pmtu", [68, SYSCTL_INT[1]])],
  ["ip_forward", forwardingSysctl],
  ["fib_multipath_hash_policy", hashPolicySysctl],
  ["ip_local_port_range", portRangeSysctl],
  ["ping_group_range", groupRangeSysctl],
  ["neigh.default.gc_thresh1", (ns) => intSysctl(ns.arp, "gc_thresh1", SYSCTL_NOT_NEGATIVE)],
  ["neigh.default.gc_thresh2", (ns) => intSysctl(ns.arp, "gc_thresh2", SYSCTL_NOT_NEGATIVE)],
  ["neigh.default.gc_thresh3", (ns) => intSysctl(ns.arp, "gc_thresh3", SYSCTL_NOT_NEGATIVE)],
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
  return known === undefined || parms === undefined
    ? undefined
    : intSysctl(parms, known, SIGNED_NEIGH[known] ?? SYSCTL_NOT_NEGATIVE);
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

/** ipv4_local_port_range: two ports, the first alone leaves the last. */
function portRangeSysctl(ns: NetNamespace): SysctlEntry {
  const { sysctls } = ns.ipv4;
  return {
    get: () => `${sysctls.local_port_first}\t${sysctls.local_port_last}`,
    set: (text) => {
      const [first = sysctls.local_port_first, last = sysctls.local_port_last] = sysctlNumbers(text, 2, PORT) ?? [0];
      if (first < UNPRIVILEGED_PORT || last < first) return "EINVAL";
      sysctls.local_port_first = first;
      sysctls.local_port_last = last;
      return undefined;
    },
  };
}

/** ipv4_ping_group_range: a range without groups is kept as `1 0`. */
function groupRangeSysctl(ns: NetNamespace): SysctlEntry {
  const { sysctls } = ns.ipv4;
  return {
    get: () => `${sysctls.ping_group_first}\t${sysctls.ping_group_last}`,
    set: (text) => {
      const read = sysctlNumbers(text, 2, SYSCTL_NOT_NEGATIVE);
      if (read === undefined) return "EINVAL";
      const [first = sysctls.ping_group_first, last = sysctls.ping_group_last] = read;
      sysctls.ping_group_first = last < first ? 1 : first;
      sysctls.ping_group_last = last < first ? 0 : last;
      return undefined;
    },
  };
}

/** Policies 2 (inner headers) and 3 (chosen fields) are not modelled and refused. */
function hashPolicySysctl(ns: NetNamespace): SysctlEntry {
  const entry = intSysctl(ns.ipv4.sysctls, "fib_multipath_hash_policy", SYSCTL_BOOL);
  return { get: () => entry.get(), set: (text) => (/^\s*[23](\s|$)/.test(text) ? "EOPNOTSUPP" : entry.set(text)) };
}

/** devinet_sysctl_forward: only a change reaches the devices; writing the same value again leaves their own flags alone. */
function forwardingSysctl(ns: NetNamespace): SysctlEntry {
  return {
    get: () => String(ns.ipv4.confAll.forwarding),
    set: (text) => {
      const read = sysctlNumbers(text, 1, SYSCTL_INT);
      if (read === undefined) return "EINVAL";
      for (const value of read) if (value !== ns.ipv4.confAll.forwarding) devinetForwarding(ns, value);
      return undefined;
    },
  };
}

/** inet_forward_change: ip_forward and conf.all.forwarding are one switch, and it sets every device and the default. */
function devinetForwarding(ns: NetNamespace, value: number): void {
  const { sysctls, confAll, confDefault } = ns.ipv4;
  sysctls.ip_forward = value;
  confAll.forwarding = value;
  // Hosts may believe redirects, routers not.
  confAll.accept_redirects = value === 0 ? 1 : 0;
  confDefault.forwarding = value;
  for (const dev of ns.devices) dev.inDev.conf.forwarding = value;
}
