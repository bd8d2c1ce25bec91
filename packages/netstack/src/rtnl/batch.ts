// The config door: changes to a namespace as plain data. Agents (flanneld, kube-proxy, kubelet, a person at a prompt) hand over
// batches; netstack applies them at once, and the same data can be written as `ip -batch`, `iptables-restore`, `sysctl` input.
// Addresses are canonical text: this is the edge.

export type LinkSpec =
  | { readonly type: "bridge" }
  | { readonly type: "dummy" }
  /** `netns` of the peer: undefined is the same namespace. The peer gets the lower ifindex when both are new in one namespace. */
  | {
      readonly type: "veth";
      readonly peer: {
        readonly name: string;
        readonly netns?: string;
        readonly address?: string;
        readonly mtu?: number;
        readonly ifindex?: number;
      };
    }
  | {
      readonly type: "vxlan";
      readonly id: number;
      readonly local?: string;
      /** Lower device: bounds the MTU. */
      readonly dev?: string;
      readonly dstport: number;
      readonly remote?: string;
      readonly learning?: boolean;
      readonly udpCsum?: boolean;
      readonly ttl?: number;
      readonly df?: "unset" | "set" | "inherit";
      readonly ageing?: number;
    }
  /** A network card on a named underlay segment. */
  | { readonly type: "nic"; readonly segment: string };

/** A change of one link. Unset fields stay. */
export interface LinkChange {
  readonly up?: boolean;
  readonly mtu?: number;
  readonly address?: string;
  readonly name?: string;
  readonly netns?: string;
  /** null: leave the bridge. */
  readonly master?: string | null;
  readonly promisc?: boolean;
  readonly arp?: boolean;
  /** Bridge port flags (`bridge link set`). */
  readonly hairpin?: boolean;
  readonly isolated?: boolean;
  readonly learning?: boolean;
  readonly flood?: boolean;
  /** Bridge options (`ip link set type bridge`). */
  readonly nfCallIptables?: boolean;
  readonly ageingTime?: number;
  readonly mcastSnooping?: boolean;
}

export type RouteType =
  | "unicast"
  | "local"
  | "broadcast"
  | "multicast"
  | "blackhole"
  | "unreachable"
  | "prohibit"
  | "throw";

export interface RouteSpec {
  /** `default` or a prefix; a bare address is a /32. */
  readonly dst: string;
  readonly type?: RouteType;
  readonly via?: string;
  readonly dev?: string;
  readonly nexthops?: readonly {
    readonly via?: string;
    readonly dev?: string;
    readonly weight?: number;
    readonly onlink?: boolean;
  }[];
  /** Name (local main default) or number; main. */
  readonly table?: string;
  readonly metric?: number;
  readonly tos?: number;
  readonly src?: string;
  readonly onlink?: boolean;
  readonly scope?: "global" | "site" | "link" | "host" | "nowhere";
  /** Name or number as in rt_protos; boot. */
  readonly protocol?: string;
  readonly mtu?: number;
  readonly advmss?: number;
}

export interface RuleSpec {
  readonly priority?: number;
  readonly not?: boolean;
  readonly from?: string;
  readonly to?: string;
  readonly iif?: string;
  readonly oif?: string;
  readonly fwmark?: number;
  readonly fwmask?: number;
  readonly tos?: number;
  readonly ipproto?: number;
  readonly sport?: readonly [number, number];
  readonly dport?: readonly [number, number];
  readonly table?: string;
  readonly action?: "lookup" | "blackhole" | "unreachable" | "prohibit" | "goto" | "nop";
  readonly goto?: number;
  readonly suppressPrefixlength?: number;
}

export type NudWord = "permanent" | "noarp" | "stale" | "reachable";

export type ConfigOp =
  | {
      readonly op: "link-add";
      readonly name: string;
      readonly link: LinkSpec;
      readonly address?: string;
      readonly mtu?: number;
      readonly ifindex?: number;
      readonly txqueuelen?: number;
    }
  | ({ readonly op: "link-set"; readonly dev: string } & LinkChange)
  | { readonly op: "link-del"; readonly dev: string }
  | {
      readonly op: "addr-add" | "addr-del";
      readonly dev: string;
      readonly local: string;
      readonly scope?: "global" | "link" | "host";
      readonly noprefixroute?: boolean;
      readonly broadcast?: string;
      readonly label?: string;
    }
  | ({ readonly op: "route-add" | "route-replace" | "route-append" | "route-prepend" | "route-del" } & RouteSpec)
  | ({ readonly op: "rule-add" | "rule-del" } & RuleSpec)
  | {
      readonly op: "neigh-add" | "neigh-replace";
      readonly dev: string;
      readonly dst: string;
      readonly lladdr: string;
      readonly nud: NudWord;
      readonly proxy?: boolean;
    }
  | { readonly op: "neigh-del"; readonly dev: string; readonly dst: string }
  /** `master`: the entry of the bridge the port belongs to; else the device's own table (vxlan). */
  | {
      readonly op: "fdb-add" | "fdb-replace" | "fdb-append";
      readonly dev: string;
      readonly mac: string;
      readonly dst?: string;
      readonly master?: boolean;
      readonly state: "permanent" | "static" | "dynamic";
    }
  | {
      readonly op: "fdb-del";
      readonly dev: string;
      readonly mac: string;
      readonly dst?: string;
      readonly master?: boolean;
    }
  /** Words behind `iptables`, e.g. ["-t","nat","-N","WEB"]. */
  | { readonly op: "iptables"; readonly args: readonly string[]; readonly backend?: XtBackendName }
  | {
      readonly op: "iptables-restore";
      readonly text: string;
      readonly noflush?: boolean;
      readonly counters?: boolean;
      readonly test?: boolean;
      readonly backend?: XtBackendName;
      readonly origins?: RuleOrigins;
    }
  | { readonly op: "ipset"; readonly args: readonly string[] }
  | { readonly op: "ipset-restore"; readonly text: string; readonly exist?: boolean }
  /** Dotted name, e.g. net.ipv4.ip_forward. */
  | { readonly op: "sysctl"; readonly key: string; readonly value: string }
  /** Words behind `conntrack`, e.g. ["-D","-p","udp","--dport","53"]. */
  | { readonly op: "conntrack"; readonly args: readonly string[] }
  | { readonly op: "modprobe"; readonly module: string; readonly remove?: boolean };

export type XtBackendName = "nft" | "legacy";

/** Who stands behind the rules of a restore text: line number (0-based) → opaque origin, kept beside the rule, never in its text. */
export type RuleOrigins = ReadonlyMap<number, RuleOrigin>;

/** Why a rule, route or row exists: the agent that wrote it, the object behind it, and the manifest position when there is one. */
export interface RuleOrigin {
  readonly agent: string;
  /** e.g. `Service default/web:http`. */
  readonly object: string;
  /** `file:line`. */
  readonly position?: string;
}

/** Plain data: what one netlink conversation or one restore run changes. */
export interface Batch {
  /** Who asks, e.g. `flanneld`, `kube-proxy`. */
  readonly agent: string;
  /** Stands behind the rules and rows that the batch writes; undefined: the agent itself. Kept beside them, never in their text. */
  readonly origin?: RuleOrigin;
  readonly ops: readonly ConfigOp[];
}

/** The first failing operation: what the tool would print. Operations before it stay applied, as with `ip -batch`. */
export interface BatchError {
  readonly index: number;
  /** Errno word, e.g. EEXIST. */
  readonly errno: string;
  /** Text as the real tool prints it, e.g. `RTNETLINK answers: File exists`. */
  readonly message: string;
  /** The real tool takes it, kubehop does not. */
  readonly unmodelled?: true;
}
