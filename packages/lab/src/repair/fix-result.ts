// What would repair the failing cases of a file, for its report.

import type { KubeObject } from "@kubehop/kube";
import { loadScenario } from "../load/load-scenario.ts";
import type { CellResult, CellRunner, FileResult } from "../model/outcome.ts";
import type { CellPlan } from "../model/scenario.ts";
import type { ScenarioSource } from "./apply.ts";
import { findFixes } from "./search.ts";

/** Replays of all failing cases of a file together, when each is as cheap as can be. */
const REPLAYS = 20;
/** A plan that is heavier than this (see `weightOf`) gets fewer replays in proportion: about two seconds are what a report may cost. */
const USUAL_WEIGHT = 80;

/** The result with `fixes` at cases that failed. A cell that was to show a bug and does not is no case for a repair. */
export function withFixes(result: FileResult, source: ScenarioSource, seed: number, run: CellRunner): FileResult {
  if (result.cells.every(({ status }) => status !== "failed")) return result;
  const loaded = loadScenario(source.file, source.text, source.readFile);
  if (!loaded.ok) return result;
  const budget = new Budget();
  const { cells: plans } = loaded.scenario;
  // Cases of a file stand in the order of its cells; mutations come behind them.
  const cells = result.cells.map((cell, index) => fixCase(cell, plans[index], source, { seed, run, budget }));
  return { ...result, cells };
}

interface FixCaseOptions {
  readonly seed: number;
  readonly run: CellRunner;
  readonly budget: Budget;
}

function fixCase(
  cell: CellResult,
  plan: CellPlan | undefined,
  source: ScenarioSource,
  { seed, run, budget }: FixCaseOptions,
): CellResult {
  if (cell.status !== "failed" || plan === undefined || plan.half === "broken") return cell;
  const weight = weightOf(plan, cell);
  const replays = budget.replaysOf(weight);
  if (replays < 2) return cell;
  const { fixes, replays: used } = findFixes(plan, source, { seed, run, replays });
  budget.spend(weight, used);
  return { ...cell, fixes };
}

/** Time is not asked: the same file gets the same answers on every machine. */
class Budget {
  #left = REPLAYS * USUAL_WEIGHT;

  replaysOf(weight: number): number {
    return Math.floor(this.#left / weight);
  }

  spend(weight: number, replays: number): void {
    this.#left -= replays * weight;
  }
}

/** What a run costs, roughly: machines and objects to set up, and requests. Never less than usual. */
function weightOf({ cluster, objects }: CellPlan, { steps }: CellResult): number {
  const pods = objects.reduce((sum, { object }) => sum + replicasOf(object), 0);
  const requests = steps.reduce((sum, { outcome }) => sum + outcome.flows.length, 0);
  return Math.max(USUAL_WEIGHT, 8 * cluster.nodes.length + 4 * cluster.hosts.length + 2 * pods + requests / 2);
}

function replicasOf(object: KubeObject): number {
  const spec = "spec" in object ? object.spec : undefined;
  const replicas = typeof spec === "object" && spec !== null && "replicas" in spec ? spec.replicas : 1;
  return typeof replicas === "number" ? replicas : 1;
}
