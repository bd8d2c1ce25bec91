// What proves what is modelled. Kept honest by a test that reads the recordings again and compares.

/** Options by recorded proof. A key that is absent: there is no such proof for the match or target at all. */
export interface ExtensionEvidence {
  /** Stood in a rule that counted packets while a recording was made (packages/oracle/test/data), and ours counted the same. */
  readonly packets?: readonly string[];
  /** The text that iptables 1.8.9 printed for it is compared. */
  readonly text?: readonly string[];
}

export interface XtEvidence {
  readonly matches: Readonly<Record<string, ExtensionEvidence>>;
  readonly targets: Readonly<Record<string, ExtensionEvidence>>;
}

export { XT_EVIDENCE } from "./xt-evidence.ts";

/** Stood in the lab of a recording. */
export const RECORDED_DEVICES: readonly string[] = ["bridge", "loopback", "veth", "vxlan"];

/** Stood in a recording whose rules ask for sets. */
export const RECORDED_SET_TYPES: readonly string[] = ["hash:ip", "hash:ip,port", "hash:net", "hash:net,port"];

/** Set in the lab of a recording (`all` stands for every device). */
export const RECORDED_SYSCTLS: readonly string[] = [
  "net.bridge.bridge-nf-call-iptables",
  "net.ipv4.conf.all.accept_local",
  "net.ipv4.conf.all.arp_ignore",
  "net.ipv4.conf.all.forwarding",
  "net.ipv4.conf.all.proxy_arp",
  "net.ipv4.conf.all.route_localnet",
  "net.ipv4.conf.all.rp_filter",
  "net.ipv4.conf.all.send_redirects",
  "net.ipv4.icmp_echo_ignore_all",
  "net.ipv4.icmp_ratelimit",
  "net.ipv4.ip_default_ttl",
  "net.ipv4.ip_forward",
  "net.netfilter.nf_conntrack_checksum",
  "net.netfilter.nf_conntrack_tcp_loose",
  "net.netfilter.nf_conntrack_udp_timeout",
];

/**
 * How sure a thing is, strongest first.
 * recorded: a recording of kernel 6.18 is replayed in the test suite.
 * labs: drawn by `kubehop verify --fuzz`, which compares with the kernel it runs on.
 * text: drawn by `kubehop verify --round-trip`, which compares with the programs of the machine it runs on.
 * tool: words and exit codes are compared with those of the real tool, seen on 6.18.
 * listing: only a published listing or capture of that release stands behind it.
 * unit: our own tests, written from the kernel's or the tool's source and documents.
 */
export type Proof = "recorded" | "labs" | "text" | "tool" | "listing" | "unit";

export const PROOF_WORDS: Readonly<Record<Proof, string>> = {
  recorded: "recorded on 6.18",
  labs: "random labs",
  text: "round trip",
  tool: "compared with the real tool",
  listing: "published listing only",
  unit: "unit tests only",
};

export interface AreaEvidence {
  readonly proof: Proof;
  /** What was recorded or compared. */
  readonly by: string;
  /** Tests or scenarios that do it, from the root of the repository. */
  readonly tests: readonly string[];
}

const DATASET = "packages/oracle/test/recorded.test.ts";
const ARTICLE_001 = "scenarios/articles/001_nginx-nodeport.yaml";
const ARTICLE_002 = "scenarios/articles/002_nodeport.yaml";
const ARTICLE_004 = "scenarios/articles/004_kops-br-netfilter.yaml";

/** By area; keys are what the support page asks for. */
export const AREA_EVIDENCE = {
  "kernel 6.18": {
    proof: "recorded",
    by: "215 cases in two labs, 18,240 packets through random rule sets, 11,110 TCP sequences",
    tests: [DATASET, "packages/netstack/test/netfilter/conntrack/tcp-sequences.test.ts"],
  },
  "kernel 4.9": {
    proof: "listing",
    by: "capture of article 004 (before 4.13); kernel sources",
    tests: [ARTICLE_004, "packages/netstack/test/sock/tcp-window.test.ts"],
  },
  "kernel 3.10": {
    proof: "listing",
    by: "listings of articles 001 and 002; kernel sources",
    tests: [ARTICLE_001, ARTICLE_002],
  },
  "iptables 1.8.9": {
    proof: "tool",
    by: "290 rules and the sessions of both back ends",
    tests: ["packages/netstack/test/netfilter/xtables/commands.test.ts"],
  },
  "iptables 1.8.7": {
    proof: "listing",
    by: "listings of Debian 11 nodes",
    tests: ["packages/netstack/test/netfilter/xtables/commands.test.ts"],
  },
  "iptables 1.8.4": {
    proof: "listing",
    by: "listings of RHEL 8 nodes",
    tests: ["packages/netstack/test/netfilter/xtables/commands.test.ts"],
  },
  "iptables 1.4.21": { proof: "listing", by: "listings of articles 001 and 002", tests: [ARTICLE_001, ARTICLE_002] },
  "conntrack tcp": {
    proof: "recorded",
    by: "11,110 sequences; events of rulefuzz",
    tests: ["packages/netstack/test/netfilter/conntrack/tcp-sequences.test.ts", DATASET],
  },
  "conntrack udp": {
    proof: "recorded",
    by: "events of rulefuzz; dataset",
    tests: [DATASET],
  },
  "conntrack icmp": {
    proof: "recorded",
    by: "events of rulefuzz; dataset, errors about connections included",
    tests: [DATASET],
  },
  "conntrack sctp": {
    proof: "recorded",
    by: "one packet in the dataset; the states by unit tests only",
    tests: [DATASET, "packages/netstack/test/netfilter/conntrack/sctp.test.ts"],
  },
  "conntrack gre": { proof: "recorded", by: "one packet in the dataset", tests: [DATASET] },
  "conntrack others": { proof: "recorded", by: "one packet of protocol 253 in the dataset", tests: [DATASET] },
  "command bridge": {
    proof: "tool",
    by: "iproute2 6.1",
    tests: ["packages/netstack/test/bridge/fdb.test.ts", "packages/netstack/test/bridge/device.test.ts"],
  },
  "command brctl": { proof: "listing", by: "article 002", tests: [ARTICLE_002] },
  "command ip": {
    proof: "tool",
    by: "iproute2 6.1; texts of 4.11 and busybox from listings only",
    tests: ["packages/netstack/test/rtnl/addr-route.test.ts", "packages/netstack/test/dev/link.test.ts"],
  },
  "command iptables": {
    proof: "tool",
    by: "iptables 1.8.9; older texts from listings only",
    tests: ["packages/netstack/test/netfilter/xtables/commands.test.ts"],
  },
  "command ipset": {
    proof: "text",
    by: "saved and restored sets of every type; the other words by unit tests only",
    tests: ["packages/oracle/test/round-trip/draws.test.ts"],
  },
  "command conntrack": {
    proof: "tool",
    by: "conntrack-tools 1.4.7",
    tests: ["packages/netstack/test/netfilter/conntrack/command.test.ts"],
  },
  "command tcpdump": { proof: "tool", by: "tcpdump 4.99.3", tests: ["packages/netstack/test/trace/tcpdump.test.ts"] },
  "command diff": {
    proof: "tool",
    by: "GNU diff --minimal, where it is installed",
    tests: ["packages/commands/test/text/diff-lines.test.ts"],
  },
  "command kubectl": {
    proof: "listing",
    by: "articles 002 and 004",
    tests: ["packages/kube/test/printers/kubectl.test.ts"],
  },
  "proxy 1.9": { proof: "listing", by: "article 004", tests: ["packages/proxy/test/render/articles.test.ts"] },
  "proxy 1.10": {
    proof: "listing",
    by: "article 002 and a whole dump",
    tests: ["packages/proxy/test/render/articles.test.ts", "packages/proxy/test/render/golden-dumps.test.ts"],
  },
  "proxy 1.28": { proof: "listing", by: "a whole dump", tests: ["packages/proxy/test/render/golden-dumps.test.ts"] },
} as const satisfies Readonly<Record<string, AreaEvidence>>;

const UNIT: AreaEvidence = { proof: "unit", by: "", tests: [] };

/** What stands behind an area; what is not in the table has unit tests only. */
export function areaEvidence(area: string): AreaEvidence {
  const table: Readonly<Record<string, AreaEvidence>> = AREA_EVIDENCE;
  return Object.hasOwn(table, area) ? (table[area] ?? UNIT) : UNIT;
}
