// The real Linux kernel of this machine behind the doors: batches become `ip -batch`, `iptables-restore`, `sysctl` … in namespaces
// that only the agent process can see. A machine (`world`) lives as long as this object.

import type { Batch, BatchError, ConfigOp } from "@kubehop/netstack";
import type { RecordedConntrack } from "../recorded/format.ts";
import type { Listener, Request } from "../scenario/script.ts";
import { AgentProcess, LiveError, NotHere } from "./agent-process.ts";
import type { CounterRow, CtEvent, Kernel, KernelFrame, PlayStep, StepSeen } from "./kernel.ts";
import { counterRows, FRAMES_PER_STEP, setRows } from "./kernel.ts";
import { linkAddWords } from "./link-words.ts";
import { withOneQueue } from "./one-queue.ts";
import { opWords } from "./op-words.ts";
import { QUIET_DEVICE, QUIET_NAMESPACE, SETTLE_LINKS } from "./quiet.ts";

/** A command of the agent's `run`: words with input, or sysctl files. */
export type AgentCommand =
  | { readonly ns: string; readonly argv: readonly string[]; readonly stdin?: string }
  | { readonly ns: string; readonly sysctl: readonly (readonly [path: string, value: string])[] };

/** A command, and the operations of the batch that it carries out (one line each for `ip -batch`). */
interface Planned {
  readonly command: AgentCommand;
  /** Operation behind each line of the input, or the one operation. */
  readonly ops: readonly number[];
}

/** What a client and the servers noticed of a request. */
export interface RealRequest {
  readonly result: string;
  /** The client's own address; null: no connection was made. */
  readonly from: string | null;
  readonly served: readonly {
    readonly ns: string;
    readonly port: number;
    readonly client: string;
    readonly clientPort: number;
  }[];
}

export type RunResult = readonly [exit: number, stdout: string, stderr: string];

const DEFAULT_MTU = 1500;
/** Room of a slot for what the ring tells of a frame, a link header and a tunnel's headers. */
const SLOT_HEADROOM = 256;

/** A slot of the capture rings: 4 KiB for the usual MTU, a larger power of two for jumbo frames. */
function frameSlot(mtu: number): number {
  return Math.max(4096, 2 ** Math.ceil(Math.log2(mtu + SLOT_HEADROOM)));
}

/** A little more than the second that linkwatch may wait, in s. */
const LINKWATCH_DELAY = "1.2";
const SEGMENT_BRIDGE = "br0";
const BR_NETFILTER_CALLS = ["bridge-nf-call-iptables", "bridge-nf-call-ip6tables", "bridge-nf-call-arptables"];
/** Drops IPv4 at ingress, behind the taps: classic BPF `ret 2` (TC_ACT_SHOT). */
const MUTE_FILTER = "protocol ip bpf da bytecode".split(" ");

export class RealKernel implements Kernel {
  readonly title: string;
  readonly #agent = new AgentProcess();
  readonly #brNetfilter: boolean;
  #namespaces: string[] = [];
  /** Devices have gone: the kernel tells bridges and routes of it when it has time (linkwatch). */
  #carrierLost = false;
  /** Namespaces in which br_netfilter counts as loaded. */
  readonly #bridging = new Set<string>();
  /** Cards of segments: the switch is a bridge in a namespace of its own. */
  #segments = new Map<string, number>();

  constructor() {
    const hello = this.#agent.ask<{ kernel: string; iptables: string; brNetfilter: boolean }>("hello");
    this.title = `Linux ${hello.kernel}, ${hello.iptables}`;
    this.#brNetfilter = hello.brNetfilter;
  }

  addNamespaces(names: readonly string[]): void {
    this.#makeNamespaces(names);
    this.#namespaces.push(...names);
  }

  #makeNamespaces(names: readonly string[]): void {
    this.#agent.ask("netns", { names });
    // A machine whose br_netfilter is not loaded: the module is there, but calls nothing.
    const off = this.#brNetfilter ? BR_NETFILTER_CALLS.map((key) => [`net/bridge/${key}`, "0"] as const) : [];
    this.#must(names.map((ns) => ({ ns, sysctl: [...QUIET_NAMESPACE, ...off] })));
  }

  apply(ns: string, batch: Batch): BatchError | null {
    const plan = this.#plan(ns, batch.ops);
    const { results } = this.#agent.ask<{ results: RunResult[] }>("run", { commands: plan.map((p) => p.command) });
    const last = results.at(-1);
    if (last === undefined || last[0] === 0) return null;
    return failure(plan[results.length - 1] as Planned, last);
  }

  mute(ns: string, devices: readonly string[]): void {
    const tc = (...argv: string[]): AgentCommand => ({ ns, argv: ["tc", ...argv] });
    this.#must(
      devices.flatMap((dev) => [
        tc("qdisc", "add", "dev", dev, "clsact"),
        tc("filter", "add", "dev", dev, "ingress", ...MUTE_FILTER, "1,6 0 0 2,"),
      ]),
    );
  }

  /** Wait until all links are up, and what lost its last carrier knows it. */
  settle(): void {
    if (this.#carrierLost) this.#must([{ ns: this.#namespaces[0] ?? "", argv: ["sleep", LINKWATCH_DELAY] }]);
    this.#carrierLost = false;
    this.#must(this.#namespaces.map((ns) => ({ ns, argv: ["sh", "-c", `${QUIET_DEVICE}; ${SETTLE_LINKS}`] })));
  }

  watch(mtu = DEFAULT_MTU): void {
    this.settle();
    this.#agent.ask("watch", { names: this.#namespaces, frameSize: frameSlot(mtu), frames: FRAMES_PER_STEP });
  }

  /** Exactly these ports are served from now on. */
  listen(listeners: readonly Listener[]): void {
    this.#agent.ask("listen", { listeners });
  }

  /** A client with a real socket begins its request. */
  start(id: number, request: Request): void {
    this.#agent.ask("start", { id, ...request });
  }

  /** How a request that was started ended. `timeoutMs`: real time after which no answer is a timeout. */
  end(id: number, timeoutMs: number): RealRequest {
    return this.#agent.ask<RealRequest>("end", { id, timeoutMs });
  }

  play(steps: readonly PlayStep[]): readonly StepSeen[] {
    const wire = steps.map((step) =>
      "ops" in step ? { commands: this.#plan(step.ops.ns, step.ops.ops).map((p) => p.command) } : step,
    );
    const { steps: seen, lost } = this.#agent.ask<{ steps: WireSeen[]; lost: number }>("play", { steps: wire });
    if (lost > 0) throw new LiveError(`${lost} frames were not captured: the ring is too short`);
    return seen.map(stepSeen);
  }

  conntrack(ns: string): readonly RecordedConntrack[] {
    const { entries } = this.#agent.ask<{ entries: Record<string, WireEntry[]> }>("conntrack", { names: [ns] });
    return (entries[ns] ?? []).map(wireEntry);
  }

  flushConntrack(ns: string): void {
    this.#agent.ask("flush", { names: [ns] });
  }

  counters(ns: string, backend: "nft" | "legacy"): readonly CounterRow[] {
    return counterRows(this.run({ ns, argv: [`iptables-${backend}-save`, "-c"] }));
  }

  removeNamespaces(names: readonly string[]): void {
    this.#carrierLost = true;
    this.#agent.ask("drop", { names });
    this.#namespaces = this.#namespaces.filter((name) => !names.includes(name));
  }

  sets(ns: string): readonly string[] {
    return setRows(this.run({ ns, argv: ["ipset", "save"] }));
  }

  clear(): void {
    this.#agent.ask("drop", { names: [...this.#namespaces, ...[...this.#segments.keys()].map(segmentNamespace)] });
    this.#namespaces = [];
    this.#bridging.clear();
    this.#segments = new Map();
  }

  close(): void {
    this.#agent.close();
  }

  /** What a program in a namespace prints. @throws LiveError when it fails */
  run(command: AgentCommand): string {
    const [result] = this.#must([command]);
    return result?.[1] ?? "";
  }

  /** What each of the commands printed, failed or not. Those of one namespace run in order, different namespaces at the same time. */
  runApart(commands: readonly AgentCommand[]): readonly RunResult[] {
    return this.#agent.ask<{ results: RunResult[] }>("runApart", { commands }).results;
  }

  #must(commands: readonly AgentCommand[]): readonly RunResult[] {
    const { results } = this.#agent.ask<{ results: RunResult[] }>("run", { commands });
    const last = results.at(-1);
    if (last !== undefined && last[0] !== 0)
      throw new LiveError(`${JSON.stringify(commands[results.length - 1])}: ${last[2].trim()}`);
    return results;
  }

  #plan(ns: string, ops: readonly ConfigOp[]): Planned[] {
    const plan: Planned[] = [];
    ops.forEach((op, index) => {
      const words = opWords(op);
      if (this.#asksForBrNetfilter(ns, op)) addSysctl(plan, ns, this.#moduleFile(ns, "br_netfilter", false), index);
      switch (words.tool) {
        case "run":
          return plan.push({ command: { ns, argv: words.argv, ...input(words.stdin) }, ops: [index] });
        case "sysctl":
          return addSysctl(plan, ns, [words.path, words.value], index);
        case "module":
          return addSysctl(plan, ns, this.#moduleFile(ns, words.module, words.remove), index);
        case "nic":
          return this.#plugNic(plan, ns, words.op, words.segment, index);
        case "ip":
        case "bridge":
          return addLines(plan, ns, words.tool, words.lines, index);
      }
    });
    return plan;
  }

  /** Built into the kernel: loading is switching it on, unloading switching it off. */
  #moduleFile(ns: string, module: string, remove: boolean): readonly [string, string] {
    if (module !== "br_netfilter" || !this.#brNetfilter) throw new NotHere(`modprobe ${module}: this kernel has none`);
    if (remove) this.#bridging.delete(ns);
    else this.#bridging.add(ns);
    return ["net/bridge/bridge-nf-call-iptables", remove ? "0" : "1"];
  }

  /** A rule with -m physdev loads the module (physdev_mt_check) where it is one. */
  #asksForBrNetfilter(ns: string, op: ConfigOp): boolean {
    if (!this.#brNetfilter || this.#bridging.has(ns)) return false;
    if (op.op === "iptables-restore") return op.test !== true && op.text.includes("-m physdev ");
    return op.op === "iptables" && op.args.join(" ").includes("-m physdev ");
  }

  #plugNic(
    plan: Planned[],
    ns: string,
    op: Extract<ConfigOp, { op: "link-add" }>,
    segment: string,
    index: number,
  ): void {
    const netns = segmentNamespace(segment);
    const ports = this.#segments.get(segment);
    if (ports === undefined) {
      this.#makeNamespaces([netns]);
      const bridge = ["link", "add", "name", SEGMENT_BRIDGE, "type", "bridge", "mcast_snooping", "0"];
      addLines(plan, netns, "ip", [bridge, ["link", "set", "dev", SEGMENT_BRIDGE, "up"]], index);
    }
    this.#segments.set(segment, (ports ?? 0) + 1);
    const name = `port${ports ?? 0}`;
    const { link: _, ...rest } = op;
    const veth = linkAddWords({ ...rest, link: { type: "veth", peer: { name, netns, ...mtuOf(op) } } });
    addLines(plan, ns, "ip", [veth], index);
    addLines(plan, netns, "ip", [["link", "set", "dev", name, "master", SEGMENT_BRIDGE, "up"]], index);
    // A card completes checksums behind the sender's tap; a veth leaves them open, so the switch does it.
    plan.push({ command: { ns: netns, argv: ["ethtool", "-K", name, "tx", "off"] }, ops: [index] });
  }
}

function segmentNamespace(segment: string): string {
  return `segment-${segment}`;
}

function mtuOf(op: { readonly mtu?: number }): { mtu?: number } {
  return op.mtu === undefined ? {} : { mtu: op.mtu };
}

function input(stdin: string | undefined): { stdin?: string } {
  return stdin === undefined ? {} : { stdin };
}

/** As `ip -batch` takes words apart. A word must not end its line or its quotes. @throws LiveError */
function quoted(word: string): string {
  if (/["\n\\]/.test(word)) throw new LiveError(`ip -batch cannot be told ${JSON.stringify(word)}`);
  return /[\s"']/.test(word) ? `"${word}"` : word;
}

/** Lines of the same tool in the same namespace go into one run of it. */
function addLines(plan: Planned[], ns: string, tool: string, lines: readonly (readonly string[])[], op: number): void {
  const text = lines.map((words) => `${withOneQueue(words).map(quoted).join(" ")}\n`).join("");
  const ops = lines.map(() => op);
  const last = plan.at(-1);
  const argv = [tool, "-batch", "-"];
  if (
    last !== undefined &&
    last.command.ns === ns &&
    "argv" in last.command &&
    last.command.argv.join(" ") === argv.join(" ")
  )
    plan[plan.length - 1] = {
      command: { ns, argv, stdin: `${last.command.stdin ?? ""}${text}` },
      ops: [...last.ops, ...ops],
    };
  else plan.push({ command: { ns, argv, stdin: text }, ops });
}

function addSysctl(plan: Planned[], ns: string, file: readonly [string, string], op: number): void {
  plan.push({ command: { ns, sysctl: [file] }, ops: [op] });
}

/** `Command failed -:3` tells the line. */
function failure(planned: Planned, [, , stderr]: RunResult): BatchError {
  const line = /Command failed -:(\d+)/.exec(stderr)?.[1];
  const index = planned.ops[line === undefined ? 0 : Number(line) - 1] ?? planned.ops[0] ?? 0;
  const message = stderr.replace(/\n?Command failed -:\d+\n?/, "").trimEnd();
  return { index, errno: errnoOf(message), message };
}

const ERRNO_TEXTS: Readonly<Record<string, string>> = {
  "File exists": "EEXIST",
  "No such file or directory": "ENOENT",
  "No such process": "ESRCH",
  "Network is unreachable": "ENETUNREACH",
  "Operation not supported": "EOPNOTSUPP",
  "Device or resource busy": "EBUSY",
  "No such device": "ENODEV",
  "Cannot assign requested address": "EADDRNOTAVAIL",
};

function errnoOf(message: string): string {
  return Object.entries(ERRNO_TEXTS).find(([text]) => message.includes(text))?.[1] ?? "EINVAL";
}

interface WireEntry extends RecordedConntrack {
  readonly timeout?: number;
  readonly zone?: number;
}

interface WireSeen {
  readonly frames: readonly (readonly [string, string, string, string])[];
  readonly ct: Readonly<Record<string, readonly (WireEntry & { readonly event: CtEvent["event"] })[]>>;
  readonly error: string | null;
}

function wireEntry({ orig, reply, status, mark, tcp }: WireEntry): RecordedConntrack {
  return { orig, reply, status, mark, ...(tcp === undefined ? {} : { tcp }) };
}

function stepSeen(step: WireSeen): StepSeen {
  const ct = Object.entries(step.ct).map(([ns, events]): [string, CtEvent[]] => [
    ns,
    events.map((event) => ({ event: event.event, ...wireEntry(event) })),
  ]);
  const frames = step.frames.map(([ns, dev, dir, hex]): KernelFrame => ({ ns, dev, dir, hex }));
  return { frames, ct: Object.fromEntries(ct), error: step.error };
}
