// Steps that are tables of flows: a runner that knows them, around one that does not. The cluster of the run only stands still for them;
// what they ask is asked of replays up to the same moment.

import { Cluster } from "../cluster/cluster.ts";
import type { CellRunner } from "../model/outcome.ts";
import type { RowFates } from "../model/flow-table.ts";
import type { CellPlan } from "../model/scenario.ts";
import type { FlowsAction, SendFlow, StepSpec } from "../model/step-spec.ts";
import { explore, type Replay } from "./explore.ts";

export type FlowsStep = StepSpec & { readonly action: FlowsAction };

function isFlows(step: StepSpec): step is FlowsStep {
  return step.action.kind === "flows";
}

/** `run`: runs all other steps, with whoever looks on; `replays`: the same with nobody looking on. */
export function withFlows(run: CellRunner, replays: CellRunner): CellRunner {
  return (plan, seed, onStep, onBegin) => {
    const tables = tablesOf(plan);
    if (tables.size === 0) return run(plan, seed, onStep, onBegin);
    return run(
      withoutTables(plan),
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

/** By the step's index. */
export function tablesOf({ steps }: CellPlan): ReadonlyMap<number, FlowsStep> {
  return new Map(steps.filter(isFlows).map((step) => [step.index, step]));
}

/** Where a table stands nothing happens. */
export function withoutTables(plan: CellPlan): CellPlan {
  return { ...plan, steps: plan.steps.map((step) => (isFlows(step) ? standStill(step) : step)) };
}

function standStill(step: FlowsStep): StepSpec {
  return { ...step, action: { kind: "wait", ms: 0 } };
}

/** Rows that are not looked at in this cell have no fates. */
function fatesAt(plan: CellPlan, seed: number, step: FlowsStep, run: CellRunner): RowFates[] {
  const { table } = step.action;
  const before = plan.steps.slice(0, plan.steps.indexOf(step)).filter((one) => !isFlows(one));
  const settled = plan.bare === undefined && before.length === 0 && step.at === undefined;
  const found = explore(replayOf({ ...plan, steps: [...before, standStill(step)] }, seed, run), {
    flows: flowsLookedAt(step),
    endpoints: table.endpoints,
    settled,
  });
  const byFlow = new Map(found.map((row) => [row.flow, row]));
  return table.rows.map(({ flow }) => byFlow.get(flow.text) ?? { flow: flow.text, fates: [] });
}

/** Of the rows that say something in this cell. */
export function flowsLookedAt({ action, expect }: FlowsStep): SendFlow[] {
  const rows = new Set(expect.checks.flatMap((check) => (check.kind === "fate" ? [check.row] : [])));
  return action.table.rows.filter((_, row) => rows.has(row)).map(({ flow }) => flow);
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
