// Replays one recorded case in a fresh world and says what was observed, in the recorder's own terms.

import {
  applyBatch,
  conntrackRow,
  frameBytes,
  formatIpv4,
  packetSend,
  rawSend,
  PACKET_BROADCAST,
  PACKET_MULTICAST,
  PACKET_OTHERHOST,
} from "@kubehop/netstack";
import type { Conntrack, ConntrackRow, NetNamespace, TapFrame, World } from "@kubehop/netstack";
import type { RecordedCase, RecordedConntrack, Recording } from "./format.ts";
import { prepareCase, tablesOf } from "./case-state.ts";
import type { SeenTables } from "./case-state.ts";
import { RecordingError } from "./corpus.ts";
import { buildRecordedLab, namespaceOf } from "./lab.ts";

export interface SeenFrame {
  readonly ns: string;
  readonly dev: string;
  readonly dir: string;
  readonly bytes: Uint8Array;
}

export interface Observation {
  /** Per step, in global order. */
  readonly frames: readonly (readonly SeenFrame[])[];
  readonly conntrack: Readonly<Record<string, readonly RecordedConntrack[]>>;
  /** Distinct drop reasons, mute hosts' own left out. */
  readonly drops: readonly string[];
  readonly rules: Readonly<Record<string, readonly [number, number]>>;
  /** Per step: errno of the send. */
  readonly errors: readonly (string | null)[];
  /** Tables behind the case, where the recording tells them. */
  readonly tables: SeenTables;
}

/**
 * What the recorder did behind the frames of a case, known from its script: run after conntrack was read and before the
 * counters were. Later recordings carry such commands themselves.
 */
const AFTER_FRAMES: Readonly<Record<string, { ns: string; dev: string; dst: string }>> = {
  unknown_pod_same_subnet_svc: { ns: "n1", dev: "cni0", dst: "10.1.5.99" },
};

export function replayCase(recording: Recording, testCase: RecordedCase): Observation {
  const world = buildRecordedLab(recording, testCase);
  const nodes = Object.keys(recording.ruleset);
  prepareCase(world, nodes, testCase);
  for (const name of nodes) pinRandomChoices(namespaceOf(world, name), testCase);
  const drops = collectDrops(world);
  const before = countersOf(world, nodes);
  let sink: SeenFrame[] = [];
  tapEverything(world, (frame) => sink.push(frame));
  const errors: (string | null)[] = [];
  const frames = testCase.steps.map((step) => {
    sink = [];
    errors.push(injectStep(world, step.inject));
    return sink;
  });
  const conntrack = Object.fromEntries(nodes.map((name) => [name, conntrackOf(namespaceOf(world, name))]));
  const tables = tablesOf(world, testCase);
  // Frames and drops were read before; only counters see what follows.
  const dropped = [...drops].sort();
  sink = [];
  afterFrames(world, testCase);
  return { frames, conntrack, drops: dropped, rules: counterDeltas(before, countersOf(world, nodes)), errors, tables };
}

type Inject = RecordedCase["steps"][number]["inject"];

/** One step; the errno of its send, null when it went. */
export function injectStep(world: World, inject: Inject): string | null {
  const ns = namespaceOf(world, inject.ns);
  if (inject.wait_ms_before !== undefined) world.clock.runUntil(world.clock.now + inject.wait_ms_before);
  const bytes = Uint8Array.from(Buffer.from(inject.hex, "hex"));
  if (inject.local === true) return rawSend(ns, bytes) ?? null;
  const device = ns.devices.byName(inject.dev ?? "");
  if (device === undefined) throw new RecordingError(`no device ${inject.dev} in ${inject.ns}`);
  return packetSend(device, bytes) ?? null;
}

function afterFrames(world: World, testCase: RecordedCase): void {
  const row = AFTER_FRAMES[testCase.name];
  if (row === undefined) return;
  applyBatch(namespaceOf(world, row.ns), {
    agent: "recording",
    ops: [{ op: "neigh-del", dev: row.dev, dst: row.dst }],
  });
}

/** The recorder leaves out IPv4 frames to a group MAC and everything IPv6. */
function isNoise(b: Uint8Array): boolean {
  const proto = ((b[12] ?? 0) << 8) | (b[13] ?? 0);
  return proto === 0x86dd || (proto === 0x0800 && ((b[0] ?? 0) & 1) === 1);
}

/** The recorder's word for where a frame was going. */
export function direction(frame: TapFrame): string {
  if (frame.out) return "out";
  if (frame.pkt.pktType === PACKET_OTHERHOST) return "in-other";
  if (frame.pkt.pktType === PACKET_BROADCAST) return "in-bcast";
  return frame.pkt.pktType === PACKET_MULTICAST ? "in-mcast" : "in";
}

function tapEverything(world: World, see: (frame: SeenFrame) => void): void {
  for (const ns of world.namespaces.values()) {
    for (const dev of ns.devices) {
      dev.taps.push((frame) => {
        const bytes = frameBytes(frame.pkt);
        if (!isNoise(bytes)) see({ ns: ns.name, dev: dev.name, dir: direction(frame), bytes });
      });
    }
  }
}

function collectDrops(world: World): Set<string> {
  const drops = new Set<string>();
  world.onDrop = (_ns, _pkt, reason) => {
    if (reason !== "TC_INGRESS") drops.add(reason);
  };
  return drops;
}

/** Random endpoint choices are pinned to the recorded ones: a rule that was counted is taken, its sibling is not. */
function pinRandomChoices(ns: NetNamespace, testCase: RecordedCase): void {
  ns.xt.pick = (rule, { table, chain }) =>
    ruleKey(ns.name, table, `-A ${chain}${rule.conditions}${rule.action}`) in testCase.rules;
}

function ruleKey(ns: string, table: string, rule: string): string {
  return `${ns} ${table} ${rule.replaceAll(/ -m comment --comment ("[^"]*"|[^ ]+)/g, "")}`;
}

type Counters = Map<string, readonly [number, number]>;

/** Counters of all nodes by the recorder's keys. */
function countersOf(world: World, nodes: readonly string[]): Counters {
  const counters: Counters = new Map();
  for (const name of nodes) {
    for (const row of namespaceOf(world, name).xt.backend("nft").counters()) {
      const { table, chain, text } = row;
      const rule = `-A ${chain}${text === "" ? "" : ` ${text}`}`;
      const key = row.ruleNo === 0 ? `${name} ${table} policy ${chain}` : ruleKey(name, table, rule);
      counters.set(key, [row.packets, row.bytes]);
    }
  }
  return counters;
}

function counterDeltas(before: Counters, after: Counters): Record<string, readonly [number, number]> {
  const deltas: Record<string, readonly [number, number]> = {};
  for (const [key, [packets, bytes]] of after) {
    const [p, b] = before.get(key) ?? [0, 0];
    if (packets !== p || bytes !== b) deltas[key] = [packets - p, bytes - b];
  }
  return deltas;
}

export function conntrackOf(ns: NetNamespace): RecordedConntrack[] {
  return ns.ct.list().map(recordedEntry);
}

export function recordedEntry(ct: Conntrack): RecordedConntrack {
  const { orig, reply, status, mark, tcp } = conntrackRow(ct);
  return {
    orig: recordedTuple(orig),
    reply: recordedTuple(reply),
    status: [...status],
    mark,
    ...(tcp === undefined ? {} : { tcp }),
  };
}

type EntryTuple = ConntrackRow["orig"];
type Tuple = RecordedConntrack["orig"];
const PROTO_NAMES: Readonly<Record<number, string>> = { 1: "icmp", 6: "tcp", 17: "udp", 132: "sctp" };
/** Protocols whose tuple has two 16-bit keys (GRE's are listed as ports by the recorder). */
const HAS_PORTS = new Set([6, 17, 47, 132, 136]);
const VXLAN_PORT = 8472;

function recordedTuple(t: EntryTuple): Tuple {
  const base = { src: formatIpv4(t.src), dst: formatIpv4(t.dst), proto: PROTO_NAMES[t.proto] ?? t.proto };
  if (t.proto === 1) return { ...base, id: t.sport, type: t.dport >>> 8, code: t.dport & 255 };
  if (!HAS_PORTS.has(t.proto)) return base;
  const tunnel = t.proto === 17;
  return {
    ...base,
    sport: tunnel && t.dport === VXLAN_PORT ? "*" : t.sport,
    dport: tunnel && t.sport === VXLAN_PORT ? "*" : t.dport,
  };
}
