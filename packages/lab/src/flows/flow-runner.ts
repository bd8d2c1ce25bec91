// Steps that are tables of flows: a runner that knows them, around one that does not. The cluster of the run only stands still for them;
// what they ask is asked of replays up to the same moment.

import { Cluster } from "../cluster/cluster.ts";
import type { CellRunner } from "../model/outcome.ts";
import type { RowFates } from "../model/flow-table.ts";
import type { CellPlan } from "../model/scenario.ts";
import type { FlowsAction, StepSpec } from "../model/step-spec.ts";
import { explore, type Replay } from "./explore.ts";

type FlowsStep = StepSpec & { readonly action: FlowsAction };

function isFlows(step: StepSpec): step is FlowsStep {
  return step.action.kind === "flows";
}

/** `run`: runs all other steps, with whoever looks on; `replays`: the same with nobody looking on. */
export function withFlows(run: CellRunner, replays: CellRunner): CellRunner {
  return (plan, seed, onStep, onBegin) => {
    const tables = new Map(plan.steps.filter(isFlows).map((step) => [step.index, step]));
    if (tables.size === 0) return run(plan, seed, onStep, onBegin);
    return run(
      { ...plan, steps: plan.steps.map((step) => (isFlows(step) ? standStill(step) : step)) },
      seed,
      (step, outcome, live) => {
        const table = tables.get(step.index);
        if (table === undefined) return onStep(step, outcome, live);
        return onStep(table, { ...outcome, fates: fatesAt(plan, seed, table, replays) }, live);
      },
      onBegin === undefined ? undefined : (step, cluster) => onBegin(tables.get(step.index) ?? step, cluster),
    );
  };
}

function standStill(step: FlowsStep): StepSpec {
  return { ...step, action: { kind: "wait", ms: 0 } };
}

/** Rows that are not looked at in this cell have no fates. */
function fatesAt(plan: CellPlan, seed: number, step: FlowsStep, run: CellRunner): RowFates[] {
  const { table } = step.action;
  const wanted = lookedAt(step);
  const before = plan.steps.slice(0, plan.steps.indexOf(step)).filter((one) => !isFlows(one));
  const settled = plan.bare === undefined && before.length === 0 && step.at === undefined;
  const found = explore(replayOf({ ...plan, steps: [...before, standStill(step)] }, seed, run), {
    flows: table.rows.filter((_, row) => wanted.has(row)).map(({ flow }) => flow),
    endpoints: table.endpoints,
    settled,
  });
  const byFlow = new Map(found.map((row) => [row.flow, row]));
  return table.rows.map(({ flow }) => byFlow.get(flow.text) ?? { flow: flow.text, fates: [] });
}

function lookedAt({ expect }: StepSpec): Set<number> {
  return new Set(expect.checks.flatMap((check) => (check.kind === "fate" ? [check.row] : [])));
}

/** What stands when the last step of the plan has ended; the run goes no further. */
export function replayOf(plan: CellPlan, seed: number, run: CellRunner): Replay {
  const last = plan.steps.at(-1);
  return (use) => {
    let running: unknown;
    let used = false;
    try {
      run(
        plan,
        seed,
        (step) => {
          if (step.index !== last?.index) return;
          if (!(running instanceof Cluster)) throw new Error("the runner shows no cluster");
          used = true;
          use(running);
          throw new Enough();
        },
        (_step, cluster) => void (running = cluster),
      );
    } catch (error) {
      if (!(error instanceof Enough)) throw error;
    }
    if (!used) throw new Error("a replay did not come as far as the run");
  };
}

/** The replay has served. */
class Enough extends Error {
  override readonly name = "Enough";
}
