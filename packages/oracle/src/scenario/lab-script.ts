// A lab of namespaces as what both kernels are given: the scenario runs here once, and every batch that its commands come to is
// written down. So the two are driven by the very same batches, and nothing of a shell reaches the real kernel.

import { cellRunner } from "@kubehop/lab";
import type { BareSpec, CellPlan, ReadFile, StepOutcome, StepSpec } from "@kubehop/lab";
import { formatIpv4 } from "@kubehop/netstack";
import type { Batch, BatchError, ConfigOp, NetNamespace, XtBackendName } from "@kubehop/netstack";
import type { PlayStep } from "../live/kernel.ts";
import type { MaskFacts } from "../live/kernel-made.ts";
import type { LabLayout } from "../live/lab-spec.ts";
import { withDrawnAddresses } from "./drawn-addresses.ts";

export interface LabScript {
  readonly lab: LabLayout;
  readonly plays: readonly ScriptPlay[];
  readonly facts: MaskFacts;
  /** Namespaces whose connections and counters are compared: all that are not mute, with the back ends that their rules are in. */
  readonly tables: readonly { readonly ns: string; readonly backends: readonly XtBackendName[] }[];
}

/** A step may be played in several parts: each batch is one. */
export interface ScriptPlay {
  readonly step: StepSpec;
  readonly play: PlayStep;
}

/** Something of the scenario has no counterpart on the real kernel, or did not run here. */
export class NotComparable extends Error {
  override readonly name = "NotComparable";
  readonly position: StepSpec["position"];

  constructor(message: string, position: StepSpec["position"]) {
    super(message);
    this.position = position;
  }
}

/** @throws NotComparable; Refusal when the scenario does not run */
export function labScript(plan: CellPlan, bare: BareSpec, readFile: ReadFile, seed: number): LabScript {
  const writer = new ScriptWriter();
  const run = cellRunner(readFile, (world) => {
    world.onBatch = (ns, batch, error) => writer.batch(ns, batch, error);
  });
  const { stopped } = run(
    plan,
    seed,
    (step, outcome) => writer.ended(step, outcome),
    (step, cluster) =>
      writer.begins(step, (name) => {
        const address = cluster.places.address(name);
        return address === undefined ? undefined : formatIpv4(address);
      }),
  );
  if (stopped !== undefined) throw new NotComparable(stopped.reason, stopped.step.position);
  return writer.script(plan, bare);
}

class ScriptWriter {
  readonly #build: { ns: string; ops: readonly ConfigOp[] }[] = [];
  readonly #plays: ScriptPlay[] = [];
  #step: StepSpec | undefined;

  batch(ns: NetNamespace, batch: Batch, error: BatchError | null): void {
    const step = this.#step;
    const ops = withDrawnAddresses(ns, batch.ops);
    if (step !== undefined) this.#plays.push({ step, play: { ops: { ns: ns.name, ops } } });
    // What a lab is built with was accepted, or was meant to fail.
    else this.#build.push({ ns: ns.name, ops: error === null ? ops : ops.slice(0, error.index) });
  }

  begins(step: StepSpec, addressOf: (name: string) => string | undefined): void {
    this.#step = step;
    const play = playOf(step, addressOf);
    if (play !== undefined) for (let i = 0; i < step.repeat; i++) this.#plays.push({ step, play });
  }

  ended(step: StepSpec, { flows, startedAt, endedAt }: StepOutcome): void {
    const what = flows.length > 0 ? "requests of programs" : endedAt > startedAt ? "time that passes" : undefined;
    if (what === undefined) return;
    throw new NotComparable(
      `${what} cannot be compared with the real kernel yet: write inject or datagram`,
      step.position,
    );
  }

  script({ steps }: CellPlan, { namespaces }: BareSpec): LabScript {
    const batches = [...this.#build, ...this.#plays.flatMap(({ play }) => ("ops" in play ? [play.ops] : []))];
    const ops = batches.flatMap((batch) => batch.ops);
    const lab = {
      namespaces: namespaces.map(({ name }) => name),
      build: this.#build.filter((batch) => batch.ops.length > 0),
      mute: namespaces
        .filter(({ mute }) => mute.length > 0)
        .map(({ name, mute }) => ({ ns: name, devices: mute.map(({ dev }) => dev) })),
    };
    const facts = {
      vteps: ops.flatMap((op) => tunnelEnd(op)),
      sockets: steps.flatMap(({ action }) => (action.kind === "datagram" ? [action.sport] : [])),
    };
    const tables = namespaces
      .filter(({ mute }) => mute.length === 0)
      .map(({ name }) => ({
        ns: name,
        backends: backendsOf(batches.filter(({ ns }) => ns === name).flatMap((batch) => batch.ops)),
      }));
    return { lab, plays: this.#plays, facts, tables };
  }
}

function backendsOf(ops: readonly ConfigOp[]): XtBackendName[] {
  const named = ops.map((op) => (op.op === "iptables" || op.op === "iptables-restore" ? op.backend : undefined));
  return [...new Set(named.filter((backend) => backend !== undefined))];
}

function playOf({ action, position }: StepSpec, addressOf: (name: string) => string | undefined): PlayStep | undefined {
  if (action.kind === "inject") return { frame: [action.in, action.dev, action.frame] };
  if (action.kind !== "datagram") return undefined;
  const { sport, to, hex } = action;
  const dst = addressOf(to.name);
  if (dst === undefined) throw new NotComparable(`no address for ${to.name}`, position);
  return { udp: [action.in, sport, dst, to.port, hex] };
}

function tunnelEnd(op: ConfigOp): string[] {
  return op.op === "link-add" && op.link.type === "vxlan" && op.link.local !== undefined ? [op.link.local] : [];
}
