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

const namespaceState = z.strictObject({
  links: z.array(link),
  addr: z.array(z.strictObject({ dev: z.string(), addr: z.array(z.string()) })),
  routes: z.array(route),
  neigh: z.array(z.strictObject({ dst: z.string(), dev: z.string(), lladdr: z.string(), state: z.array(z.string()) })),
  fdb: z.array(
    z.strictObject({
      mac: z.string(),
      ifname: z.string(),
      dst: z.string().optional(),
      flags: z.array(z.string()),
      master: z.string().optional(),
      state: z.string(),
    }),
  ),
  sysctl: z.record(z.string(), z.string()),
});

const packet = z.strictObject({
  ns: z.string(),
  dev: z.string(),
  dir: z.enum(["in", "in-bcast", "in-mcast", "in-other", "out"]),
  /** The frame from its link header, masked bytes zeroed. */
  hex: z.string(),
  text: z.string(),
  masked: z.array(z.enum(["outer.ip.id", "outer.ip.csum", "outer.udp.sport", "ip.id", "ip.csum"])),
});

const step = z.strictObject({
  inject: z.strictObject({ ns: z.string(), dev: z.string(), hex: z.string(), decoded: z.string(), error: z.null() }),
  packets: z.array(packet),
});

const tuple = z.strictObject({
  src: z.string(),
  dst: z.string(),
  proto: z.union([z.string(), z.number()]),
  sport: z.union([z.number(), z.literal("*")]).optional(),
  dport: z.union([z.number(), z.literal("*")]).optional(),
  id: z.number().optional(),
  type: z.number().optional(),
  code: z.number().optional(),
});

const conntrackEntry = z.strictObject({
  orig: tuple,
  reply: tuple,
  status: z.array(z.string()),
  mark: z.number(),
  tcp: z.string().optional(),
});

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
  ms: z.number(),
  trace: z.record(z.string(), z.array(z.string())),
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
