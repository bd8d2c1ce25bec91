// Random rule sets on a router with a port per host: what left the router, conntrack's events after every packet, what every rule
// counted. Both back ends of the recorder agreed on every case, so both of ours must.

import { applyBatch, fromHex, NetNamespace, packetSend, toHex, World } from "@kubehop/netstack";
import type { ConfigOp } from "@kubehop/netstack";
import * as z from "zod";
import type { Corpus, CorpusCase } from "./corpus.ts";
import { RecordingError } from "./corpus.ts";
import type { Difference } from "./compare.ts";
import { firstDifferent, missingRows } from "./compare-rows.ts";
import { type CtEvent, eventText, recordedEvent, watchEvents } from "./ct-events.ts";

const step = z.strictObject({
  host: z.string(),
  /** What the host put on its wire, from the link header. */
  frame: z.string(),
  /** IPv4 frames that left the router: device, frame with the IP ids of its own ICMP messages blanked. */
  out: z.array(z.tuple([z.string(), z.string()])),
  ct: z.array(recordedEvent),
});

const fuzzCase = z.strictObject({
  rules: z.string(),
  /** Text for `ipset restore`, loaded before the rules. */
  ipsets: z.string().optional(),
  steps: z.array(step),
  /** Lines of `iptables-save -c`. */
  counters: z.array(z.string()),
});

export const ruleFuzzSchema = z.strictObject({
  kernel: z.string(),
  /** Host → its address and the router's on that port. */
  hosts: z.record(z.string(), z.tuple([z.string(), z.string()])),
  host_mac: z.record(z.string(), z.string()),
  router_mac: z.record(z.string(), z.string()),
  /** Of the router's ports, by host or device; one number is meant for all. */
  mtu: z.union([z.number(), z.record(z.string(), z.number())]).optional(),
  /** Further permanent neighbours of the router, as rows of `ip -j neigh`. */
  neigh: z
    .array(
      z.strictObject({ dst: z.string(), dev: z.string(), lladdr: z.string(), state: z.array(z.string()).optional() }),
    )
    .optional(),
  /** Of the router, by dotted name. */
  sysctl: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  ipsets: z.string().optional(),
  cases: z.array(fuzzCase),
});

export type RuleFuzz = z.infer<typeof ruleFuzzSchema>;
type FuzzCase = z.infer<typeof fuzzCase>;
type Backend = "legacy" | "nft";
const BACKENDS: readonly Backend[] = ["legacy", "nft"];

export function ruleFuzzCorpus(recording: RuleFuzz): Corpus {
  const cases = recording.cases.map((one, i): CorpusCase => ({
    name: `rule set ${i}`,
    packets: one.steps.length,
    replay: () => BACKENDS.flatMap((backend) => replayRuleSet(recording, one, backend)),
  }));
  return { kernel: recording.kernel, cases };
}

const ROUTER = "R";
/** What the recorder's router is told besides what the file says: it forwards, sends no redirects, and ICMP is not rationed. */
const SYSCTLS: readonly (readonly [key: string, value: string])[] = [
  ["ip_forward", "1"],
  ["icmp_ratelimit", "0"],
  ["icmp_msgs_per_sec", "100000"],
  ["icmp_msgs_burst", "10000"],
  ["conf.all.send_redirects", "0"],
  ["conf.default.send_redirects", "0"],
];
const DEFAULT_HOST = "C";

function apply(ns: NetNamespace, ops: readonly ConfigOp[]): void {
  const error = applyBatch(ns, { agent: "recording", ops });
  if (error !== null) throw new RecordingError(`${ns.name}: ${JSON.stringify(ops[error.index])}: ${error.message}`);
}

/** Router R with one port `eX` per host X; hosts say nothing. */
function buildRouter(r: RuleFuzz): NetNamespace {
  const world = new World(1);
  const router = new NetNamespace(world, ROUTER);
  apply(
    router,
    SYSCTLS.map(([key, value]) => ({ op: "sysctl", key: `net.ipv4.${key}`, value })),
  );
  apply(router, [{ op: "link-set", dev: "lo", up: true }]);
  for (const host of Object.keys(r.hosts)) plugHost(router, r, host);
  const gateway = r.hosts[DEFAULT_HOST]?.[0];
  if (gateway === undefined)
    throw new RecordingError(`the default route leads to host ${DEFAULT_HOST}, which is missing`);
  apply(router, [{ op: "route-add", dst: "default", via: gateway }, ...laterFields(r)]);
  return router;
}

function plugHost(router: NetNamespace, r: RuleFuzz, host: string): void {
  const [addr, gateway] = r.hosts[host] ?? ["", ""];
  const [mac = "", routerMac = ""] = [r.host_mac[host], r.router_mac[host]];
  const peer = new NetNamespace(router.world, host);
  const dev = `e${host}`;
  apply(router, [
    {
      op: "link-add",
      name: dev,
      address: routerMac,
      link: { type: "veth", peer: { name: "eth0", netns: host, address: mac } },
    },
    { op: "addr-add", dev, local: `${gateway}/16` },
    { op: "link-set", dev, up: true },
    { op: "neigh-replace", dev, dst: addr, lladdr: mac, nud: "permanent" },
  ]);
  apply(peer, [
    { op: "link-set", dev: "lo", up: true },
    { op: "addr-add", dev: "eth0", local: `${addr}/16` },
    { op: "link-set", dev: "eth0", up: true },
    { op: "neigh-replace", dev: "eth0", dst: gateway, lladdr: routerMac, nud: "permanent" },
  ]);
  peer.mute = true;
}

function laterFields(r: RuleFuzz): ConfigOp[] {
  const mtu = typeof r.mtu === "number" ? Object.fromEntries(Object.keys(r.hosts).map((h) => [h, r.mtu])) : r.mtu;
  const mtus = Object.entries(mtu ?? {}).map(([port, value]): ConfigOp => ({
    op: "link-set",
    dev: port in r.hosts ? `e${port}` : port,
    mtu: Number(value),
  }));
  const neigh = (r.neigh ?? []).map(({ dst, dev, lladdr }): ConfigOp => ({
    op: "neigh-replace",
    dev,
    dst,
    lladdr,
    nud: "permanent",
  }));
  const sysctls = Object.entries(r.sysctl ?? {}).map(([key, value]): ConfigOp => ({
    op: "sysctl",
    key,
    value: String(value),
  }));
  return [...mtus, ...neigh, ...sysctls];
}

function replayRuleSet(recording: RuleFuzz, one: FuzzCase, kind: Backend): Difference[] {
  const router = buildRouter(recording);
  for (const text of [recording.ipsets, one.ipsets])
    if (text !== undefined) apply(router, [{ op: "ipset-restore", text, exist: true }]);
  apply(router, [{ op: "iptables-restore", text: one.rules, backend: kind }]);
  const seen = new RouterEyes(router);
  const differences: Difference[] = [];
  one.steps.forEach(({ host, frame, out, ct }, i) => {
    const { sent, events } = seen.during(() => inject(router, host, frame));
    const where = `${kind}, step ${i + 1}, from ${host}`;
    differences.push(...compareFrames(where, out, sent), ...compareEvents(where, ct, events));
  });
  const counters = router.xt.backend(kind).save({ counters: true, bare: true }).split("\n");
  return [...differences, ...compareCounters(kind, inWordsOf(router, kind, one.counters), counters)];
}

/** The listing was recorded from legacy. What nft's programs write otherwise is told by giving them the recorded rules. */
function inWordsOf(router: NetNamespace, kind: Backend, listing: readonly string[]): string[] {
  if (kind === "legacy") return [...listing];
  const xt = router.xt.backend(kind);
  const tables = listing.flatMap((line, i) => (line.startsWith("*") && i > 0 ? ["COMMIT", line] : [line]));
  const error = xt.restore(`${tables.join("\n")}\nCOMMIT\n`, { counters: true });
  // No listing that could be loaded: it will differ as it stands.
  if (error !== null) return [...listing];
  return xt.save({ counters: true, bare: true }).split("\n");
}

function inject(router: NetNamespace, host: string, frame: string): void {
  const dev = router.world.namespaces.get(host)?.devices.byName("eth0");
  if (dev === undefined) throw new RecordingError(`no host ${host}`);
  packetSend(dev, fromHex(frame));
}

type Sent = readonly [dev: string, hex: string];

/** What leaves the router, and what its conntrack tells. */
class RouterEyes {
  #sent: Sent[] = [];
  readonly #events: CtEvent[] = [];

  constructor(router: NetNamespace) {
    for (const dev of router.devices)
      dev.taps.push(({ out, pkt }) => {
        const hex = toHex(pkt.bytes(pkt.mac));
        if (out && isIpv4(hex)) this.#sent.push([dev.name, blankOwnIcmp(hex)]);
      });
    watchEvents(router.ct, (event) => this.#events.push(event));
  }

  during(act: () => void): { sent: Sent[]; events: CtEvent[] } {
    this.#sent = [];
    this.#events.length = 0;
    act();
    return { sent: this.#sent, events: [...this.#events] };
  }
}

function isIpv4(hex: string): boolean {
  return hex.slice(24, 28) === "0800";
}

const ICMP_BLANKED = new Set([0, 3, 11]);

/** The recorder blanks IP id and header checksum of echo replies, unreachables and time exceeded, which the router may have made. */
function blankOwnIcmp(hex: string): string {
  const b = fromHex(hex);
  if (b[23] === 1 && ICMP_BLANKED.has(b[34] ?? -1)) b.fill(0, 18, 20).fill(0, 24, 26);
  return toHex(b);
}

/** Per device, then in their order over all. */
function compareFrames(where: string, recorded: readonly Sent[], ours: readonly Sent[]): Difference[] {
  for (const dev of new Set([...recorded, ...ours].map(([name]) => name))) {
    const of = (rows: readonly Sent[]): string[] => rows.filter(([name]) => name === dev).map(([, hex]) => hex);
    const found = firstDifferent(of(recorded), of(ours));
    if (found !== null) return [{ what: "frames", where: `${where}, ${dev}, frame ${found.at + 1}`, ...found.pair }];
  }
  const order = (rows: readonly Sent[]): string => rows.map(([name]) => name).join(", ");
  if (order(recorded) === order(ours)) return [];
  return [{ what: "order", where, recorded: order(recorded), ours: order(ours) }];
}

function compareEvents(where: string, recorded: readonly CtEvent[], ours: readonly CtEvent[]): Difference[] {
  const found = firstDifferent(recorded.map(eventText), ours.map(eventText));
  return found === null ? [] : [{ what: "events", where: `${where}, event ${found.at + 1}`, ...found.pair }];
}

function compareCounters(where: string, recorded: readonly string[], ours: readonly string[]): Difference[] {
  const rows = missingRows(counterLines(recorded), counterLines(ours));
  return rows === null ? [] : [{ what: "rules", where, ...rows }];
}

/** Rules and policies, each with its table: `nat [2:103] -A …`. Own chains have no counters of their own. */
function counterLines(lines: readonly string[]): string[] {
  let table = "";
  const found: string[] = [];
  for (const line of lines) {
    if (line.startsWith("*")) table = line.slice(1);
    else if (line.startsWith("[") || /^:\S+ [A-Z]/.test(line)) found.push(`${table} ${line}`);
  }
  return found;
}
