// `expect:` and `bug.because:` — one expectation object.
import * as z from "zod";
import { TABLE_COLUMNS, TABLE_NAMES } from "../expect/tables.ts";
import { DROP_REASONS } from "@kubehop/netstack";
import * as leaf from "./leaves.ts";
import { optional, required } from "./key.ts";
import { wayKeys } from "./way-schema.ts";

const FLOW_RESULTS = ["ok", "timeout", "refused", "reset", "unreachable"] as const;
const IGNORE_NAMES = ["pkts", "bytes", "age", "inet6", "timers", "nud", "ids"] as const;

const ignore = z.array(leaf.word(IGNORE_NAMES));
const texts = z.union([leaf.text, z.array(leaf.text).min(1)]);
const parts = z.union([leaf.part, z.array(leaf.part).min(1)]);
const place = leaf.text;

const output = z.strictObject({
  contains: optional(parts, "A part of the text, or several.", "contains: 200 OK"),
  lacks: optional(parts, "A text that must not occur, or several.", "lacks: DROP"),
  equals: optional(leaf.text, "The whole text; white space at the end does not count.", "equals: hello"),
  matches: optional(
    texts,
    "A regular expression (^ and $ match at line ends), or several.",
    "matches: ^tcp .*SYN_SENT",
  ),
  rows: optional(
    leaf.text,
    "All lines, in any order; runs of blanks count as one.",
    'rows: "default via 192.168.99.1 dev eth0"',
  ),
  has: optional(
    leaf.part,
    "Lines that must be among those printed; runs of blanks count as one.",
    'has: "10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink"',
  ),
  text: optional(leaf.text, "All lines in this order; runs of blanks count as one.", 'text: "net.ipv4.ip_forward = 1"'),
  ignore: optional(
    ignore,
    "Named masks for both sides: pkts and bytes (counters of listings), age and timers, inet6 lines, nud (neighbour states but PERMANENT), ids (ports, sequence numbers, ids chosen at random).",
    "ignore: [pkts, bytes]",
    "none",
  ),
  stream: optional(leaf.word(["stdout", "stderr"]), "Which stream.", "stream: stderr", "stdout"),
});

const dropped = z.strictObject({
  in: optional(place, "Place where the packet died.", "in: node1", "any"),
  dev: optional(leaf.deviceName, "Device it came in by (or was to leave by).", "dev: cni0", "any"),
  reason: optional(
    leaf.listed(DROP_REASONS, "a drop reason"),
    "The kernel's skb_drop_reason without its prefix.",
    "reason: NETFILTER_DROP",
    "any",
  ),
  by: optional(
    leaf.namePart,
    "What is responsible, or a part of its name: the object or the agent behind the rule that decided, or its text; the route or setting where no rule did.",
    "by: dockerd",
    "any",
  ),
  flow: optional(leaf.flow, "The packet's addresses.", 'flow: "client > node1:30080"', "any"),
  count: optional(leaf.count, "How many.", 'count: ">=1"', "at least 1"),
});

const packet = z.strictObject({
  in: required(place, "Place of the device.", "in: node1"),
  dev: required(leaf.deviceName, "Device, as in `tcpdump -i dev`.", "dev: cni0"),
  flow: optional(
    leaf.flow,
    "Addresses of the frame; a port that is not written may be any.",
    'flow: "export#3:80 > client"',
    "any",
  ),
  flags: optional(leaf.tcpFlags, "TCP flags as tcpdump prints them.", "flags: S.", "any"),
  ttl: optional(z.number().int().min(0).max(255), "TTL of the frame.", "ttl: 63", "any"),
  count: optional(leaf.count, "How many.", "count: 2", "at least 1"),
  note: optional(leaf.text, "What this shows; printed when it fails.", "note: reply switched inside the bridge"),
});

/** Rows of a table: the tool's columns, where, how many. */
function table(name: (typeof TABLE_NAMES)[number]): z.ZodObject {
  const columns = Object.fromEntries(
    TABLE_COLUMNS[name].map((column) => [
      column.name,
      optional(leaf.cellText, column.description, `${column.name}: ${column.example}`, "any"),
    ]),
  );
  return z.strictObject({
    ...columns,
    in: required(place, "Place of the table.", "in: node1"),
    count: optional(leaf.count, "How many rows.", "count: 0", "at least 1"),
  });
}

function oneOrMore<T extends z.ZodType>(schema: T): z.ZodUnion<[T, z.ZodArray<T>]> {
  return z.union([schema, z.array(schema).min(1)]);
}

const tableKeys = {
  conntrack: optional(
    oneOrMore(table("conntrack")),
    "Entries as `conntrack -L` lists them.",
    "conntrack: { in: node1, src: client, state: SYN_SENT, status: UNREPLIED }",
  ),
  route: optional(
    oneOrMore(table("route")),
    "Routes as `ip route show table all` lists them.",
    "route: { in: node1, dst: 10.244.1.0/24, dev: flannel.1 }",
  ),
  neigh: optional(
    oneOrMore(table("neigh")),
    "Neighbours as `ip neigh` lists them.",
    "neigh: { in: node1, dev: flannel.1, state: PERMANENT }",
  ),
  fdb: optional(
    oneOrMore(table("fdb")),
    "Forwarding entries as `bridge fdb` lists them.",
    "fdb: { in: node1, dev: flannel.1, count: 1 }",
  ),
  rule: optional(
    oneOrMore(table("rule")),
    "iptables rules.",
    "rule: { in: node1, table: filter, chain: FORWARD, target: KUBE-FORWARD }",
  ),
  ipset: optional(
    oneOrMore(table("ipset")),
    "Sets and their entries as `ipset save` lists them.",
    "ipset: { in: node1, name: blocked, entry: 10.244.1.2 }",
  ),
  sysctl: optional(
    oneOrMore(table("sysctl")),
    "Kernel settings.",
    'sysctl: { in: node1, key: net.ipv4.ip_forward, value: "1" }',
  ),
};

const shareKeys = z.record(z.string(), leaf.fraction);

/** Which requests count. */
const requestKeys = {
  flow: optional(leaf.flow, "Only requests of this flow count.", 'flow: "client > node1:30053/udp"', "all"),
  since: optional(leaf.moment, "Only requests begun from then on count.", 'since: "echo#1 gone + 2s"', "all"),
};

const result = optional(
  leaf.word(FLOW_RESULTS),
  "How the request ended for the one who made it: ok (answered), timeout (nothing came), refused (a reset for the SYN, or port unreachable), reset (of an open connection), unreachable (an ICMP error, or no route). A step without a request has none.",
  "result: ok",
);
const by = optional(texts, "Who answered: a pod, or one of several.", "by: export#3");
const client = optional(leaf.text, "Source address the server saw: a place, an alias or an address.", "client: node1");
const ttl = optional(z.number().int().min(1).max(255), "TTL of the request at the server.", "ttl: 62");
const lost = optional(
  leaf.count,
  "How many requests had no answer: all that did not end in ok; a command is one request, its last. Beside it `by`, `client`, `ttl` and `share` ask those that had one.",
  "lost: 0",
);
const share = optional(
  shareKeys,
  "How repeats spread: pod to share; `tolerance` is the greatest difference allowed.",
  "share: { web#1: 1/3, web#2: 1/3, web#3: 1/3, tolerance: 4% }",
  "tolerance: what chance exceeds once in 1000 runs",
);

/** Requests that began in a part of a stream. */
const window = z.strictObject({
  ...requestKeys,
  until: optional(leaf.moment, "Only requests begun before count.", "until: 10s", "all"),
  result,
  by,
  client,
  ttl,
  lost,
  share,
});

/** All that can be looked at at any moment. */
const checkKeys = {
  ...requestKeys,
  result,
  by,
  client,
  lost,
  ttl,
  exit: optional(
    z.number().int().min(0).max(255),
    "Exit status of the (last) command.",
    "exit: 28",
    "0, unless `result` is given",
  ),
  output: optional(
    z.union([leaf.part, output]),
    "What the command printed: a part of it, or an object.",
    "output: Welcome to nginx",
  ),
  rows: optional(leaf.text, "Short for `output: { rows }`.", 'rows: "default via 192.168.99.1 dev eth0"'),
  has: optional(leaf.part, "Short for `output: { has }`.", 'has: "10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink"'),
  text: optional(leaf.text, "Short for `output: { text }`.", 'text: "net.ipv4.ip_forward = 1"'),
  ignore: optional(ignore, "Masks for `rows`, `has` and `text`.", "ignore: [pkts, bytes, age]", "none"),
  share,
  stream: optional(
    oneOrMore(window),
    "What holds of the requests that began in a part of the step, or in several.",
    'stream: { since: "echo#1 gone + 2s", by: echo#2, lost: 0 }',
  ),
  dropped: optional(
    oneOrMore(dropped),
    "Packets that died since the step began.",
    "dropped: { in: node1, reason: NETFILTER_DROP }",
  ),
  packet: optional(
    oneOrMore(packet),
    "Frames on a device since the step began, as tcpdump sees them.",
    "packet: { in: node1, dev: cni0, flags: S., ttl: 64 }",
  ),
  ...wayKeys,
  ...tableKeys,
};

/** The keys of an expectation without its halves. */
const plainKeys = {
  ...checkKeys,
  within: optional(
    leaf.duration,
    "The rest must come to hold at the latest so long after the step's end; time passes until it does.",
    "within: 5s",
    "at the step's end",
  ),
  never: optional(
    z.strictObject(checkKeys),
    "An expectation that must hold at no moment of the step: it is looked at between any two events, and at the end.",
    "never: { dropped: { in: node1 } }",
    "none",
  ),
};

const plain = z.union([leaf.word(FLOW_RESULTS), z.strictObject(plainKeys)]);

/** A word, an object, or an object with the two halves of a bug. */
export const expectSchema = z.union([
  leaf.word(FLOW_RESULTS),
  z.strictObject({
    ...plainKeys,
    fixed: optional(plain, "What holds in the matrix cells without the bug.", "fixed: ok"),
    broken: optional(plain, "What holds in the cells that `bug.when` names.", "broken: timeout"),
  }),
]);

/** The same without halves. */
export const plainExpectSchema = z.strictObject(plainKeys);
