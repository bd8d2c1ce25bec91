// A kernel that can be compared: ours or the real one, behind the same few words. Everything given and returned is plain data.

import type { Batch, BatchError, ConfigOp } from "@kubehop/netstack";
import type { RecordedConntrack } from "../recorded/format.ts";

/** A frame as a capture saw it. */
export interface KernelFrame {
  readonly ns: string;
  readonly dev: string;
  /** `in`, `in-bcast`, `in-mcast`, `in-other` (somebody else's MAC) or `out`. */
  readonly dir: string;
  /** From the link header, lower case. */
  readonly hex: string;
}

/** A conntrack event: the entry as it was told. */
export interface CtEvent extends RecordedConntrack {
  readonly event: "new" | "update" | "destroy";
}

/** One thing done to the lab. */
export type PlayStep =
  /** A frame leaves a device (packet socket). */
  | { readonly frame: readonly [ns: string, dev: string, hex: string] }
  /** A datagram from a socket that is closed again at once (bound to sport, not connected). */
  | { readonly udp: readonly [ns: string, sport: number, dst: string, dport: number, hex: string] }
  | { readonly ops: { readonly ns: string; readonly ops: readonly ConfigOp[] } };

export interface StepSeen {
  /** In global order. */
  readonly frames: readonly KernelFrame[];
  /** By namespace, in order. */
  readonly ct: Readonly<Record<string, readonly CtEvent[]>>;
  /** What the system call or the tool said, null when it was accepted. */
  readonly error: string | null;
}

/** Frames of one step that the captures of a namespace can hold. */
export const FRAMES_PER_STEP = 512;

/** Packets and bytes of a rule or policy, in the order of the listing. */
export interface CounterRow {
  /** `table -A CHAIN …` or `table policy CHAIN`. */
  readonly rule: string;
  readonly packets: number;
  readonly bytes: number;
}

export interface Kernel {
  /** What it is, e.g. `Linux 6.18.44`. */
  readonly title: string;
  /** New, empty namespaces; `lo` is down. */
  addNamespaces(names: readonly string[]): void;
  apply(ns: string, batch: Batch): BatchError | null;
  /** A host that says nothing: every IPv4 frame ends behind the tap, ARP is still answered. Its devices must be there. */
  mute(ns: string, devices: readonly string[]): void;
  /** All devices are there: captures start, of frames as long as `mtu` (1500) allows. Again when devices were added. */
  watch(mtu?: number): void;
  play(steps: readonly PlayStep[]): readonly StepSeen[];
  conntrack(ns: string): readonly RecordedConntrack[];
  flushConntrack(ns: string): void;
  counters(ns: string, backend: "nft" | "legacy"): readonly CounterRow[];
  removeNamespaces(names: readonly string[]): void;
  /** Lines of `ipset save`, what is chance or time blanked. */
  sets(ns: string): readonly string[];
  /** Take down all namespaces; the kernel can be used again. */
  clear(): void;
}

/** `iptables-save -c` as rows. */
export function counterRows(text: string): CounterRow[] {
  const rows: CounterRow[] = [];
  let table = "";
  for (const line of text.split("\n")) {
    if (line.startsWith("*")) table = line.slice(1);
    const rule = /^\[(\d+):(\d+)\] (.*)$/.exec(line);
    if (rule !== null) rows.push({ rule: `${table} ${rule[3]}`, packets: Number(rule[1]), bytes: Number(rule[2]) });
    const policy = /^:(\S+) (\S+) \[(\d+):(\d+)\]$/.exec(line);
    if (policy !== null && policy[2] !== "-")
      rows.push({ rule: `${table} policy ${policy[1]}`, packets: Number(policy[3]), bytes: Number(policy[4]) });
  }
  return rows;
}

/** `ipset save` as rows: the seed of a hash is drawn, and timeouts run (mask list B). */
export function setRows(text: string): string[] {
  const rows = text.split("\n").filter((line) => line !== "");
  return rows.map((line) =>
    line.startsWith("add ")
      ? line.replace(/ timeout [1-9]\d*/, " timeout *")
      : line.replace(/ initval 0x[0-9a-f]+/, " initval *"),
  );
}
