// The cluster a scenario describes, complete: every default is filled in, every name checked. Input of the cluster builder.
// Addresses and networks are canonical text, MACs lower case with colons: builder and config door speak text.

/** Releases whose rule layouts are proven. */
export type KubernetesMinor = "1.9" | "1.10" | "1.28";

/** With or without its patch level. */
export type KubernetesVersion = KubernetesMinor | `${KubernetesMinor}.${number}`;

/** Kernel flavours; they differ in the rows the network stack keeps for them. */
export type KernelVersion = "3.10" | "4.9" | "6.18";

/** iptables tool releases. */
export type IptablesVersion = "1.4.21" | "1.8.4" | "1.8.7" | "1.8.9";

export interface ClusterSpec {
  readonly kubernetes: KubernetesVersion;
  /** Default of all nodes; a node may have its own. */
  readonly kernel: KernelVersion;
  readonly iptables: IptablesSpec;
  /** iproute2 release of the listings. */
  readonly iproute2: string;
  readonly cni: CniSpec;
  readonly proxy: ProxySpec;
  readonly services: ServiceNetworkSpec;
  readonly underlay: UnderlaySpec;
  /** dockerd with docker0 and its chains runs on every node. */
  readonly docker: DockerSpec | undefined;
  /** In file order. */
  readonly nodes: readonly NodeSpec[];
  /** Machines outside the cluster, in file order. */
  readonly hosts: readonly HostSpec[];
  /** Start order of the agents of a node: who inserts its built-in jumps first. */
  readonly agents: readonly AgentName[];
}

export interface IptablesSpec {
  readonly version: IptablesVersion;
  readonly backend: "legacy" | "nft";
}

/** What `cluster.agents` may name. */
export type AgentName = "dockerd" | "kubelet" | "flanneld" | "kube-proxy";

export type CniSpec = FlannelSpec | DockerCniSpec;

/** bridge + host-local + flannel. */
export interface FlannelSpec {
  readonly kind: "flannel";
  /** Release without "v", e.g. `0.10.0`. */
  readonly version: string;
  readonly backend: "vxlan";
  /** The flannel network, e.g. `10.244.0.0/16`. */
  readonly network: string;
  /** Overrides what flanneld computes (underlay MTU − 50). */
  readonly mtu: number | undefined;
  /** VXLAN network identifier; names the device: flannel.N. */
  readonly vni: number;
  /** Release of the containernetworking plugins, e.g. `0.6.0`. */
  readonly plugins: string;
  /** The bridge plugin's hairpinMode. */
  readonly hairpinMode: boolean;
  /** flanneld's --ip-masq. */
  readonly ipMasq: boolean;
}

/** Pods on docker0, one node. */
export interface DockerCniSpec {
  readonly kind: "docker";
}

export interface DockerSpec {
  /** Release as major.minor, decides the isolation chains; `17.03`. */
  readonly version: string;
  /** Address and network of docker0, e.g. `172.17.0.1/16`. */
  readonly bridge: string;
  /** dockerd turned forwarding on itself and so set the policy of FORWARD to DROP. */
  readonly forwardPolicy: "ACCEPT" | "DROP";
}

export interface ProxySpec {
  readonly mode: "iptables";
  /** --cluster-cidr; undefined: not set. */
  readonly clusterCIDR: string | undefined;
  readonly masqueradeAll: boolean;
}

export interface ServiceNetworkSpec {
  /** Where ClusterIPs come from. */
  readonly cidr: string;
  /** First and last node port. */
  readonly nodePorts: readonly [first: number, last: number];
}

/** The one segment all nodes and hosts stand on. */
export interface UnderlaySpec {
  readonly cidr: string;
  /** A router that answers ARP and drops what it cannot route; undefined: none. */
  readonly gateway: string | undefined;
  /** Undefined: drawn from the seed. */
  readonly gatewayMac: string | undefined;
  readonly mtu: number;
}

/** What nodes and hosts have in common. */
export interface MachineSpec {
  readonly name: string;
  /** Address on the underlay, without length. */
  readonly ip: string;
  /** Undefined: drawn from the seed. */
  readonly mac: string | undefined;
  /** Name of the network card. */
  readonly nic: string;
  /** Who configures the card at boot. */
  readonly network: NetworkConfigurer;
  readonly kernel: KernelVersion;
  readonly modules: Readonly<Record<ModuleName, ModuleState>>;
  /** Dotted name → value, set after the agents' own. */
  readonly sysctls: Readonly<Record<string, string>>;
}

/** Programs that configure a machine's card; they leave different marks on addresses and routes. */
export type NetworkConfigurer = "ifupdown" | "NetworkManager";

/** Kernel modules a scenario may leave out. */
export type ModuleName = "br_netfilter";
export type ModuleState = "loaded" | "absent";

export interface HostSpec extends MachineSpec {
  readonly kind: "host";
}

export interface NodeSpec extends MachineSpec {
  readonly kind: "node";
  readonly kubernetes: KubernetesVersion;
  readonly iptables: IptablesSpec;
  readonly iproute2: string;
  readonly podCIDR: string;
  /** MAC of flannel.N; undefined: drawn from the seed. */
  readonly vtepMac: string | undefined;
  /** MAC of docker0; undefined: drawn from the seed. */
  readonly docker0Mac: string | undefined;
  readonly taints: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}
