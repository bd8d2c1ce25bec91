// What this stack models and what it refuses by name, read from the registries that decide it: for docs/SUPPORT.md and its test.
// Types that exist only at compile time have a table here whose completeness the compiler checks.

import { COMMON_OPTIONS, protoOptions } from "../netfilter/conntrack/filter.ts";
import type { CtFilterOption } from "../netfilter/conntrack/filter.ts";
import { OUTPUT_WORDS, UNMODELLED_OUTPUT, UNMODELLED_VERBS, VERBS } from "../netfilter/conntrack/command.ts";
import { trackerOf } from "../netfilter/conntrack/conntrack-core.ts";
import { HOOK_NAMES } from "../netfilter/hooks.ts";
import type { MatchExtension, OptionSpec, TargetExtension } from "../netfilter/xtables/extension.ts";
import { Options } from "../netfilter/xtables/extension.ts";
import type { IptablesFlavour } from "../netfilter/xtables/iptables-version.ts";
import { IPTABLES_FLAVOURS } from "../netfilter/xtables/iptables-version.ts";
import { protocolName } from "../netfilter/xtables/protocols.ts";
import { findMatch, findTarget, modelledNames, unmodelledNames } from "../netfilter/xtables/registry.ts";
import { XtError } from "../netfilter/xtables/xt-error.ts";
import { XT_TABLES } from "../netfilter/xtables/xt-tables.ts";
import { MODULE_NAMES } from "../netns/modules.ts";
import { NetNamespace } from "../netns/net-namespace.ts";
import { World } from "../netns/world.ts";
import { applyBatch } from "../rtnl/apply.ts";
import type { ConfigOp, LinkChange, LinkSpec, RouteSpec, RouteType, RuleSpec } from "../rtnl/batch.ts";

/** An option of a match or a target. */
export interface OptionSupport {
  /** Without dashes. */
  readonly name: string;
  /** Every way to write it, `name` included. */
  readonly spellings: readonly string[];
  /** Real iptables has it; refused by name. */
  readonly refused: boolean;
  /** Takes a `!` in front. */
  readonly invert: boolean;
}

export interface ExtensionSupport {
  readonly name: string;
  readonly options: readonly OptionSupport[];
}

export interface XtablesSupport {
  /** Tables and the built-in chains that each has. */
  readonly tables: readonly { readonly name: string; readonly chains: readonly string[] }[];
  readonly matches: readonly ExtensionSupport[];
  readonly targets: readonly ExtensionSupport[];
  readonly refusedMatches: readonly string[];
  readonly refusedTargets: readonly string[];
  readonly releases: readonly IptablesFlavour[];
}

/** Matches and targets with their options, in order of name. */
export function xtablesSupport(): XtablesSupport {
  const { matches, targets } = modelledNames();
  const refused = unmodelledNames();
  return {
    tables: XT_TABLES.map(({ name, hooks }) => ({ name, chains: hooks.map((hook) => HOOK_NAMES[hook] ?? "") })),
    matches: matches.map((name) => extensionOf(name, findMatch(name))).sort(byName),
    targets: targets.map((name) => extensionOf(name, findTarget(name))).sort(byName),
    refusedMatches: refused.matches,
    refusedTargets: refused.targets,
    releases: Object.values(IPTABLES_FLAVOURS),
  };
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}

function extensionOf(name: string, extension: MatchExtension | TargetExtension | undefined): ExtensionSupport {
  if (extension === undefined) return { name, options: [] };
  const options = extension.options.map((spec) => ({
    name: spec.aliases?.[0] ?? spec.name,
    spellings: [spec.name, ...(spec.aliases ?? [])],
    refused: isRefusedOption(extension, spec),
    invert: spec.invert === true,
  }));
  return { name, options };
}

/** Asked of the extension itself: other complaints (a missing second option, a wrong value) are not refusals. */
function isRefusedOption(extension: MatchExtension | TargetExtension, spec: OptionSpec): boolean {
  const given = new Options(extension.name);
  given.add(spec, ["1", "1"], false);
  try {
    extension.parse(given, { proto: 0, protoInvert: false });
    return false;
  } catch (error) {
    return error instanceof XtError && error.form === "unmodelled";
  }
}

export interface ConntrackSupport {
  /** Protocols with a tracker of their own; every other one is tracked by addresses alone. */
  readonly protocols: readonly string[];
  readonly verbs: readonly string[];
  readonly refusedVerbs: readonly string[];
  readonly filters: readonly string[];
  /** Filters that come with `-p PROTOCOL`. */
  readonly protocolFilters: readonly { readonly protocol: string; readonly filters: readonly string[] }[];
  readonly output: readonly string[];
  readonly refusedOutput: readonly string[];
}

/** A number that has no tracker of its own. */
const NO_PROTOCOL = 255;

export function conntrackSupport(): ConntrackSupport {
  const numbers = Array.from({ length: NO_PROTOCOL }, (_, proto) => proto).filter(
    (proto) => trackerOf(proto) !== trackerOf(NO_PROTOCOL),
  );
  return {
    protocols: numbers.map(protocolName),
    verbs: Object.keys(VERBS).filter((word) => !word.startsWith("--")),
    refusedVerbs: [...UNMODELLED_VERBS].filter((word) => !word.startsWith("--")),
    filters: COMMON_OPTIONS.map(filterName),
    protocolFilters: numbers.map((proto) => ({
      protocol: protocolName(proto),
      filters: protoOptions(proto).map(filterName),
    })),
    output: [...OUTPUT_WORDS],
    refusedOutput: [...UNMODELLED_OUTPUT],
  };
}

function filterName({ short, long }: CtFilterOption): string {
  return short === undefined ? `--${long.at(-1) ?? ""}` : `-${short}`;
}

/** Last words of sysctls that can be read and written and do nothing: what they steer is not modelled. */
export const KEPT_SYSCTLS: readonly string[] = [
  "bridge-nf-call-ip6tables",
  "disable_policy",
  "disable_xfrm",
  "ip_forward_update_priority",
  "mc_forwarding",
  "nf_conntrack_buckets",
  "ping_group_range",
  "proxy_delay",
  "proxy_qlen",
];

export interface SysctlSupport {
  /** Full names of a new namespace, without those of single devices and modules. */
  readonly plain: readonly string[];
  /** Names with the device's place written DEV. */
  readonly perDevice: readonly string[];
  /** Names that come with a module. */
  readonly modules: readonly { readonly module: string; readonly names: readonly string[] }[];
}

export function sysctlSupport(): SysctlSupport {
  const ns = new NetNamespace(new World(), "support");
  const fresh = ns.sysctl.names();
  const modules = MODULE_NAMES.map((module) => {
    const before = new Set(ns.sysctl.names());
    ns.modules.load(module);
    return { module, names: ns.sysctl.names().filter((name) => !before.has(name)) };
  });
  const generic = fresh.map((name) => name.replace(/\.(lo|all|default)\.(?=\w+$)/, ".DEV."));
  const perDevice = new Set(fresh.flatMap((name, i) => (name.includes(".lo.") ? [generic[i] ?? name] : [])));
  return {
    plain: fresh.filter((_, i) => !perDevice.has(generic[i] ?? "")),
    perDevice: [...perDevice],
    modules,
  };
}

type LinkOf<T extends LinkSpec["type"]> = Extract<LinkSpec, { readonly type: T }>;
type LinkWords = { readonly [T in LinkSpec["type"]]: Readonly<Record<Exclude<keyof LinkOf<T>, "type">, string>> };

/** What each kind of device is made with, beyond name, address, MTU and index. */
const LINKS: LinkWords = {
  bridge: {},
  dummy: {},
  veth: { peer: "name, namespace, address, MTU, index" },
  vxlan: {
    id: "VNI",
    local: "",
    dev: "lower device",
    dstport: "",
    remote: "one unicast address",
    learning: "",
    udpCsum: "",
    ttl: "",
    df: "unset, set, inherit",
    ageing: "",
  },
  nic: { segment: "a network card on an underlay" },
};

const LINK_CHANGES: Readonly<Record<keyof LinkChange, "any device" | "port of a bridge" | "bridge">> = {
  up: "any device",
  mtu: "any device",
  address: "any device",
  name: "any device",
  netns: "any device",
  master: "any device",
  promisc: "any device",
  arp: "any device",
  hairpin: "port of a bridge",
  isolated: "port of a bridge",
  learning: "port of a bridge",
  flood: "port of a bridge",
  nfCallIptables: "bridge",
  ageingTime: "bridge",
  mcastSnooping: "bridge",
};

export interface DeviceSupport {
  readonly kind: string;
  readonly options: readonly { readonly name: string; readonly note: string }[];
}

export function deviceSupport(): DeviceSupport[] {
  return Object.entries(LINKS).map(([kind, options]) => ({
    kind,
    options: Object.entries(options).map(([name, note]) => ({ name, note })),
  }));
}

/** What can be changed later, by what it applies to. */
export function linkChangeSupport(): { readonly of: string; readonly names: readonly string[] }[] {
  return [...new Set(Object.values(LINK_CHANGES))].map((of) => ({
    of,
    names: Object.entries(LINK_CHANGES).flatMap(([name, what]) => (what === of ? [name] : [])),
  }));
}

const ROUTE_TYPES: Readonly<Record<RouteType, true>> = {
  unicast: true,
  local: true,
  broadcast: true,
  multicast: true,
  blackhole: true,
  unreachable: true,
  prohibit: true,
  throw: true,
};
const ROUTE_FIELDS: Readonly<Record<keyof RouteSpec, true>> = {
  dst: true,
  type: true,
  via: true,
  dev: true,
  nexthops: true,
  table: true,
  metric: true,
  tos: true,
  src: true,
  onlink: true,
  scope: true,
  protocol: true,
  mtu: true,
  advmss: true,
};
const RULE_FIELDS: Readonly<Record<keyof RuleSpec, true>> = {
  priority: true,
  not: true,
  from: true,
  to: true,
  iif: true,
  oif: true,
  fwmark: true,
  fwmask: true,
  tos: true,
  ipproto: true,
  sport: true,
  dport: true,
  table: true,
  action: true,
  goto: true,
  suppressPrefixlength: true,
};

/** Route types, and what routes and rules can say. */
export function routingSupport(): Readonly<Record<"types" | "route" | "rule", readonly string[]>> {
  return { types: Object.keys(ROUTE_TYPES), route: Object.keys(ROUTE_FIELDS), rule: Object.keys(RULE_FIELDS) };
}

/** Every operation of the config door, with the subsystem it belongs to. */
const OPS: Readonly<Record<ConfigOp["op"], string>> = {
  "link-add": "links",
  "link-set": "links",
  "link-del": "links",
  "addr-add": "addresses",
  "addr-del": "addresses",
  "route-add": "routes",
  "route-replace": "routes",
  "route-append": "routes",
  "route-prepend": "routes",
  "route-del": "routes",
  "rule-add": "routing rules",
  "rule-del": "routing rules",
  "neigh-add": "neighbours",
  "neigh-replace": "neighbours",
  "neigh-del": "neighbours",
  "fdb-add": "forwarding databases",
  "fdb-replace": "forwarding databases",
  "fdb-append": "forwarding databases",
  "fdb-del": "forwarding databases",
  iptables: "netfilter",
  "iptables-restore": "netfilter",
  ipset: "netfilter",
  "ipset-restore": "netfilter",
  conntrack: "netfilter",
  sysctl: "kernel",
  modprobe: "kernel",
};

/** Operations that the type has and the door may still refuse: asked of it. */
const PROBES: readonly ConfigOp[] = [
  { op: "ipset", args: ["create", "probe", "hash:ip"] },
  { op: "ipset-restore", text: "" },
];

export interface OpSupport {
  readonly op: string;
  readonly of: string;
  readonly modelled: boolean;
}

export function opSupport(): OpSupport[] {
  const refused = new Set<string>(PROBES.filter((op) => isRefused(op)).map(({ op }) => op));
  return Object.entries(OPS).map(([op, of]) => ({ op, of, modelled: !refused.has(op) }));
}

function isRefused(op: ConfigOp): boolean {
  const error = applyBatch(new NetNamespace(new World(), "support"), { agent: "support", ops: [op] });
  return error !== null && /not modelled/.test(error.message);
}

/** Set types of ipset, each asked of the config door. */
const SET_TYPES: readonly string[] = [
  "bitmap:ip",
  "bitmap:ip,mac",
  "bitmap:port",
  "hash:ip",
  "hash:ip,mac",
  "hash:ip,mark",
  "hash:ip,port",
  "hash:ip,port,ip",
  "hash:ip,port,net",
  "hash:mac",
  "hash:net",
  "hash:net,iface",
  "hash:net,net",
  "hash:net,port",
  "hash:net,port,net",
  "list:set",
];

/** Which set types a namespace can make, and which are refused. */
export function setTypeSupport(): { readonly modelled: readonly string[]; readonly refused: readonly string[] } {
  const can = (type: string): boolean => {
    const range = type.startsWith("bitmap:") ? ["range", type === "bitmap:port" ? "1-2" : "10.0.0.0-10.0.0.9"] : [];
    const op: ConfigOp = { op: "ipset", args: ["create", "probe", type, ...range] };
    return applyBatch(new NetNamespace(new World(), "support"), { agent: "support", ops: [op] }) === null;
  };
  return { modelled: SET_TYPES.filter(can), refused: SET_TYPES.filter((type) => !can(type)) };
}
