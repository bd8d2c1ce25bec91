// Networks of a cluster: the underlay, Services, pods, docker0. They must not overlap, and every address must be in its own.
import {
  type Cidr,
  cidrContains,
  cidrsOverlap,
  formatCidr,
  formatIPv4,
  parseCidr,
  parseIPv4,
  type Path,
} from "@kubehop/kube";
import type { ClusterSpec, ServiceNetworkSpec, UnderlaySpec } from "../model/cluster-spec.ts";
import type { ClusterFile } from "../schema/scenario-schema.ts";
import type { LoadContext } from "./context.ts";
import { type Draft, entriesOf } from "./draft.ts";

type DraftCluster = Draft<ClusterFile>;

const DEFAULT_UNDERLAY = "192.168.99.0/24";

export function buildUnderlay(context: LoadContext, draft: DraftCluster): UnderlaySpec {
  const written = draft.underlay ?? {};
  const given = [draft.nodes, draft.hosts].flatMap((machines) => writtenAddresses(machines));
  const [fallback, because] =
    given.length === 0
      ? [DEFAULT_UNDERLAY, undefined]
      : [commonNetwork(given), "what the machines' addresses have in common"];
  const cidr = context.or(written.cidr, "cluster.underlay.cidr", fallback, because);
  const network = parseCidr(cidr);
  const taken = new Set(given);
  const first = firstFree(network, taken);
  const gateway = context.or(written.gateway, "cluster.underlay.gateway", first, "the first free address");
  const known =
    network !== undefined && written.gateway !== undefined && written.gateway !== "none"
      ? parseIPv4(written.gateway)
      : undefined;
  const sure = !context.isUnreadable(["cluster", "underlay", "cidr"]);
  if (known !== undefined && network !== undefined && sure && !cidrContains(network, known)) {
    context.report(["cluster", "underlay", "gateway"], `${gateway} is outside the underlay ${cidr}`);
  }
  return {
    cidr,
    gateway: gateway === "none" ? undefined : gateway,
    gatewayMac: written.gatewayMac?.toLowerCase(),
    mtu: context.or(written.mtu, "cluster.underlay.mtu", 1500),
  };
}

function writtenAddresses(machines: DraftCluster["nodes"] | DraftCluster["hosts"]): number[] {
  if (machines === undefined || Array.isArray(machines)) return [];
  return entriesOf(machines as Record<string, { ip?: string | undefined } | null | undefined>).flatMap(
    ([, machine]) => {
      const address = machine?.ip === undefined ? undefined : parseIPv4(machine.ip);
      return address === undefined ? [] : [address];
    },
  );
}

/** The longest prefix, at most /24, that holds all addresses. */
function commonNetwork(addresses: readonly number[]): string {
  const first = addresses[0] ?? 0;
  let prefix = 24;
  const differs = (address: number): boolean => (address ^ first) >>> (32 - prefix) !== 0;
  while (prefix > 8 && addresses.some((address) => differs(address))) prefix--;
  return formatCidr(parseCidr(`${formatIPv4(first)}/${prefix}`) ?? { base: 0, prefix: 0 });
}

function firstFree(network: Cidr | undefined, taken: ReadonlySet<number>): string {
  if (network === undefined) return "none";
  let address = network.base + 1;
  while (taken.has(address)) address++;
  return formatIPv4(address);
}

export function buildServices(context: LoadContext, draft: DraftCluster["services"]): ServiceNetworkSpec {
  const cidr = context.or(draft?.cidr, "cluster.services.cidr", "10.96.0.0/12", "kubeadm");
  const range = context.or(draft?.nodePorts, "cluster.services.nodePorts", "30000-32767", "kube-apiserver");
  const [first = 0, last = 0] = range.split("-").map(Number);
  if (first < 1 || last > 65535 || first > last) {
    context.report(["cluster", "services", "nodePorts"], `${range} is not a range of ports`, {
      hint: "ports are 1 to 65535, the smaller one first",
    });
  }
  return { cidr, nodePorts: [first, last] };
}

interface Named {
  readonly what: string;
  readonly path: Path;
  readonly cidr: Cidr;
  readonly text: string;
}

/** Reports networks that overlap, podCIDRs outside the pods' network, and machines outside the underlay. */
export function checkNetworks(context: LoadContext, spec: ClusterSpec): void {
  const podNetwork =
    spec.cni.kind === "flannel"
      ? named(context, "the flannel network", ["cluster", "cni", "flannel", "network"], spec.cni.network)
      : [];
  const docker =
    spec.docker === undefined
      ? []
      : named(context, "docker0's network", ["cluster", "docker", "bridge"], spec.docker.bridge);
  const wide = [
    ...named(context, "the underlay", ["cluster", "underlay", "cidr"], spec.underlay.cidr),
    ...named(context, "the Services' network", ["cluster", "services", "cidr"], spec.services.cidr),
    ...podNetwork,
    ...docker,
  ];
  checkOverlaps(context, wide);
  if (spec.cni.kind === "docker") return;
  const ranges = spec.nodes.flatMap((node) =>
    named(context, `the podCIDR of ${node.name}`, ["cluster", "nodes", node.name, "podCIDR"], node.podCIDR),
  );
  checkOverlaps(context, ranges);
  const [outer] = podNetwork;
  for (const range of ranges) {
    if (outer === undefined || (cidrContains(outer.cidr, range.cidr.base) && range.cidr.prefix >= outer.cidr.prefix))
      continue;
    context.report(range.path, `podCIDR ${range.text} is outside the flannel network ${outer.text}`, {
      code: "conflict",
    });
  }
}

/** Nothing for a network that is written and could not be read. */
function named(context: LoadContext, what: string, path: Path, text: string): Named[] {
  const cidr = context.isUnreadable(path) ? undefined : parseCidr(text);
  return cidr === undefined ? [] : [{ what, path, cidr, text }];
}

/** Says it where the later one was written; a default that is in the way is named at the one that was written. */
function checkOverlaps(context: LoadContext, networks: readonly Named[]): void {
  for (const [index, later] of networks.entries()) {
    const earlier = networks.slice(0, index).find((other) => cidrsOverlap(other.cidr, later.cidr));
    if (earlier === undefined) continue;
    const [at, other] =
      context.document.has(later.path) || !context.document.has(earlier.path) ? [later, earlier] : [earlier, later];
    const seen = context.document.has(other.path)
      ? `, see line ${context.position(other.path).line}`
      : " (a default: write another)";
    context.report(at.path, `${at.what} ${at.text} overlaps ${other.what} ${other.text}${seen}`, {
      code: "conflict",
      hint: "every network needs a range of its own",
    });
  }
}
