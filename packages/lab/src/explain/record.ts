// Runs a cell and records the packets of each step, while the runner thinks itself alone.

import { JourneyRecorder } from "@kubehop/netstack";
import type { Journey } from "@kubehop/netstack";
import { addTracer } from "../cluster/onlookers.ts";
import type { RunningCluster } from "../model/running-cluster.ts";
import type { CellRunEnd, CellRunner, LiveState, StepOutcome } from "../model/outcome.ts";
import type { CellPlan } from "../model/scenario.ts";
import type { StepSpec } from "../model/step-spec.ts";
import { Background, RuleMemory } from "./background.ts";
import { findExchanges } from "./find-flow.ts";
import type { Exchange, Wanted } from "./find-flow.ts";

/** Packets recorded per step: steps that repeat a request thousands of times are told by their first ones. */
const PACKETS_PER_STEP = 2000;

/** What a step left behind, looked at while the cluster stands as the step left it. */
export interface RecordedStep {
  readonly step: StepSpec;
  readonly outcome: StepOutcome;
  readonly live: LiveState;
  readonly background: Background;
  readonly journeys: readonly Journey[];
  readonly exchanges: readonly Exchange[];
}

/** Runs all steps; `see` gets every recorded one in turn. */
export function recordCell(
  plan: CellPlan,
  seed: number,
  run: CellRunner,
  see: (recorded: RecordedStep) => void,
): CellRunEnd {
  // Tables of flows are asked of other clusters and leave no trace: there is nothing to tell.
  const told = { ...plan, steps: plan.steps.filter(({ action }) => action.kind !== "flows") };
  // Steps may overlap: each has a recorder of its own.
  const open = new Map<number, Recording>();
  return run(
    told,
    seed,
    (step, outcome, live) => {
      const recording = open.get(step.index);
      // A runner that shows no cluster has nothing to tell.
      if (recording === undefined) return;
      open.delete(step.index);
      const { cluster, memory, recorder, stop } = recording;
      stop();
      const journeys = recorder.packets();
      see({
        step,
        outcome,
        live,
        background: new Background(cluster, memory),
        journeys,
        exchanges: findExchanges(journeys, wantedOf(step, cluster)),
      });
    },
    (step, cluster) => {
      const recorder = new JourneyRecorder(PACKETS_PER_STEP);
      const memory = new RuleMemory(cluster, recorder);
      open.set(step.index, { cluster, recorder, memory, stop: addTracer(cluster.world, memory) });
    },
  );
}

interface Recording {
  readonly cluster: RunningCluster;
  readonly recorder: JourneyRecorder;
  readonly memory: RuleMemory;
  readonly stop: () => void;
}

/** What the request of a step looks like. */
function wantedOf({ action }: StepSpec, cluster: RunningCluster): Wanted {
  if (action.kind === "wait" || action.kind === "fault" || action.kind === "flows") return {};
  const flow = action.kind === "send" ? action.flow : action.kind === "race" ? action.flows[0] : undefined;
  const place = cluster.places.find(flow?.from.name ?? ("in" in action ? action.in : ""));
  return {
    ...(flow === undefined ? {} : { protocol: flow.protocol }),
    // At the admin's desk kubectl sends others on their way.
    ...(place === undefined || place.kind === "admin" ? {} : { from: place.ns.name }),
  };
}
