// Runs a cell and records the packets of each step, while the runner thinks itself alone.

import type { Journey } from "@kubehop/netstack";
import { addTracer } from "../cluster/onlookers.ts";
import type { RunningCluster } from "../model/running-cluster.ts";
import type { CellRunEnd, CellRunner, LiveState, StepOutcome } from "../model/outcome.ts";
import type { CellPlan } from "../model/scenario.ts";
import type { StepSpec } from "../model/step-spec.ts";
import { AddressBook } from "./address-book.ts";
import { Background } from "./background.ts";
import { Chronicle } from "./chronicle.ts";
import { StoryMemory } from "./memory.ts";
import { type OwnExchange, ownExchanges } from "./own-requests.ts";

/** What a step left behind, looked at while the cluster stands as the step left it. */
export interface RecordedStep {
  readonly step: StepSpec;
  readonly outcome: StepOutcome;
  readonly live: LiveState;
  readonly cluster: RunningCluster;
  readonly background: Background;
  readonly journeys: readonly Journey[];
  /** The step's own requests. */
  readonly exchanges: readonly OwnExchange[];
}

/** What looks on during one run. */
interface Looking {
  readonly cluster: RunningCluster;
  readonly chronicle: Chronicle;
  readonly book: AddressBook;
  readonly background: Background;
  /** Virtual ms since time 0 before which packets were not recorded. */
  readonly from: number | undefined;
  /** World time at which a step began, by its index. */
  readonly begun: Map<number, number>;
}

/** Runs all steps; `see` gets every recorded one in turn. `from`: virtual ms before which packets need not be recorded. */
export function recordCell(
  plan: CellPlan,
  seed: number,
  run: CellRunner,
  see: (recorded: RecordedStep) => void,
  from?: number,
): CellRunEnd {
  // Tables of flows are asked of other clusters and leave no trace: there is nothing to tell.
  const told = { ...plan, steps: plan.steps.filter(({ action }) => action.kind !== "flows") };
  let looking: Looking | undefined;
  return run(
    told,
    seed,
    (step, outcome, live) => {
      // A runner that shows no cluster has nothing to tell.
      if (looking !== undefined) see(recordedStep(looking, step, outcome, live));
      looking?.chronicle.end();
    },
    (step, cluster) => {
      looking ??= lookOn(cluster, from);
      looking.chronicle.begin();
      looking.begun.set(step.index, cluster.world.now);
    },
  );
}

function lookOn(cluster: RunningCluster, from: number | undefined): Looking {
  const chronicle = new Chronicle(from === undefined ? undefined : cluster.epoch + from);
  const memory = new StoryMemory(cluster, chronicle);
  addTracer(cluster.world, memory);
  const book = new AddressBook(cluster);
  return { cluster, chronicle, book, background: new Background(cluster, memory, book), from, begun: new Map() };
}

function recordedStep(looking: Looking, step: StepSpec, outcome: StepOutcome, live: LiveState): RecordedStep {
  const { cluster, chronicle, book, background, from, begun } = looking;
  book.look();
  const journeys = chronicle.packetsSince(begun.get(step.index) ?? 0);
  return {
    step,
    outcome,
    live,
    cluster,
    background,
    journeys,
    exchanges: ownExchanges(journeys, step.action, outcome, cluster, from),
  };
}
