// Our kernel behind the same words as the real one.

import {
  applyBatch,
  conntrackCommand,
  frameBytes,
  fromHex,
  NetNamespace,
  packetSend,
  toHex,
  udpOpen,
  World,
} from "@kubehop/netstack";
import type { Batch, BatchError, Conntrack, NetDevice } from "@kubehop/netstack";
import type { RecordedConntrack } from "../recorded/format.ts";
import { conntrackOf, direction, recordedEntry } from "../recorded/replay.ts";
import type { CounterRow, CtEvent, Kernel, KernelFrame, PlayStep, StepSeen } from "./kernel.ts";
import { counterRows } from "./kernel.ts";

/** Bit of an update event: the state of the protocol changed, so ctnetlink tells it (include/uapi/linux/netfilter/nf_conntrack_common.h). */
const IPCT_PROTOINFO = 1 << 5;

export class OurKernel implements Kernel {
  readonly title = "kubehop";
  world = new World(1);
  /** Ports that NAT drew by chance: from there on nothing can be compared. */
  draws = 0;
  #frames: KernelFrame[] = [];
  #events: Record<string, CtEvent[]> = {};

  constructor() {
    this.#countDraws();
  }

  #countDraws(): void {
    const { random } = this.world;
    const fork = random.fork.bind(random);
    random.fork = (label) => {
      const stream = fork(label);
      if (!label.startsWith("nat:")) return stream;
      const u32 = stream.u32.bind(stream);
      stream.u32 = () => {
        this.draws++;
        return u32();
      };
      return stream;
    };
  }

  addNamespaces(names: readonly string[]): void {
    for (const name of names) new NetNamespace(this.world, name);
  }

  apply(ns: string, batch: Batch): BatchError | null {
    return applyBatch(this.#namespace(ns), batch);
  }

  mute(ns: string, devices: readonly string[]): void {
    for (const name of devices) this.#device(ns, name).mute = true;
  }

  watch(): void {
    for (const ns of this.world.namespaces.values()) {
      for (const dev of ns.devices)
        dev.taps.push((frame) => {
          this.#frames.push({ ns: ns.name, dev: dev.name, dir: direction(frame), hex: toHex(frameBytes(frame.pkt)) });
        });
      this.#listen(ns);
    }
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
    const error = this.#act(step);
    return { frames: this.#frames, ct: this.#events, error };
  }

  #act(step: PlayStep): string | null {
    if ("ops" in step) return this.apply(step.ops.ns, { agent: "verify", ops: step.ops.ops })?.message ?? null;
    if ("frame" in step) {
      const [ns, name, hex] = step.frame;
      return packetSend(this.#device(ns, name), fromHex(hex)) ?? null;
    }
    const [ns, sport, dst, dport, hex] = step.udp;
    const sock = udpOpen(this.#namespace(ns), { port: sport });
    const error = sock.sendTo(fromHex(hex), dst, dport);
    sock.close();
    this.world.softirq();
    return error ?? null;
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
