// Two kernels, the same steps: what each saw, held against the other. Frames per device, then conntrack events.

import type { RecordedConntrack } from "../recorded/format.ts";
import { canonical } from "../recorded/compare.ts";
import { frameText } from "./frame-text.ts";
import type { CounterRow, CtEvent, Kernel, KernelFrame, StepSeen } from "./kernel.ts";
import { maskerOf } from "./kernel-made.ts";

export interface MaskFacts {
  /** Addresses of the tunnels' ends, dotted. */
  readonly vteps: readonly string[];
  /** Ports that tunnels are sent to; undefined: NAT may give them any. */
  readonly tunnelPorts?: readonly number[];
  /** Source ports of sockets that steps open, beside those of SOCKET_PORTS. */
  readonly sockets?: readonly number[];
}

export interface LiveDifference {
  readonly what: "frames" | "events" | "answer" | "conntrack" | "counters" | "sets";
  readonly where: string;
  /** Step, from 0; behind the last step: conntrack and counters. */
  readonly step: number;
  readonly kernel: string;
  readonly ours: string;
}

type Found = Omit<LiveDifference, "step">;

/** The first step that differs, with everything that differs in it; empty when none does. */
export function compareSteps(
  kernel: readonly StepSeen[],
  ours: readonly StepSeen[],
  facts: MaskFacts,
): readonly LiveDifference[] {
  for (const [step, theirs] of kernel.entries()) {
    const mine = ours[step];
    if (mine === undefined) throw new Error(`step ${step} was not played`);
    const found = compareStep(theirs, mine, facts);
    if (found.length > 0) return found.map((one) => ({ ...one, step }));
  }
  return [];
}

function compareStep(theirs: StepSeen, ours: StepSeen, facts: MaskFacts): Found[] {
  const answer = compareAnswer(theirs.error, ours.error);
  const frames = compareFrames(theirs.frames.filter(isIpv4), ours.frames.filter(isIpv4), facts);
  return [...answer, ...frames, ...compareEvents(theirs.ct, ours.ct, facts)];
}

/** IPv6 is switched off, but a device that is being made may say a word before. */
function isIpv4({ hex }: KernelFrame): boolean {
  return hex.slice(24, 28) !== "86dd";
}

function compareAnswer(kernel: string | null, ours: string | null): Found[] {
  if ((kernel === null) === (ours === null)) return [];
  return [{ what: "answer", where: "what was said to it", kernel: kernel ?? "accepted", ours: ours ?? "accepted" }];
}

function compareFrames(theirs: readonly KernelFrame[], ours: readonly KernelFrame[], facts: MaskFacts): Found[] {
  const masks = [maskerOf(theirs, facts.sockets), maskerOf(ours, facts.sockets)] as const;
  const found: Found[] = [];
  const place = (f: KernelFrame): string => `${f.ns}/${f.dev}`;
  for (const device of new Set([...theirs, ...ours].map(place))) {
    const [a, b] = [theirs, ours].map((all) => all.filter((f) => place(f) === device)) as [
      KernelFrame[],
      KernelFrame[],
    ];
    const at = firstUnequal(a, b, masks);
    if (at >= 0)
      found.push({ what: "frames", where: `${device}, frame ${at + 1}`, kernel: tell(a[at]), ours: tell(b[at]) });
  }
  // The order between devices is not judged: fragments sent in a burst are told by time stamps of several rings.
  return found;
}

function firstUnequal(
  a: readonly KernelFrame[],
  b: readonly KernelFrame[],
  masks: readonly [(hex: string) => string, (hex: string) => string],
): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const [x, y] = [a[i], b[i]];
    if (x === undefined || y === undefined || x.dir !== y.dir) return i;
    if (x.hex !== y.hex && masks[0](x.hex) !== masks[1](y.hex)) return i;
  }
  return -1;
}

function tell(frame: KernelFrame | undefined): string {
  return frame === undefined ? "nothing" : `${frame.dir} ${frameText(frame.hex)}\n${frame.hex}`;
}

type Events = Readonly<Record<string, readonly CtEvent[]>>;

function compareEvents(theirs: Events, ours: Events, facts: MaskFacts): Found[] {
  return [...new Set([...Object.keys(theirs), ...Object.keys(ours)])].flatMap((ns): Found[] => {
    const [a, b] = [theirs, ours].map((all) =>
      (all[ns] ?? []).map((e) => `${e.event} ${canonical(blankTunnel(e, facts))}`),
    ) as [string[], string[]];
    const at = a.findIndex((text, i) => text !== b[i]);
    if (at < 0 && a.length === b.length) return [];
    const i = at < 0 ? a.length : at;
    const [kernel, mine] = [a[i] ?? "no further event", b[i] ?? "no further event"];
    return [{ what: "events", where: `conntrack of ${ns}`, kernel, ours: mine }];
  });
}

/**
 * The tunnel's source port is drawn: `*`, as in recordings. Where it stands is told by the tunnel's own port; in random labs, where NAT
 * may move both ends, by the range it is drawn from.
 */
function blankTunnel(entry: RecordedConntrack, { vteps, tunnelPorts }: MaskFacts): RecordedConntrack {
  const { orig, reply, status, mark, tcp } = entry;
  const rest = { status, mark, ...(tcp === undefined ? {} : { tcp }) };
  if (orig.proto !== "udp" || vteps.length === 0) return { orig, reply, ...rest };
  if (tunnelPorts !== undefined) {
    const isTunnel = tunnelPorts.some((port) => orig.dport === port || reply.sport === port);
    return isTunnel
      ? { orig: { ...orig, sport: "*" }, reply: { ...reply, dport: "*" }, ...rest }
      : { orig, reply, ...rest };
  }
  return { orig: blankDrawn(orig), reply: blankDrawn(reply), ...rest };
}

/** net.ipv4.ip_local_port_range begins here; no injected packet uses such a port. */
const FIRST_DRAWN_PORT = 32_768;

function blankDrawn<T extends RecordedConntrack["orig"]>(tuple: T): T {
  const port = (value: T["sport"]): T["sport"] =>
    typeof value === "number" && value >= FIRST_DRAWN_PORT ? "*" : value;
  return { ...tuple, sport: port(tuple.sport), dport: port(tuple.dport) };
}

/** What is left in a namespace behind the last step. */
export type Tables = Pick<Kernel, "conntrack" | "counters" | "sets">;

export interface KernelPair {
  readonly real: Tables;
  readonly ours: Tables;
}

/** What is left in a namespace behind the last step: connections, and the counters of its rules. */
export function compareTables(
  { real, ours }: KernelPair,
  { ns, backends }: { readonly ns: string; readonly backends: readonly ("nft" | "legacy")[] },
  step: number,
  facts: MaskFacts,
): LiveDifference[] {
  return [
    ...compareConntrack(ns, real.conntrack(ns), ours.conntrack(ns), step, facts),
    ...backends.flatMap((backend) => compareCounters(ns, real.counters(ns, backend), ours.counters(ns, backend), step)),
    ...compareSets(ns, blankPorts(real.sets(ns), facts), blankPorts(ours.sets(ns), facts), step),
  ];
}

/** Rows as sets: the table is hash ordered. */
export function compareConntrack(
  ns: string,
  kernel: readonly RecordedConntrack[],
  ours: readonly RecordedConntrack[],
  step: number,
  facts: MaskFacts,
): LiveDifference[] {
  const [a, b] = [kernel, ours].map((rows) => rows.map((row) => canonical(blankTunnel(row, facts))).sort()) as [
    string[],
    string[],
  ];
  if (a.join("\n") === b.join("\n")) return [];
  const only = (rows: string[], others: string[]): string =>
    rows.filter((row) => !others.includes(row)).join("\n") || "no other entry";
  return [{ what: "conntrack", where: `entries of ${ns}`, step, kernel: only(a, b), ours: only(b, a) }];
}

/** What a rule put into a set of a tunnel's packet has its drawn source port. */
function blankPorts(rows: readonly string[], { vteps }: MaskFacts): readonly string[] {
  if (vteps.length === 0) return rows;
  return rows.map((row) =>
    row.replaceAll(/(?<=\budp:)\d+/g, (port) => (Number(port) >= FIRST_DRAWN_PORT ? "*" : port)),
  );
}

/** Rows as sets: the order is a hash's. */
export function compareSets(
  ns: string,
  kernel: readonly string[],
  ours: readonly string[],
  step: number,
): LiveDifference[] {
  const only = (rows: readonly string[], others: readonly string[]): string =>
    rows.filter((row) => !others.includes(row)).join("\n") || "no other element";
  if (kernel.toSorted().join("\n") === ours.toSorted().join("\n")) return [];
  return [{ what: "sets", where: `sets of ${ns}`, step, kernel: only(kernel, ours), ours: only(ours, kernel) }];
}

/** Both list the same rules in the same order; the text is iptables-save's own. */
export function compareCounters(
  ns: string,
  kernel: readonly CounterRow[],
  ours: readonly CounterRow[],
  step: number,
): LiveDifference[] {
  const [a, b] = [kernel, ours].map(byTable) as [CounterRow[], CounterRow[]];
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const [x, y] = [counterText(a[i]), counterText(b[i])];
    if (x !== y) return [{ what: "counters", where: `rules of ${ns}`, step, kernel: x, ours: y }];
  }
  return [];
}

/** The order of tables and of chains in a listing is the order in which they were made; of rules in a chain, their own. */
function byTable(rows: readonly CounterRow[]): CounterRow[] {
  const key = (row: CounterRow): string => row.rule.split(" ", 3).join(" ");
  return rows
    .map((row, i) => ({ row, i }))
    .sort((x, y) => compareText(key(x.row), key(y.row)) || x.i - y.i)
    .map(({ row }) => row);
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function counterText(row: CounterRow | undefined): string {
  return row === undefined ? "no further rule" : `[${row.packets}:${row.bytes}] ${row.rule}`;
}
