// The frames of a run, each with what became of its packet on that machine. A comment is known only when the packet has gone on or
// ended, so frames are kept until the file is written.
import { type FrameStep, PcapngWriter, type Step, type Tracer, type World } from "@kubehop/netstack";
import { ruleSpec, type RuleStep } from "../explain/rule-text.ts";

interface Frame {
  readonly step: FrameStep;
  /** Which machine of its way this is, from 1. */
  readonly hop: number;
  /** What happened to the packet after the device saw it, in order. */
  readonly fate: string[];
}

/** Attach as `world.tracer`. */
export class FrameStory implements Tracer {
  readonly #world: World;
  readonly #frames: Frame[] = [];
  /** The newest frame of every packet on its way. */
  readonly #last = new Map<number, Frame>();
  readonly #rules = new Map<number, RuleStep>();
  /** Devices in the order in which they were first there. */
  readonly #devices = new Map<string, readonly [ns: string, dev: string]>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Devices that are there now stand in the file, whether or not they see a frame. */
  look(): void {
    for (const { name, devices } of this.#world.namespaces.values())
      for (const dev of devices) this.#devices.set(`${name}/${dev.name}`, [name, dev.name]);
  }

  step(step: Step): void {
    if (step.kind === "rx" || step.kind === "xmit") return this.#see(step);
    if (step.kind === "rule") this.#rules.set(step.pkt, step);
    const word = this.#fateOf(step);
    const frame = word === undefined ? undefined : this.#last.get(step.pkt);
    if (word === undefined || frame === undefined || frame.step.ns !== step.ns) return;
    if (frame.fate.at(-1) !== word) frame.fate.push(word);
  }

  /** The file: interfaces first, then frames with their comments. */
  pcapng(): Uint8Array {
    const writer = new PcapngWriter();
    for (const [ns, dev] of this.#devices.values()) writer.interfaceOf(ns, dev);
    for (const frame of this.#frames) writer.frame(frame.step, comment(frame));
    return writer.bytes();
  }

  #see(step: FrameStep): void {
    const before = this.#last.get(step.pkt);
    const hop = before === undefined ? 1 : before.hop + (before.step.ns === step.ns ? 0 : 1);
    // The packet's memory will be written over.
    const frame = { step: { ...step, frame: step.frame.slice() }, hop, fate: [] };
    this.#frames.push(frame);
    this.#last.set(step.pkt, frame);
  }

  /** In few words; undefined: what does not decide. */
  #fateOf(step: Step): string | undefined {
    switch (step.kind) {
      case "hook":
        return step.pf === "ip" ? HOOKS[step.hook] : undefined;
      case "nat":
        return `${step.what} ${step.before} ⇒ ${step.after}`;
      case "encap":
        return `encapsulated by ${step.dev} in ${step.outer}`;
      case "decap":
        return `decapsulated by ${step.dev}`;
      case "deliver":
        return `delivered to ${step.socket}`;
      case "consume":
        return `consumed by ${step.by}`;
      case "drop":
        return `dropped ${step.reason}${this.#culprit(step)}`;
      default:
        return undefined;
    }
  }

  /** The rule that decided and who wrote it, else what the kernel says besides. */
  #culprit({ ns, pkt, reason, detail }: Extract<Step, { readonly kind: "drop" }>): string {
    const rule = reason === "NETFILTER_DROP" ? this.#rules.get(pkt) : undefined;
    if (rule === undefined) return detail === "" ? "" : ` (${detail})`;
    const origin = this.#world.namespaces.get(ns)?.xt.backend(rule.backend).originOf(rule.table, rule.chain, rule.rule);
    const text = ruleSpec(rule);
    return `${origin === undefined ? "" : ` by ${origin.object}`} (${text})`;
  }
}

/** Hooks that say which way a packet goes. */
const HOOKS: Readonly<Record<string, string>> = { FORWARD: "forward", INPUT: "input" };

/** `pkt 12 hop 2 node1/cni0 in br_handle_frame: forward; dropped NETFILTER_DROP (-P FORWARD DROP)`. */
function comment({ step, hop, fate }: Frame): string {
  const way = step.kind === "rx" ? "in" : "out";
  const head = `pkt ${step.pkt} hop ${hop} ${step.ns}/${step.dev} ${way} ${step.fn}`;
  return fate.length === 0 ? head : `${head}: ${fate.join("; ")}`;
}
