// Our kernel behind the same words as the real one.

import {
  applyBatch,
  conntrackCommand,
  destroyNetns,
  frameBytes,
  fromHex,
  ipsetCommand,
  NetNamespace,
  packetSend,
  PacketStormError,
  toHex,
  World,
} from "@kubehop/netstack";
import type { Batch, BatchError, Conntrack, NetDevice } from "@kubehop/netstack";
import { sendDatagram } from "@kubehop/lab";
import type { RecordedConntrack } from "../recorded/format.ts";
import { conntrackOf, direction, recordedEntry } from "../recorded/replay.ts";
import type { CounterRow, CtEvent, Kernel, KernelFrame, PlayStep, StepSeen } from "./kernel.ts";
import { tunnelDepth } from "./kernel-made.ts";
import { counterRows, FRAMES_PER_STEP, setRows } from "./kernel.ts";
import { quietDevice } from "./quiet.ts";

/** Bit of an update event: the state of the protocol changed, so ctnetlink tells it (include/uapi/linux/netfilter/nf_conntrack_common.h). */
const IPCT_PROTOINFO = 1 << 5;

const STORM = "packet storm";

/** NAT leads a tunnel's packets into the tunnel again; the kernel gives up when no more memory is granted, after 15 wrappings or so. */
function isWrappedTooOften({ hex }: KernelFrame): boolean {
  return tunnelDepth(hex) > MAX_DEPTH;
}

const MAX_DEPTH = 7;

/** Frames of the namespace that saw most. */
function busiest(frames: readonly KernelFrame[]): number {
  const counts = new Map<string, number>();
  for (const { ns } of frames) counts.set(ns, (counts.get(ns) ?? 0) + 1);
  return Math.max(0, ...counts.values());
}

export class OurKernel implements Kernel {
  readonly title = "kubehop";
  world = new World(1);
  /** Ports that NAT drew by chance: from there on nothing can be compared. */
  draws = 0;
  /** Steps in which a packet went round until an allowance was used up, that of ICMP or ours: how often depends on the clock. */
  storms = 0;
  readonly #watched = new WeakSet<object>();
  #frames: KernelFrame[] = [];
  #events: Record<string, CtEvent[]> = {};

  constructor() {
    this.#countDraws();
  }

  #countDraws(): void {
    // A storm is told long before the frames of one step fill the memory.
    this.world.netdevBudget = 4 * FRAMES_PER_STEP;
    const nothing = (): void => undefined;
    this.world.recorder = { config: nothing, netnsGone: nothing, drawn: nothing, natDrew: () => void this.draws++ };
  }

  addNamespaces(names: readonly string[]): void {
    for (const name of names) new NetNamespace(this.world, name);
  }

  /** Steps from which on nothing can be compared. */
  get undecided(): number {
    return this.draws + this.storms;
  }

  apply(ns: string, batch: Batch): BatchError | null {
    return applyBatch(this.#namespace(ns), batch);
  }

  mute(ns: string, devices: readonly string[]): void {
    for (const name of devices) this.#device(ns, name).mute = true;
  }

  watch(): void {
    for (const ns of this.world.namespaces.values()) {
      const fresh = [...ns.devices].filter((dev) => this.#isNew(dev));
      this.apply(ns.name, { agent: "verify", ops: fresh.map((dev) => quietDevice(dev.name)) });
      for (const dev of fresh) this.#tap(ns.name, dev);
      if (this.#isNew(ns)) this.#listen(ns);
    }
  }

  #isNew(watched: object): boolean {
    const isNew = !this.#watched.has(watched);
    this.#watched.add(watched);
    return isNew;
  }

  #tap(ns: string, dev: NetDevice): void {
    dev.taps.push((frame) => {
      this.#frames.push({ ns, dev: dev.name, dir: direction(frame), hex: toHex(frameBytes(frame.pkt)) });
    });
  }

  #listen(ns: NetNamespace): void {
    const see = (event: CtEvent["event"], ct: Conntrack, withState: boolean): void => {
      const { tcp, ...entry } = recordedEntry(ct);
      const state = withState && tcp !== undefined ? { tcp } : {};
      (this.#events[ns.name] ??= []).push({ event, ...entry, ...state });
    };
    ns.ct.listen({
      new: (ct) => see("new", ct, true),
      update: (ct, mask) => see("update", ct, (mask & IPCT_PROTOINFO) !== 0),
      destroy: (ct) => see("destroy", ct, true),
    });
  }

  play(steps: readonly PlayStep[]): readonly StepSeen[] {
    return steps.map((step) => this.#play(step));
  }

  #play(step: PlayStep): StepSeen {
    this.#frames = [];
    this.#events = {};
    const error = this.#actUnlessStorm(step);
    if (error === STORM || busiest(this.#frames) > FRAMES_PER_STEP || this.#frames.some(isWrappedTooOften))
      this.storms++;
    const seen = { frames: this.#frames, ct: this.#events, error };
    // What happens between steps belongs to none.
    this.#frames = [];
    this.#events = {};
    return seen;
  }

  #actUnlessStorm(step: PlayStep): string | null {
    try {
      return this.#act(step);
    } catch (error) {
      if (error instanceof PacketStormError) return STORM;
      throw error;
    }
  }

  #act(step: PlayStep): string | null {
    if ("ops" in step) return this.apply(step.ops.ns, { agent: "verify", ops: step.ops.ops })?.message ?? null;
    if ("frame" in step) {
      const [ns, name, hex] = step.frame;
      return packetSend(this.#device(ns, name), fromHex(hex)) ?? null;
    }
    const [ns, sport, dst, dport, hex] = step.udp;
    return sendDatagram(this.#namespace(ns), dst, { sport, to: { port: dport }, hex }) ?? null;
  }

  conntrack(ns: string): readonly RecordedConntrack[] {
    return conntrackOf(this.#namespace(ns));
  }

  flushConntrack(ns: string): void {
    // What it destroys belongs neither to the step before nor to the one behind.
    this.#events = {};
    conntrackCommand(this.#namespace(ns), ["-F"]);
    this.#events = {};
  }

  counters(ns: string, backend: "nft" | "legacy"): readonly CounterRow[] {
    return counterRows(this.#namespace(ns).xt.backend(backend).save({ counters: true }));
  }

  removeNamespaces(names: readonly string[]): void {
    for (const name of names) destroyNetns(this.#namespace(name));
  }

  sets(ns: string): readonly string[] {
    return setRows(ipsetCommand(this.#namespace(ns), ["save"]).stdout);
  }

  clear(): void {
    this.world = new World(1);
    this.#countDraws();
  }

  #device(ns: string, name: string): NetDevice {
    const dev = this.#namespace(ns).devices.byName(name);
    if (dev === undefined) throw new Error(`no device ${name} in ${ns}`);
    return dev;
  }

  #namespace(name: string): NetNamespace {
    const ns = this.world.namespaces.get(name);
    if (ns === undefined) throw new Error(`no namespace ${name}`);
    return ns;
  }
}
