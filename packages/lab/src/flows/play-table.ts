// Tables of flows for somebody who repeats a run on another kernel: nothing is explored, every flow is asked of the running cluster
// itself, with each combination of random choices, one request after the other.

import { Choices } from "../cluster/choices.ts";
import { Cluster } from "../cluster/cluster.ts";
import { servedFor } from "../cluster/served.ts";
import type { CellRunner } from "../model/outcome.ts";
import type { RunObserver } from "../model/run-observer.ts";
import type { SendFlow } from "../model/step-spec.ts";
import { flowsLookedAt, tablesOf, withoutTables } from "./flow-runner.ts";
import { askFlow } from "./try-flow.ts";

/** `run`: runs all other steps, with the same observer looking on. Time passes in the tables, and connections stay behind. */
export function withPlayedTables(run: CellRunner, observer: RunObserver): CellRunner {
  return (plan, seed, onStep, onBegin) => {
    const tables = tablesOf(plan);
    let running: unknown;
    return run(
      withoutTables(plan),
      seed,
      (step, outcome, live) => {
        const table = tables.get(step.index);
        if (table !== undefined && running instanceof Cluster)
          for (const flow of flowsLookedAt(table)) playFlow(running, flow, observer);
        onStep(table ?? step, outcome, live);
      },
      (step, cluster) => {
        running = cluster;
        onBegin?.(tables.get(step.index) ?? step, cluster);
      },
    );
  };
}

/** A source port that the flow fixes is in use after the first request: another choice would not be asked for. */
function playFlow(cluster: Cluster, flow: SendFlow, observer: RunObserver): void {
  let choices: Choices | undefined = new Choices();
  while (choices !== undefined) {
    playOnce(cluster, flow, choices, observer);
    choices = flow.from.port === undefined ? choices.next() : undefined;
  }
}

function playOnce(cluster: Cluster, flow: SendFlow, choices: Choices, observer: RunObserver): void {
  const startedAt = cluster.now;
  const before = cluster.served.length;
  const token = observer.starting(false);
  const release = choices.force(cluster);
  const { ns, client } = askFlow(cluster, flow);
  release();
  const served = servedFor(cluster.served, before, client);
  observer.request({ ns: ns.name, client, served, startedAt, endedAt: cluster.now }, token);
  cluster.settle();
}
