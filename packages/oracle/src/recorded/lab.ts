// A recorded lab becomes a world: the `ip -j` and `bridge -j` rows are turned into config batches and enter by the config door
// like any agent's. What a recording assumes beyond its rows (mute hosts, warm neighbour caches) is said here and nowhere else.

import { applyBatch, NetNamespace, udpOpen, World } from "@kubehop/netstack";
import type { ConfigOp, LinkChange, LinkSpec, RouteType } from "@kubehop/netstack";
import { RecordingError } from "./corpus.ts";
import { vethOps } from "./veth-pairs.ts";
import type { RecordedCase, RecordedLink, RecordedNamespace, RecordedRoute, Recording } from "./format.ts";

/** Per-device sysctls that only IGMP reads, which no recording shows. */
const TIMERS_OF_GROUPS = new Set(["igmpv2_unsolicited_report_interval", "igmpv3_unsolicited_report_interval"]);

/** The recorder's namespace that only forwards between the nodes; a real stack, never mute. */
const UNDERLAY = "sw";

/** A fresh world in the recorded state: caches warm, rules loaded, conntrack empty. */
export function buildRecordedLab(recording: Recording, testCase: RecordedCase): World {
  const world = new World(1);
  const names = Object.keys(recording.lab);
  for (const name of names) new NetNamespace(world, name);
  for (const [ns, spec] of vethOps(recording)) apply(world, ns, [spec]);
  for (const name of names) apply(world, name, linkOps(recording.lab[name] as RecordedNamespace));
  for (const name of names) apply(world, name, addressOps(recording.lab[name] as RecordedNamespace));
  for (const name of names) apply(world, name, tableOps(recording.lab[name] as RecordedNamespace));
  for (const name of names) apply(world, name, sysctlOps(name, recording, testCase));
  for (const name of Object.keys(recording.ruleset))
    warmNeighbours(world, name, recording.lab[name] as RecordedNamespace);
  for (const [name, text] of Object.entries(recording.ruleset)) {
    apply(world, name, [{ op: "iptables-restore", text: withoutTrace(text) }]);
  }
  for (const name of names) namespaceOf(world, name).mute = isMute(recording, name);
  return world;
}

export function namespaceOf(world: World, name: string): NetNamespace {
  const ns = world.namespaces.get(name);
  if (ns === undefined) throw new RecordingError(`the recording names a namespace that its lab does not have: ${name}`);
  return ns;
}

function apply(world: World, name: string, ops: readonly ConfigOp[]): void {
  const error = applyBatch(namespaceOf(world, name), { agent: "recording", ops });
  if (error !== null) throw new RecordingError(`${name}: ${JSON.stringify(ops[error.index])}: ${error.message}`);
}

/** Hosts without rules of their own say nothing; the underlay is a silent, real stack. */
function isMute(recording: Recording, name: string): boolean {
  return name !== UNDERLAY && !(name in recording.ruleset);
}

function linkOps(state: RecordedNamespace): ConfigOp[] {
  const ops: ConfigOp[] = [];
  for (const link of state.links) {
    const spec = linkSpec(link);
    if (spec !== null)
      ops.push({ op: "link-add", name: link.ifname, address: link.address, ifindex: link.ifindex, link: spec });
  }
  // Ports join in ifindex order, so that flooding (newest port first) is the recorded one.
  for (const link of state.links) {
    if (link.ifname === "lo") continue;
    ops.push({ op: "link-set", dev: link.ifname, mtu: link.mtu, ...portChange(link), ...bridgeChange(link) });
    if (link.flags.includes("UP")) ops.push({ op: "link-set", dev: link.ifname, up: true });
  }
  ops.push({ op: "link-set", dev: "lo", up: true });
  return ops;
}

function linkSpec(link: RecordedLink): LinkSpec | null {
  const data = link.linkinfo.info_data ?? {};
  switch (link.linkinfo.info_kind) {
    case undefined:
    case "veth":
      return null;
    case "bridge":
      return { type: "bridge" };
    case "vxlan":
      return {
        type: "vxlan",
        id: Number(data["id"]),
        local: String(data["local"]),
        dstport: Number(data["port"]),
        learning: data["learning"] === true,
        udpCsum: data["udp_csum"] === true,
      };
    default:
      throw new RecordingError(`link kind ${link.linkinfo.info_kind} is not modelled`);
  }
}

function portChange(link: RecordedLink): LinkChange {
  if (link.master === undefined) return {};
  const port = link.linkinfo.info_slave_data ?? {};
  return { master: link.master, hairpin: port["hairpin"] === true, learning: port["learning"] !== false };
}

function bridgeChange(link: RecordedLink): LinkChange {
  if (link.linkinfo.info_kind !== "bridge") return {};
  const data = link.linkinfo.info_data ?? {};
  return { nfCallIptables: data["nf_call_iptables"] === 1, mcastSnooping: data["mcast_snooping"] === 1 };
}

function addressOps(state: RecordedNamespace): ConfigOp[] {
  return state.addr
    .filter((row) => row.dev !== "lo")
    .flatMap((row) => row.addr.map((local): ConfigOp => ({ op: "addr-add", dev: row.dev, local })));
}

function tableOps(state: RecordedNamespace): ConfigOp[] {
  const routes = state.routes.filter((r) => r.protocol !== "kernel").map(routeOp);
  const neigh = state.neigh.map((n): ConfigOp => ({
    op: "neigh-replace",
    dev: n.dev,
    dst: n.dst,
    lladdr: n.lladdr ?? "",
    nud: "permanent",
  }));
  // Permanent rows of a bridge are its own and its ports' addresses: the kernel makes them.
  const fdb = state.fdb
    .filter((f) => f.master === undefined || f.state !== "permanent")
    .map((f): ConfigOp => ({
      op: "fdb-replace",
      dev: f.ifname,
      mac: f.mac,
      state: f.state === "permanent" ? "permanent" : "dynamic",
      ...(f.master === undefined ? {} : { master: true }),
      ...(f.dst === undefined ? {} : { dst: f.dst }),
    }));
  return [...routes, ...neigh, ...fdb];
}

function routeOp(r: RecordedRoute): ConfigOp {
  return {
    op: "route-replace",
    dst: r.dst,
    ...(r.type === undefined ? {} : { type: routeType(r.type) }),
    ...(r.gateway === undefined ? {} : { via: r.gateway }),
    ...(r.dev === undefined ? {} : { dev: r.dev }),
    ...(r.prefsrc === undefined ? {} : { src: r.prefsrc }),
    ...(r.metric === undefined ? {} : { metric: r.metric }),
    ...(r.flags.includes("onlink") ? { onlink: true } : {}),
  };
}

const ROUTE_TYPES = [
  "unicast",
  "local",
  "broadcast",
  "multicast",
  "blackhole",
  "unreachable",
  "prohibit",
  "throw",
] as const;

function routeType(word: string): RouteType {
  const known = ROUTE_TYPES.find((type) => type === word);
  if (known === undefined) throw new RecordingError(`route type ${word} is not modelled`);
  return known;
}

/** The listed sysctls, and those every recording assumes: no redirects from any device, no ICMP limits within reach. */
function sysctlOps(name: string, recording: Recording, testCase: RecordedCase): ConfigOp[] {
  const state = recording.lab[name] as RecordedNamespace;
  const ops: ConfigOp[] = [];
  const set = (key: string, value: string): void => void ops.push({ op: "sysctl", key, value });
  const isNode = name in recording.ruleset;
  if ("net.bridge.bridge-nf-call-iptables" in state.sysctl) ops.push({ op: "modprobe", module: "br_netfilter" });
  for (const [key, value] of Object.entries(state.sysctl)) {
    if (key === "net.bridge.bridge-nf-call-iptables") set(key, isNode ? String(testCase.br_nf) : value);
    else set(key, value);
  }
  for (const link of state.links) {
    if (name === UNDERLAY || isNode) set(`net.ipv4.conf.${link.ifname.replaceAll(".", "/")}.send_redirects`, "0");
  }
  for (const [dev, conf] of Object.entries(state.devconf ?? {})) {
    for (const [key, value] of Object.entries(conf)) {
      if (!TIMERS_OF_GROUPS.has(key)) set(`net.ipv4.conf.${dev.replaceAll(".", "/")}.${key}`, String(value));
    }
  }
  set("net.ipv4.icmp_msgs_per_sec", "100000");
  set("net.ipv4.icmp_msgs_burst", "10000");
  return ops;
}

/** The recorder sent one datagram to every listed neighbour of a node before the first case; hosts answer nothing. */
function warmNeighbours(world: World, name: string, state: RecordedNamespace): void {
  for (const other of world.namespaces.values()) other.mute = true;
  const sock = udpOpen(namespaceOf(world, name), {});
  for (const row of state.neigh) sock.sendTo(new Uint8Array([0x77]), row.dst, 9);
  sock.close();
  world.softirq();
  for (const other of world.namespaces.values()) other.mute = false;
}

/** The listing shows TRACE rules and counters of a later pass. */
function withoutTrace(text: string): string {
  return text
    .split("\n")
    .filter((line) => !line.endsWith(" -j TRACE"))
    .join("\n");
}
