// The format of recorded kernel behaviour (dataset files). An unknown field is an error, not a guess: a replay that ignores
// one would misjudge its case.

import * as z from "zod";

const link = z.strictObject({
  ifindex: z.number(),
  link_index: z.number().optional(),
  link_netnsid: z.number().optional(),
  ifname: z.string(),
  flags: z.array(z.string()),
  mtu: z.number(),
  master: z.string().optional(),
  address: z.string(),
  linkinfo: z.strictObject({
    info_kind: z.string().optional(),
    info_data: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
    info_slave_kind: z.string().optional(),
    info_slave_data: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  }),
});

const route = z.strictObject({
  dst: z.string(),
  gateway: z.string().optional(),
  dev: z.string().optional(),
  protocol: z.string().optional(),
  scope: z.string().optional(),
  prefsrc: z.string().optional(),
  metric: z.number().optional(),
  type: z.string().optional(),
  flags: z.array(z.string()),
});

const fdbRow = z.strictObject({
  mac: z.string(),
  ifname: z.string(),
  dst: z.string().optional(),
  flags: z.array(z.string()),
  master: z.string().optional(),
  state: z.string(),
});

const neighRow = z.strictObject({
  dst: z.string(),
  dev: z.string(),
  lladdr: z.string().optional(),
  state: z.array(z.string()),
});

const namespaceState = z.strictObject({
  links: z.array(link),
  addr: z.array(z.strictObject({ dev: z.string(), addr: z.array(z.string()) })),
  routes: z.array(route),
  neigh: z.array(neighRow),
  fdb: z.array(fdbRow),
  sysctl: z.record(z.string(), z.string()),
  /** Per device: IPv4 sysctls of `conf.DEV` that are not 0. */
  devconf: z.record(z.string(), z.record(z.string(), z.union([z.number(), z.string()]))).optional(),
});

const packet = z.strictObject({
  ns: z.string(),
  dev: z.string(),
  dir: z.enum(["in", "in-bcast", "in-mcast", "in-other", "out"]),
  /** The frame from its link header, masked bytes zeroed. */
  hex: z.string(),
  text: z.string(),
  /** What chance or time decides in this frame. The names of IPv6 (frag.id, quoted.frag.id, icmp6.csum) are refused: IPv6 is not modelled. */
  masked: z.array(
    z.enum([
      ...(["outer.ip.id", "outer.ip.csum", "outer.udp.sport", "ip.id", "ip.csum"] as const),
      ...(["tcp.seq", "tcp.csum", "tcp.sport", "udp.sport", "icmp.id"] as const),
    ]),
  ),
});

const step = z.strictObject({
  inject: z.strictObject({
    ns: z.string(),
    /** null: `local`. */
    dev: z.string().nullable(),
    hex: z.string(),
    decoded: z.string().optional(),
    /** `hex` is a packet without link header that a raw socket of the namespace sends (IP_HDRINCL). */
    local: z.boolean().optional(),
    /** errno of send(). */
    error: z.string().nullable().optional(),
    wait_ms_before: z.number().optional(),
  }),
  packets: z.array(packet),
});

export const conntrackTuple = z.strictObject({
  src: z.string(),
  dst: z.string(),
  proto: z.union([z.string(), z.number()]),
  sport: z.union([z.number(), z.literal("*")]).optional(),
  dport: z.union([z.number(), z.literal("*")]).optional(),
  id: z.union([z.number(), z.literal("*")]).optional(),
  type: z.number().optional(),
  code: z.number().optional(),
});

const conntrackEntry = z.strictObject({
  orig: conntrackTuple,
  reply: conntrackTuple,
  status: z.array(z.string()),
  mark: z.number(),
  tcp: z.string().optional(),
});

/** A command line typed in a namespace. */
const command = z.strictObject({ ns: z.string(), cmd: z.union([z.string(), z.array(z.string())]) });

const beforeAfter = <T extends z.ZodType>(row: T) =>
  z.strictObject({ before: z.record(z.string(), z.array(row)), after: z.record(z.string(), z.array(row)) });

const recordedCase = z.strictObject({
  name: z.string(),
  note: z.string(),
  br_nf: z.number(),
  steps: z.array(step),
  conntrack: z.record(z.string(), z.array(conntrackEntry)),
  /** `REASON @function` over all namespaces. */
  drops: z.array(z.string()),
  /** `ns table -A rule without comment` or `ns table policy CHAIN` → packets, bytes. */
  rules: z.record(z.string(), z.tuple([z.number(), z.number()])),
  snmp: z.record(z.string(), z.number()),
  ms: z.number().optional(),
  trace: z.record(z.string(), z.array(z.string())).optional(),
  /** Before the case, in order; conntrack is flushed behind them. */
  setup: z.array(command).optional(),
  /** Behind the case; a replay starts every case afresh and has nothing to undo. */
  teardown: z.array(command).optional(),
  /** Sockets that listen during the case. */
  listen: z
    .array(z.strictObject({ ns: z.string(), proto: z.enum(["tcp", "udp"]), addr: z.string(), port: z.number() }))
    .optional(),
  /** Rules were loaded anew and lists emptied: what a replay has anyhow. */
  fresh_rules: z.boolean().optional(),
  /** node → list of xt_recent → its rows after the case. */
  recent: z
    .record(z.string(), z.record(z.string(), z.array(z.strictObject({ src: z.string(), ttl: z.number() }))))
    .optional(),
  fdb: beforeAfter(fdbRow).optional(),
  neigh: beforeAfter(neighRow).optional(),
});

/** A recording: lab state and rule text per namespace, and the cases that start from it. */
export const recordingSchema: z.ZodType<Recording> = z.strictObject({
  kernel: z.string(),
  note: z.string().optional(),
  lab: z.record(z.string(), namespaceState),
  ruleset: z.record(z.string(), z.string()),
  cases: z.array(recordedCase),
});

export interface Recording {
  kernel: string;
  note?: string | undefined;
  lab: Record<string, RecordedNamespace>;
  ruleset: Record<string, string>;
  cases: RecordedCase[];
}
export type RecordedNamespace = z.infer<typeof namespaceState>;
export type RecordedLink = z.infer<typeof link>;
export type RecordedRoute = z.infer<typeof route>;
export type RecordedCase = z.infer<typeof recordedCase>;
export type RecordedPacket = z.infer<typeof packet>;
export type RecordedConntrack = z.infer<typeof conntrackEntry>;
export type RecordedCommand = z.infer<typeof command>;
export type RecordedListen = NonNullable<RecordedCase["listen"]>[number];
export type RecordedFdbRow = z.infer<typeof fdbRow>;
export type RecordedNeighRow = z.infer<typeof neighRow>;
