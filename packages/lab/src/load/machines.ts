// Nodes and hosts: what is written, and addresses and pod networks for the rest.
import {
  type Cidr,
  cidrContains,
  cidrSize,
  cidrsOverlap,
  formatCidr,
  formatIPv4,
  parseCidr,
  parseIPv4,
  type Path,
} from "@kubehop/kube";
import type {
  ClusterSpec,
  HostSpec,
  KernelVersion,
  KubernetesVersion,
  MachineSpec,
  NodeSpec,
} from "../model/cluster-spec.ts";
import type { ClusterFile } from "../schema/scenario-schema.ts";
import type { LoadContext } from "./context.ts";
import { type Draft, entriesOf } from "./draft.ts";
import { type Flavour, flavourOf } from "./flavours.ts";
import { iptablesOf, versionText } from "./versions.ts";

type DraftCluster = Draft<ClusterFile>;
type Maps<T> = Extract<NonNullable<T>, Readonly<Record<string, unknown>>>;
type DraftNode = NonNullable<Maps<Exclude<DraftCluster["nodes"], unknown[] | undefined>>[string]>;

/** What machines need to know of the cluster. */
type Base = Pick<ClusterSpec, "kubernetes" | "kernel" | "iptables" | "cni" | "docker" | "underlay">;

interface Written {
  readonly name: string;
  /** Where its settings stand, or its name in a list. */
  readonly path: Path;
  readonly draft: DraftNode;
}

export function buildMachines(
  context: LoadContext,
  draft: DraftCluster,
  base: Base,
): { nodes: NodeSpec[]; hosts: HostSpec[] } {
  const standard = base.cni.kind === "docker" ? ["node1"] : ["node1", "node2"];
  const seen = new Map<string, Written>();
  const nodes = withoutDoubles(context, readMachines(context, "nodes", draft.nodes, standard), seen);
  const hosts = withoutDoubles(context, readMachines(context, "hosts", draft.hosts, []), seen);
  if (nodes.length === 0 && !hasNames(context))
    context.report(["cluster", "nodes"], "a cluster needs at least one node");
  if (base.cni.kind === "docker" && nodes.length > 1) {
    context.report(["cluster", "nodes"], "cni: docker joins no nodes: pods of other nodes could not be reached", {
      code: "not-modelled",
      hint: "write one node, or choose cni: flannel",
    });
  }
  const addresses = assignAddresses(context, nodes, hosts, base);
  const podCIDRs = assignPodNetworks(context, nodes, base);
  checkMacs(context, [...nodes, ...hosts]);
  return {
    nodes: nodes.map((node) =>
      buildNode(context, node, base, addresses.get(node.name) ?? "", podCIDRs.get(node.name) ?? ""),
    ),
    hosts: hosts.map((host) => ({
      kind: "host",
      ...buildMachine(context, "hosts", host, base, addresses.get(host.name) ?? ""),
    })),
  };
}

function readMachines(
  context: LoadContext,
  key: "nodes" | "hosts",
  draft: DraftCluster["nodes"] | DraftCluster["hosts"],
  fallback: readonly string[],
): Written[] {
  if (draft === undefined) {
    if (fallback.length > 0 && !context.document.has(["cluster", key]))
      context.fill(`cluster.${key}`, fallback.join(", "));
    return fallback.map((name) => ({ name, path: ["cluster", key], draft: {} }));
  }
  if (Array.isArray(draft)) {
    return draft.flatMap((name, index) =>
      name === undefined ? [] : [{ name, path: ["cluster", key, index], draft: {} }],
    );
  }
  const map = draft as Readonly<Record<string, DraftNode | null | undefined>>;
  return entriesOf(map).map(([name, settings]) => ({ name, path: ["cluster", key, name], draft: settings ?? {} }));
}

/** Names that are none are reported as such: the cluster does have nodes. */
function hasNames({ document }: LoadContext): boolean {
  const written = document.valueAt(["cluster", "nodes"]);
  return typeof written === "object" && written !== null && Object.keys(written).length > 0;
}

/** The first machine of every name; a second one is reported and left out. */
function withoutDoubles(context: LoadContext, machines: readonly Written[], seen: Map<string, Written>): Written[] {
  return machines.filter((machine) => {
    const first = seen.get(machine.name);
    if (first === undefined) return seen.set(machine.name, machine);
    const { line } = context.position(first.path);
    const message = `two machines are named ${machine.name}, see line ${line}`;
    context.report(machine.path, message, { code: "conflict", atKey: true });
    return false;
  });
}

/** Written addresses are checked; nodes without one get .11 and up, hosts .101 and up, taken ones left out. */
function assignAddresses(
  context: LoadContext,
  nodes: readonly Written[],
  hosts: readonly Written[],
  base: Base,
): Map<string, string> {
  const network = parseCidr(base.underlay.cidr);
  const owners = new Map<number, string>();
  const gateway = base.underlay.gateway === undefined ? undefined : parseIPv4(base.underlay.gateway);
  if (gateway !== undefined) owners.set(gateway, "the gateway");
  for (const machine of [...nodes, ...hosts]) checkAddress(context, machine, network, owners);
  const found = new Map<string, string>();
  const groups = [
    { key: "nodes", machines: nodes, first: 11 },
    { key: "hosts", machines: hosts, first: 101 },
  ];
  for (const { key, machines, first } of groups) {
    for (const { name, draft } of machines) {
      found.set(name, draft.ip ?? nextAddress(context, `cluster.${key}.${name}.ip`, network, owners, first));
    }
  }
  return found;
}

function checkAddress(
  context: LoadContext,
  machine: Written,
  network: Cidr | undefined,
  owners: Map<number, string>,
): void {
  const { ip } = machine.draft;
  const address = ip === undefined ? undefined : parseIPv4(ip);
  if (address === undefined || network === undefined) return;
  const path = [...machine.path, "ip"];
  const owner = owners.get(address);
  if (owner !== undefined)
    context.report(path, `address ${ip} is already that of ${owner}`, {
      code: "conflict",
      hint: "every machine needs an address of its own",
    });
  else owners.set(address, machine.name);
  if (!cidrContains(network, address)) {
    context.report(path, `${ip} is outside the underlay ${formatCidr(network)}`, {
      hint: "write cluster.underlay.cidr so that it holds all machines",
    });
  } else if (network.prefix < 31 && (address === network.base || address === network.base + cidrSize(network) - 1)) {
    context.report(path, `${ip} is the network or broadcast address of the underlay ${formatCidr(network)}`);
  }
}

function nextAddress(
  context: LoadContext,
  path: string,
  network: Cidr | undefined,
  owners: Map<number, string>,
  first: number,
): string {
  if (network === undefined) return "0.0.0.0";
  const size = cidrSize(network);
  // A small network has no .101: count from its beginning then.
  let offset = first < size - 1 ? first : 1;
  while (owners.has(network.base + offset) && offset < size - 1) offset++;
  if (offset >= size - 1) {
    context.report(
      ["cluster", "underlay", "cidr"],
      `the underlay ${formatCidr(network)} is too small for all machines`,
    );
    return formatIPv4(network.base);
  }
  owners.set(network.base + offset, path);
  const text = formatIPv4(network.base + offset);
  context.fill(path, text, "next free");
  return text;
}

/** kube-controller-manager hands out /24s in order; the written ones are left out. Docker has docker0's network alone. */
function assignPodNetworks(context: LoadContext, nodes: readonly Written[], base: Base): Map<string, string> {
  const found = new Map<string, string>();
  if (base.cni.kind === "docker") {
    const bridge = parseCidr(base.docker?.bridge ?? "172.17.0.1/16");
    for (const { name, path, draft } of nodes) {
      if (draft.podCIDR !== undefined)
        context.report([...path, "podCIDR"], "with cni: docker pods are in docker0's network", {
          code: "conflict",
          hint: "write cluster.cni.docker.bridge",
          atKey: true,
        });
      found.set(name, bridge === undefined ? "172.17.0.0/16" : formatCidr(bridge));
    }
    return found;
  }
  const network = parseCidr(base.cni.network);
  const taken = nodes
    .flatMap(({ draft }) => (draft.podCIDR === undefined ? [] : [parseCidr(draft.podCIDR)]))
    .filter((cidr) => cidr !== undefined);
  const without: string[] = [];
  for (const { name, draft } of nodes) {
    const next = draft.podCIDR ?? nextPodNetwork(context, name, network, taken);
    if (next === undefined) without.push(name);
    found.set(name, next ?? "");
  }
  if (network !== undefined && without.length > 0) {
    context.report(
      ["cluster", "cni", "flannel", "network"],
      `no /${podPrefix(network)} is left in ${formatCidr(network)} for ${without.join(", ")}`,
    );
  }
  return found;
}

/** Length of the networks that nodes get. */
function podPrefix(network: Cidr): number {
  return Math.max(24, Math.min(network.prefix + 2, 28));
}

/** The next free one; undefined when none is left. */
function nextPodNetwork(
  context: LoadContext,
  name: string,
  network: Cidr | undefined,
  taken: Cidr[],
): string | undefined {
  if (network === undefined) return "10.244.0.0/24";
  const prefix = podPrefix(network);
  const step = 2 ** (32 - prefix);
  for (let base = network.base; base < network.base + cidrSize(network); base += step) {
    const candidate: Cidr = { base, prefix };
    if (taken.some((other) => cidrsOverlap(other, candidate))) continue;
    taken.push(candidate);
    context.fill(`cluster.nodes.${name}.podCIDR`, formatCidr(candidate), "next free");
    return formatCidr(candidate);
  }
  return undefined;
}

function checkMacs(context: LoadContext, machines: readonly Written[]): void {
  const seen = new Map<string, string>();
  for (const { name, path, draft } of machines) {
    for (const key of ["mac", "vtepMac", "docker0Mac"] as const) {
      const mac = draft[key]?.toLowerCase();
      if (mac === undefined) continue;
      const owner = seen.get(mac);
      if (owner !== undefined)
        context.report([...path, key], `MAC ${mac} is already that of ${owner}`, { code: "conflict" });
      seen.set(mac, name);
    }
  }
}

function buildMachine(
  context: LoadContext,
  key: "nodes" | "hosts",
  machine: Written,
  base: Base,
  ip: string,
): MachineSpec {
  const { name, draft } = machine;
  const at = `cluster.${key}.${name}`;
  const kernel = versionText<KernelVersion>(draft.kernel) ?? releaseFlavour(draft)?.kernel ?? base.kernel;
  return {
    name,
    ip,
    mac: draft.mac?.toLowerCase(),
    nic: context.or(draft.nic, `${at}.nic`, "eth0"),
    network: draft.network ?? "ifupdown",
    kernel,
    modules: {
      br_netfilter: context.or(
        draft.modules?.br_netfilter,
        `${at}.modules.br_netfilter`,
        key === "nodes" ? "loaded" : "absent",
      ),
    },
    sysctls: Object.fromEntries(
      entriesOf(draft.sysctls).map(([setting, value]) => [setting.replaceAll("/", "."), String(value)]),
    ),
  };
}

/** A node of another release than the cluster comes with that release's tools. */
function releaseFlavour(draft: DraftNode): Flavour | undefined {
  const release = versionText<KubernetesVersion>(draft.kubernetes);
  return release === undefined ? undefined : flavourOf(release);
}

function buildNode(context: LoadContext, node: Written, base: Base, ip: string, podCIDR: string): NodeSpec {
  const { name, draft } = node;
  const flavour = releaseFlavour(draft);
  const iptables = flavour?.iptables ?? base.iptables;
  return {
    kind: "node",
    ...buildMachine(context, "nodes", node, base, ip),
    kubernetes: versionText<KubernetesVersion>(draft.kubernetes) ?? base.kubernetes,
    iptables:
      draft.iptables === undefined
        ? iptables
        : iptablesOf(context, draft.iptables, `cluster.nodes.${name}.iptables`, iptables, "the cluster's"),
    iproute2: (flavour ?? flavourOf(base.kubernetes)).iproute2,
    podCIDR,
    vtepMac: draft.vtepMac?.toLowerCase(),
    docker0Mac: draft.docker0Mac?.toLowerCase(),
    labels: Object.fromEntries(entriesOf(draft.labels)),
    taints: (draft.taints ?? []).filter((taint) => taint !== undefined),
  };
}
