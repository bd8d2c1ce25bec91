// The tables expectations can look at, with the tools' own column names. Rows come from the live state, every column as text.
import type { TableName } from "../model/expect-spec.ts";

export interface Column {
  readonly name: string;
  readonly description: string;
  readonly example: string;
  /** Holds addresses: a place, an alias or `svc/NAME` may be written. */
  readonly address?: true;
  /** All values the column can have; several stand with commas between them. */
  readonly words?: readonly string[];
  /** The shape of values that are no words. */
  readonly form?: RegExp;
}

type Values = Pick<Column, "words" | "form">;

function column(name: string, description: string, example: string, values: Values = {}): Column {
  return { name, description, example, ...values };
}

const NUMBER: Values = { words: [], form: /^\d+$/ };
const PORT = NUMBER;
const MAC: Values = { words: [""], form: /^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/ };

const CONNTRACK_STATES: readonly string[] = [
  "",
  "NONE",
  "SYN_SENT",
  "SYN_RECV",
  "ESTABLISHED",
  "FIN_WAIT",
  "CLOSE_WAIT",
  "LAST_ACK",
  "TIME_WAIT",
  "CLOSE",
  "SYN_SENT2",
  "CLOSED",
  "COOKIE_WAIT",
  "COOKIE_ECHOED",
  "SHUTDOWN_SENT",
  "SHUTDOWN_RECD",
  "SHUTDOWN_ACK_SENT",
  "HEARTBEAT_SENT",
];

const NEIGH_STATES: readonly string[] = [
  "INCOMPLETE",
  "REACHABLE",
  "STALE",
  "DELAY",
  "PROBE",
  "FAILED",
  "NOARP",
  "PERMANENT",
];

const ROUTE_TYPES: readonly string[] = [
  "unicast",
  "local",
  "broadcast",
  "multicast",
  "blackhole",
  "unreachable",
  "prohibit",
  "throw",
];

function addressColumn(name: string, description: string, example: string): Column {
  return { name, description, example, address: true };
}

export const TABLE_NAMES = [
  "conntrack",
  "route",
  "neigh",
  "fdb",
  "rule",
  "sysctl",
  "ipset",
] as const satisfies readonly TableName[];

export const TABLE_COLUMNS: { readonly [K in TableName]: readonly Column[] } = {
  conntrack: [
    column("proto", "tcp, udp, udplite, icmp, sctp, gre, dccp, or unknown.", "tcp", {
      words: ["tcp", "udp", "udplite", "icmp", "sctp", "gre", "dccp", "unknown"],
    }),
    column("state", "State of TCP and SCTP entries.", "SYN_SENT", { words: CONNTRACK_STATES }),
    column("status", "UNREPLIED, ASSURED, or - for neither.", "UNREPLIED", { words: ["UNREPLIED", "ASSURED", "-"] }),
    addressColumn("src", "Source of the original direction.", "client"),
    addressColumn("dst", "Destination of the original direction.", "svc/web"),
    column("sport", "Source port of the original direction.", '"41022"', PORT),
    column("dport", "Destination port of the original direction.", '"80"', PORT),
    addressColumn("reply-src", "Source of the reply direction.", "web#1"),
    addressColumn("reply-dst", "Destination of the reply direction.", "client"),
    column("reply-sport", "Source port of the reply direction.", '"80"', PORT),
    column("reply-dport", "Destination port of the reply direction.", '"41022"', PORT),
    column("mark", "Mark, decimal.", '"0"', NUMBER),
  ],
  route: [
    addressColumn("dst", "Network, address or default.", "10.244.1.0/24"),
    column("type", "unicast, local, broadcast, blackhole, unreachable, prohibit.", "unicast", { words: ROUTE_TYPES }),
    addressColumn("via", "Next hop.", "10.244.1.0"),
    column("dev", "Device.", "flannel.1"),
    column("table", "main, local, default, or a number.", "main", {
      words: ["main", "local", "default"],
      form: /^\d+$/,
    }),
    addressColumn("src", "Preferred source address.", "10.244.0.1"),
    column("metric", "Metric.", '"0"', NUMBER),
    column("scope", "global, link or host.", "link", {
      words: ["global", "site", "link", "host", "nowhere"],
      form: /^\d+$/,
    }),
    column("proto", "Who made it: kernel, boot, static.", "kernel"),
    column("onlink", "onlink, or empty.", "onlink", { words: ["onlink", ""] }),
  ],
  neigh: [
    addressColumn("dst", "Address of the neighbour.", "web#1"),
    column("dev", "Device.", "cni0"),
    column("lladdr", "MAC, or empty.", '"0a:58:0a:f4:01:02"', MAC),
    column("state", "NUD state.", "PERMANENT", { words: NEIGH_STATES }),
  ],
  fdb: [
    column("mac", "MAC.", '"36:dc:08:bc:b6:23"', { ...MAC, words: [] }),
    column("dev", "Port, or the VXLAN device.", "flannel.1"),
    addressColumn("dst", "Remote VTEP, or empty.", "node2"),
    column("master", "The bridge, or empty.", "cni0"),
    column("state", "permanent, static, or empty for learned ones.", "permanent", {
      words: ["permanent", "static", "noarp", "stale", ""],
    }),
  ],
  rule: [
    column("table", "raw, mangle, nat or filter.", "nat", { words: ["raw", "mangle", "nat", "filter"] }),
    column("chain", "Chain.", "KUBE-SERVICES"),
    column("num", "Number in the chain, from 1.", '"1"', { words: [], form: /^[1-9]\d*$/ }),
    column("target", "Target or chain jumped to.", "KUBE-MARK-MASQ"),
    column("pkts", "Packets counted.", '"3"', NUMBER),
    column("bytes", "Bytes counted.", '"180"', NUMBER),
    column("spec", "The rule as `iptables -S` prints it, without -A CHAIN; a part of it is enough.", '"--dport 30080"'),
  ],
  sysctl: [
    column("key", "Dotted name.", "net.ipv4.ip_forward"),
    column("value", "Value; a setting that does not exist has no row.", '"1"'),
  ],
  ipset: [
    column("name", "Name of the set.", "KUBE-CLUSTER-IP"),
    column("type", "Type of the set.", '"hash:ip,port"'),
    column(
      "entry",
      "Entry without its extensions; empty for the set itself, which has a row of its own.",
      '"10.96.0.10,tcp:53"',
    ),
    column("timeout", "Seconds left; empty in a set without timeouts.", '"0"', { words: [""], form: /^\d+$/ }),
    column("packets", "Packets counted; empty in a set without counters.", '"3"', { words: [""], form: /^\d+$/ }),
    column("bytes", "Bytes counted; empty in a set without counters.", '"180"', { words: [""], form: /^\d+$/ }),
    column("comment", "Comment of the entry, or empty.", "web"),
    column(
      "options",
      "What else `ipset save` prints: the header of a set, flags of an entry; a part of it is enough.",
      "family inet",
    ),
  ],
};

/** Columns of which a part is enough. */
export const PARTIAL_COLUMNS: ReadonlySet<string> = new Set(["rule.spec", "ipset.options"]);
