// What the packets of a run met, nearest to the failure first: where repairs are looked for.

import { JourneyRecorder } from "@kubehop/netstack";
import type { Journey, RuleOrigin, Step } from "@kubehop/netstack";
import { addTracer } from "../cluster/onlookers.ts";
import { StoryMemory } from "../explain/memory.ts";
import { headersOf } from "../explain/headers.ts";
import type { PacketSummary } from "../model/outcome.ts";
import type { RunningCluster } from "../model/running-cluster.ts";
import type { CellPlan } from "../model/scenario.ts";
import type { StepSpec } from "../model/step-spec.ts";
import { RememberedRows } from "./remembered.ts";

/** Packets recorded per step. */
const PACKETS_PER_STEP = 500;
/** A stream may go right for long before it goes wrong. */
const PACKETS_PER_STREAM = 10_000;

/** 0: where a packet of the failing step was lost · 1: elsewhere on its way · 2: on the way of others · 3: in an earlier step. */
export type Nearness = 0 | 1 | 2 | 3;

/** Something a packet met. */
export interface Clue {
  readonly step: Step;
  readonly near: Nearness;
  /** Index of the scenario's step in which it was met, and when that began (world time). */
  readonly metIn: number;
  readonly begunAt: number;
  /** The packet as it came to the machine. */
  readonly packet: PacketSummary | undefined;
  /** It ended in a drop. */
  readonly lost: boolean;
  /** Who wrote the rule. */
  readonly origin: RuleOrigin | undefined;
}

export interface Evidence {
  readonly plan: CellPlan;
  /** As the failing step left it. */
  readonly cluster: RunningCluster;
  readonly failing: StepSpec;
  readonly clues: readonly Clue[];
  /** Rows as they were before. */
  readonly remembered: RememberedRows;
}

interface Recorded {
  readonly step: StepSpec;
  readonly cluster: RunningCluster;
  readonly begunAt: number;
  readonly recorder: JourneyRecorder;
  readonly memory: StoryMemory;
  readonly stop: () => void;
}

/** Records the packets of each step; steps may overlap. */
export class Recording {
  readonly #steps: Recorded[] = [];
  readonly #remembered = new RememberedRows();

  begin(step: StepSpec, cluster: RunningCluster): void {
    this.#remembered.look(cluster);
    const recorder = new JourneyRecorder(step.stream === undefined ? PACKETS_PER_STEP : PACKETS_PER_STREAM);
    const memory = new StoryMemory(cluster, recorder);
    const stop = addTracer(cluster.world, memory);
    this.#steps.push({ step, cluster, begunAt: cluster.world.now, recorder, memory, stop });
  }

  end(step: StepSpec): void {
    this.#recorded(step)?.stop();
  }

  /**
   * What the packets of a step that fails have met, and those before that went between the same machines. Undefined: it has not begun.
   * `wrongAt`: when a stream that went right began to fail, virtual ms since time 0.
   */
  evidence(plan: CellPlan, failing: StepSpec, wrongAt?: number): Evidence | undefined {
    const recorded = this.#recorded(failing);
    if (recorded === undefined) return undefined;
    const begunAt = wrongAt === undefined ? recorded.begunAt : recorded.cluster.epoch + wrongAt;
    const here = cluesOf({ ...recorded, begunAt }, true);
    const involved = new Set(here.flatMap(({ packet }) => (packet === undefined ? [] : [packet.src, packet.dst])));
    const before = this.#steps
      .slice(0, this.#steps.indexOf(recorded))
      .toReversed()
      .flatMap((earlier) => cluesOf(earlier, false))
      .filter(({ packet }) => packet !== undefined && (involved.has(packet.src) || involved.has(packet.dst)));
    const clues = [...here, ...before].toSorted((a, b) => a.near - b.near);
    return { plan, cluster: recorded.cluster, failing, clues, remembered: this.#remembered };
  }

  #recorded({ index }: StepSpec): Recorded | undefined {
    return this.#steps.find(({ step }) => step.index === index);
  }
}

function cluesOf({ step, begunAt, recorder, memory }: Recorded, failing: boolean): Clue[] {
  const packets = recorder.packets().filter(({ steps: [first] }) => first === undefined || first.at >= begunAt);
  return packets.slice(0, PACKETS_PER_STEP).flatMap((journey) => {
    const { end, steps } = journey;
    const lost = end === "drop" || end === "queued";
    const lostIn = lost ? steps.at(-1)?.ns : undefined;
    const headers = headersAt(journey);
    return steps.map((one, at): Clue => ({
      step: one,
      near: !failing ? 3 : !lost ? 2 : one.ns === lostIn ? 0 : 1,
      metIn: step.index,
      begunAt,
      packet: headers[at],
      lost,
      origin: one.kind === "rule" ? memory.met(one)?.origin : undefined,
    }));
  });
}

/** For each step of a packet, its headers as far as the steps before show them. */
function headersAt({ steps }: Journey): (PacketSummary | undefined)[] {
  let known = steps.map((step) => headersOf(step)).find((headers) => headers !== undefined);
  return steps.map((step) => {
    known = headersOf(step) ?? translated(known, step) ?? known;
    return known;
  });
}

function translated(packet: PacketSummary | undefined, step: Step): PacketSummary | undefined {
  if (packet === undefined || step.kind !== "nat") return undefined;
  const [address = "", port = "0"] = step.after.split(":");
  return step.what === "src"
    ? { ...packet, src: address, sport: Number(port) }
    : { ...packet, dst: address, dport: Number(port) };
}
