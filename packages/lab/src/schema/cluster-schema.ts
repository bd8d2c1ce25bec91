// `cluster:` — machines, versions, network plugin.
import * as z from "zod";
import { otherLayout } from "@kubehop/proxy";
import type { IptablesVersion, KernelVersion, KubernetesVersion } from "../model/cluster-spec.ts";
import * as leaf from "./leaves.ts";
import { optional } from "./key.ts";

export const KUBERNETES_VERSIONS = ["1.9", "1.10", "1.28"] as const;
export const KERNEL_VERSIONS = ["3.10", "4.9", "6.18"] as const;
export const IPTABLES_VERSIONS = ["1.4.21", "1.8.4", "1.8.7", "1.8.9"] as const;
export const AGENT_NAMES = ["dockerd", "kubelet", "flanneld", "kube-proxy"] as const;
const NETWORK_CONFIGURERS = ["ifupdown", "NetworkManager"] as const;
export const MODULE_NAMES = ["br_netfilter"] as const;

/** A minor, or a patch level of it whose rules are those of the minor. */
const kubernetes = leaf.version<KubernetesVersion>(KUBERNETES_VERSIONS, "Kubernetes", otherLayout);
const kernel = leaf.version<KernelVersion>(KERNEL_VERSIONS, "kernel");
const iptablesVersion = leaf.version<IptablesVersion>(IPTABLES_VERSIONS, "iptables");
const moduleState = leaf.word(["loaded", "absent"]);

const iptables = z.union([
  iptablesVersion,
  z.strictObject({
    version: optional(
      iptablesVersion,
      "Release of the tool: decides how listings print.",
      'version: "1.8.7"',
      "by `kubernetes`",
    ),
    backend: optional(
      leaf.word(["legacy", "nft"]),
      "Which of the kernel's two rule tables the tool writes.",
      "backend: legacy",
      "by `kubernetes`",
    ),
  }),
]);

const flannel = z.strictObject({
  version: optional(leaf.release, "Release of flanneld; decides its rules.", 'version: "0.10.0"', "by `kubernetes`"),
  backend: optional(leaf.word(["vxlan"]), "How pods of other nodes are reached.", "backend: vxlan", "vxlan"),
  network: optional(
    leaf.network,
    "The pods' network; every podCIDR lies in it.",
    "network: 10.244.0.0/16",
    "10.244.0.0/16",
  ),
  mtu: optional(
    z.number().int().min(68).max(65535),
    "MTU that flanneld takes as that of the card (vxlan takes 50 from it).",
    "mtu: 9001",
    "the underlay's",
  ),
  vni: optional(
    z.number().int().min(1).max(16777215),
    "VXLAN network identifier; the device is named flannel.VNI.",
    "vni: 1",
    "1",
  ),
  plugins: optional(
    leaf.release,
    "Release of the CNI plugins (bridge, host-local): MACs, interface order.",
    'plugins: "0.6.0"',
    "by `kubernetes`",
  ),
  hairpinMode: optional(
    z.boolean(),
    "The bridge plugin's hairpinMode: a pod may reach itself through its Service.",
    "hairpinMode: false",
    "true from flannel 0.10.0 on",
  ),
  ipMasq: optional(z.boolean(), "flanneld's --ip-masq.", "ipMasq: true", "true"),
});

const docker = z.strictObject({
  version: optional(
    leaf.release,
    "Release of dockerd; decides its isolation chains.",
    'version: "17.03"',
    "by `kubernetes`",
  ),
  bridge: optional(leaf.hostNetwork, "Address and network of docker0.", "bridge: 172.17.0.1/16", "172.17.0.1/16"),
  forwardPolicy: optional(
    leaf.word(["ACCEPT", "DROP"]),
    "Policy that dockerd gives filter FORWARD (DROP when it turned forwarding on itself).",
    "forwardPolicy: DROP",
    "DROP",
  ),
});

const cni = z.union([
  leaf.word(["flannel", "docker"]),
  z.strictObject({
    flannel: optional(
      flannel,
      "bridge and host-local plugins with flannel, in its long form.",
      "flannel: { backend: vxlan, network: 10.1.4.0/22 }",
    ),
    docker: optional(
      docker,
      "Pods on docker0 (one node, no overlay), in its long form.",
      "docker: { bridge: 172.17.0.1/16 }",
    ),
  }),
]);

const proxy = z.union([
  leaf.word(["iptables"]),
  z.strictObject({
    mode: optional(leaf.word(["iptables"]), "Mode of kube-proxy.", "mode: iptables", "iptables"),
    clusterCIDR: optional(
      z.union([leaf.word(["none"]), leaf.network]),
      "kube-proxy's --cluster-cidr; none leaves it unset.",
      "clusterCIDR: none",
      "the flannel network; none with `cni: docker`",
    ),
    masqueradeAll: optional(z.boolean(), "kube-proxy's --masquerade-all.", "masqueradeAll: true", "false"),
  }),
]);

const modules = z.strictObject({
  br_netfilter: optional(
    moduleState,
    "Bridged IPv4 frames pass iptables. Absent: not loaded, its sysctls do not exist.",
    "br_netfilter: absent",
    "loaded on nodes, absent on hosts",
  ),
});

const sysctls = z.record(z.string(), leaf.cellText);

const machine = {
  ip: optional(leaf.address, "Address on the underlay.", "ip: 192.168.99.11", "the next free one"),
  mac: optional(leaf.mac, "MAC of the network card.", 'mac: "00:50:56:98:f7:02"', "by seed"),
  nic: optional(leaf.deviceName, "Name of the network card.", "nic: ens192", "eth0"),
  network: optional(
    leaf.word(NETWORK_CONFIGURERS),
    "Who configures the card: NetworkManager gives its routes a metric and keeps the kernel from making one.",
    "network: NetworkManager",
    "ifupdown",
  ),
  kernel: optional(kernel, "Kernel of this machine.", 'kernel: "4.9"', "the cluster's"),
  modules: optional(modules, "Kernel modules.", "modules: { br_netfilter: absent }"),
  sysctls: optional(
    sysctls,
    "Settings made after everything has started.",
    "sysctls: { net.ipv4.ip_forward: 0 }",
    "none",
  ),
};

const host = z.strictObject(machine);

const node = z.strictObject({
  ...machine,
  podCIDR: optional(
    leaf.network,
    "The node's part of the pods' network.",
    "podCIDR: 10.244.1.0/24",
    "the next free /24 of the pods' network",
  ),
  vtepMac: optional(leaf.mac, "MAC of the node's VXLAN device.", 'vtepMac: "36:dc:08:bc:b6:23"', "by seed"),
  docker0Mac: optional(leaf.mac, "MAC of the node's docker0.", 'docker0Mac: "02:42:0a:eb:de:a5"', "by seed"),
  kubernetes: optional(kubernetes, "Release on this node (skew).", 'kubernetes: "1.10"', "the cluster's"),
  iptables: optional(iptables, "iptables of this node.", 'iptables: "1.4.21"', "the cluster's"),
  labels: optional(z.record(z.string(), leaf.text), "Labels of the Node object.", "labels: { zone: a }", "none"),
  taints: optional(
    z.array(leaf.text),
    "Taints of the Node object, KEY[=VALUE]:EFFECT.",
    "taints: [node-role.kubernetes.io/master:NoSchedule]",
    "none",
  ),
});

/** A list of names, or a map from names to what is special about them (nothing: all defaults). */
function machines<T extends z.ZodType>(
  one: T,
): z.ZodUnion<[z.ZodArray<typeof leaf.machineName>, z.ZodRecord<typeof leaf.machineName, z.ZodNullable<T>>]> {
  return z.union([z.array(leaf.machineName), z.record(leaf.machineName, z.nullable(one))]);
}

export const clusterSchema = z.strictObject({
  kubernetes: optional(
    kubernetes,
    "Release of Kubernetes: rule layout and all defaults that go with it.",
    'kubernetes: "1.28"',
    "1.28",
  ),
  cni: optional(cni, "Pod network: a name, or a name with settings.", "cni: flannel", "flannel"),
  proxy: optional(proxy, "kube-proxy.", "proxy: iptables", "iptables"),
  kernel: optional(kernel, "Kernel of all machines.", 'kernel: "3.10"', "by `kubernetes`"),
  iptables: optional(
    iptables,
    "iptables of all nodes: a release, or release and back end.",
    'iptables: "1.8.9"',
    "by `kubernetes`",
  ),
  docker: optional(
    z.union([z.boolean(), docker]),
    "dockerd runs on every node, with docker0 and its chains.",
    "docker: true",
    "by `kubernetes`",
  ),
  nodes: optional(
    machines(node),
    "The nodes: a list of names, or a map of name to settings.",
    "nodes: [node1, node2, node3]",
    "node1 and node2",
  ),
  hosts: optional(machines(host), "Machines outside the cluster.", "hosts: [client]", "none"),
  underlay: optional(
    z.strictObject({
      cidr: optional(
        leaf.network,
        "Network of all machines.",
        "cidr: 192.168.99.0/24",
        "192.168.99.0/24, or what the given addresses have in common",
      ),
      gateway: optional(
        z.union([leaf.word(["none"]), leaf.address]),
        "The router, where every machine's default route points.",
        "gateway: 192.168.99.1",
        "the first address of the network",
      ),
      gatewayMac: optional(leaf.mac, "MAC of the router.", 'gatewayMac: "00:50:56:aa:36:d5"', "by seed"),
      mtu: optional(z.number().int().min(576).max(65535), "MTU of every network card.", "mtu: 9001", "1500"),
    }),
    "The one segment all machines stand on.",
    "underlay: { cidr: 172.20.0.0/16, mtu: 9001 }",
  ),
  services: optional(
    z.strictObject({
      cidr: optional(leaf.network, "Where ClusterIPs come from.", "cidr: 100.64.0.0/13", "10.96.0.0/12"),
      nodePorts: optional(leaf.portRange, "Range of node ports.", "nodePorts: 30000-32767", "30000-32767"),
    }),
    "Addresses and ports of Services.",
    "services: { cidr: 100.64.0.0/13 }",
  ),
  agents: optional(
    z.array(leaf.word(AGENT_NAMES)),
    "Start order of a node's agents: the order of the rules they insert follows from it.",
    "agents: [dockerd, kubelet, flanneld, kube-proxy]",
    "dockerd, kubelet, flanneld, kube-proxy, as far as they run",
  ),
});
