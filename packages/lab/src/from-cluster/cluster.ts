// Nodes and what the agents' configuration shows of the network.
import { formatCidr, parseIPv4 } from "@kubehop/kube";
import { atLeast } from "@kubehop/sim";
import { FLAVOURS } from "../load/flavours.ts";
import { at, type Dumped, entriesAt, listAt, textAt } from "./dumped.ts";
import { configMap, parsed } from "./config-map.ts";
import { flannelSettings, vtepMacs } from "./flannel.ts";
import type { Notes } from "./notes.ts";

type Plain = Record<string, unknown>;

/** `cluster:` of the scenario. */
export function clusterOf(objects: readonly Dumped[], services: string | undefined, notes: Notes): Plain {
  const nodes = objects.filter(({ kind }) => kind === "Node");
  if (nodes.length === 0) notes.say("no nodes in the dump: two nodes by default, pods are placed by the scheduler");
  const release = releaseOf(nodes, notes);
  const wanted = selectedLabels(objects);
  const macs = vtepMacs(nodes, notes);
  const settings = nodes.map((node): [string, Plain] => [
    node.name,
    { ...nodeSettings(node, objects, wanted, notes), ...macs.get(node) },
  ]);
  const networks = settings.flatMap(([, { podCIDR }]) => (typeof podCIDR === "string" ? [podCIDR] : []));
  const flannel = flannelSettings(objects, networks, notes);
  const proxy = proxySettings(objects, notes);
  return {
    ...(release === undefined ? {} : { kubernetes: release }),
    ...(flannel === undefined ? {} : { cni: { flannel } }),
    ...(proxy === undefined ? {} : { proxy }),
    ...(services === undefined ? {} : { services: { cidr: services } }),
    ...(nodes.length === 0 ? {} : { nodes: Object.fromEntries(settings) }),
  };
}

/** The kubelets' release where it is modelled, else the newest modelled one that is not newer, else the oldest. */
function releaseOf(nodes: readonly Dumped[], notes: Notes): string | undefined {
  const [first, ...others] = nodes.map(({ value }) => textAt(value, "status", "nodeInfo", "kubeletVersion") ?? "");
  const [, version, patch = ""] = /^v?(\d+\.\d+)(\.\d+)?/.exec(first ?? "") ?? [];
  if (version === undefined) return undefined;
  if (others.some((other) => other !== first))
    notes.say(`kubelets differ (${[first, ...new Set(others)].join(", ")}): that of the first node counts`);
  const known = Object.keys(FLAVOURS).toSorted((a, b) => (atLeast(a, b) ? 1 : -1));
  if (known.includes(version)) return `${version}${patch}`;
  const chosen = known.findLast((one) => atLeast(version, one)) ?? known[0];
  notes.say(`Kubernetes ${version} is not modelled: ${chosen ?? ""} is taken (there are ${known.join(", ")})`);
  return chosen;
}

function nodeSettings(node: Dumped, objects: readonly Dumped[], wanted: ReadonlySet<string>, notes: Notes): Plain {
  const { name, value } = node;
  const ip = listAt(value, "status", "addresses").find((one) => at(one, "type") === "InternalIP");
  const podCIDR = textAt(value, "spec", "podCIDR") ?? guessedNetwork(name, objects, notes);
  const labels = entriesAt(value, "metadata", "labels").filter(([key]) => wanted.has(key));
  const taints = listAt(value, "spec", "taints").flatMap((taint) => taintText(taint, name, notes));
  if (at(value, "spec", "unschedulable") === true) notes.missing("spec.unschedulable", `Node ${name}`);
  const kernel = textAt(value, "status", "nodeInfo", "kernelVersion");
  if (kernel !== undefined)
    notes.say(`kernels are those of the release; the nodes say ${kernel}: write cluster.kernel where it matters`);
  return {
    ...(ip === undefined ? {} : { ip: textAt(ip, "address") }),
    ...(podCIDR === undefined ? {} : { podCIDR }),
    ...(labels.length === 0 ? {} : { labels: Object.fromEntries(labels) }),
    ...(taints.length === 0 ? {} : { taints }),
  };
}

/** Labels that some pod wants of its node. */
function selectedLabels(objects: readonly Dumped[]): ReadonlySet<string> {
  const selectors = objects.flatMap(({ value }) => [
    ...entriesAt(value, "spec", "nodeSelector"),
    ...entriesAt(value, "spec", "template", "spec", "nodeSelector"),
  ]);
  return new Set(selectors.map(([key]) => key));
}

function taintText(taint: unknown, node: string, notes: Notes): string[] {
  const [key = "", value, effect = ""] = [textAt(taint, "key"), textAt(taint, "value"), textAt(taint, "effect")];
  const text = `${key}${value === undefined ? "" : `=${value}`}:${effect}`;
  if (!key.startsWith("node.kubernetes.io/")) return [text];
  notes.missing(`taint ${text}, of the node's health then`, `Node ${node}`);
  return [];
}

/** The /24 that the node's pods have in common, where the node does not say its podCIDR. */
function guessedNetwork(node: string, objects: readonly Dumped[], notes: Notes): string | undefined {
  const pods = objects.filter(
    ({ kind, value }) =>
      kind === "Pod" && textAt(value, "spec", "nodeName") === node && at(value, "spec", "hostNetwork") !== true,
  );
  const bases = pods.flatMap(({ value }) => {
    const address = parseIPv4(textAt(value, "status", "podIP") ?? "");
    return address === undefined ? [] : [address - (address % 256)];
  });
  const [base] = bases;
  if (base === undefined) return undefined;
  const cidr = formatCidr({ base, prefix: 24 });
  notes.say(`podCIDR ${cidr} of ${node} is a guess from its pods' addresses`);
  return cidr;
}

/** What of kube-proxy's configuration the scenario can say. */
function proxySettings(objects: readonly Dumped[], notes: Notes): Plain | undefined {
  const config = parsed(configMap(objects, "kube-proxy", "config.conf"));
  const mode = textAt(config, "mode") ?? "";
  if (mode !== "" && mode !== "iptables") notes.say(`kube-proxy's mode ${mode} is not modelled: iptables is taken`);
  const clusterCIDR = textAt(config, "clusterCIDR") ?? "";
  const settings = {
    ...(clusterCIDR === "" ? {} : { clusterCIDR }),
    ...(at(config, "iptables", "masqueradeAll") === true ? { masqueradeAll: true } : {}),
  };
  return Object.keys(settings).length === 0 ? undefined : settings;
}
