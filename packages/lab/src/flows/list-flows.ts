// `kubehop flows`: the fates of flows at time 0, as a table that a file can expect.

import { Refusal } from "@kubehop/sim";
import type { Cluster } from "../cluster/cluster.ts";
import type { ReadFile } from "../load/context.ts";
import type { CellRunner } from "../model/outcome.ts";
import type { FlowColumn, FlowTable, RowFates } from "../model/flow-table.ts";
import type { Cell, CellPlan, Scenario } from "../model/scenario.ts";
import { plainStep, type SendFlow, sendFlow, type StepSpec } from "../model/step-spec.ts";
import { formatCell } from "../model/cells.ts";
import { parseFlow } from "../schema/notation.ts";
import { cellRunner } from "../steps/run-steps.ts";
import { explore } from "./explore.ts";
import { replayOf } from "./flow-runner.ts";
import { columnOf, REACH_COLUMN } from "./columns.ts";
import { formatTable } from "./format-table.ts";
import { answerText, summarize } from "./summarize.ts";

/** Who asked named something that is not there, or that is no flow. */
export class FlowsError extends Error {
  override readonly name = "FlowsError";
}

export interface FlowListOptions {
  readonly cells: readonly CellPlan[];
  /** Texts of flows; empty: those of the file, in its tables and its steps. */
  readonly flows: readonly string[];
  readonly seed: number;
  /** Files beside the scenario that steps name. */
  readonly readFile: ReadFile;
}

/** What a flow came to in one cell. */
export interface ListedFlow {
  readonly cell: Cell;
  readonly rows: readonly RowFates[];
}

export interface FlowList {
  readonly columns: readonly FlowColumn[];
  readonly found: readonly ListedFlow[];
}

/** Runs nothing of the file: all flows are asked at time 0. @throws FlowsError */
export function listFlows(scenario: Scenario, { cells, flows, seed, readFile }: FlowListOptions): FlowList {
  const wanted = flows.length > 0 ? flows.map(flowOf) : flowsOf(scenario);
  if (wanted.length === 0) throw new FlowsError("the file has no flows: name some, or give --from and --to");
  const run = cellRunner(readFile);
  const found = cells.map((plan) => ({ cell: plan.cell, rows: fatesIn(plan, wanted, seed, run) }));
  return {
    columns: columnsOf(
      scenario,
      cells.map(({ cell }) => cell),
    ),
    found,
  };
}

function flowOf(text: string): SendFlow {
  const parsed = parseFlow(text);
  const flow = typeof parsed === "string" ? parsed : sendFlow(parsed);
  if (typeof flow === "string") throw new FlowsError(flow);
  if (flow.to.port === undefined && flow.protocol !== "icmp")
    throw new FlowsError(`${text}: the flow has no port to go to`);
  return flow;
}

/** Flows of tables first, then those that steps send; each once. */
function flowsOf({ cells }: Scenario): SendFlow[] {
  const steps = cells[0]?.steps ?? [];
  const all = [...tablesOf(steps).flatMap(({ rows }) => rows.map(({ flow }) => flow)), ...steps.flatMap(sentBy)];
  return [...new Map(all.map((flow) => [flow.text, flow])).values()];
}

function tablesOf(steps: readonly StepSpec[]): FlowTable[] {
  return steps.flatMap(({ action }) => (action.kind === "flows" ? [action.table] : []));
}

function sentBy({ action }: StepSpec): SendFlow[] {
  return action.kind === "send" ? [action.flow] : [];
}

function fatesIn(plan: CellPlan, flows: readonly SendFlow[], seed: number, run: CellRunner): RowFates[] {
  const endpoints = tablesOf(plan.steps).flatMap((table) => table.endpoints);
  const replay = replayOf({ ...plan, steps: [nothing(plan)] }, seed, run);
  const checked = (use: (cluster: Cluster) => void): void =>
    replay((cluster) => {
      for (const flow of flows) checkEnds(cluster, flow);
      use(cluster);
    });
  try {
    return explore(checked, { flows, endpoints, settled: plan.bare === undefined });
  } catch (error) {
    if (error instanceof Refusal) throw new FlowsError(`${formatCell(plan.cell)} ${error.message}`.trim());
    throw error;
  }
}

/** A step in which nothing happens. */
function nothing({ steps }: CellPlan): StepSpec {
  const position = steps[0]?.position ?? { file: "", line: 1, col: 1, endCol: 2 };
  const action = { kind: "wait", ms: 0 } as const;
  return plainStep("time 0", 0, position, action);
}

function checkEnds({ places }: Cluster, { text, from, to }: SendFlow): void {
  if (places.find(from.name) === undefined) throw new FlowsError(`${text}: there is no place ${from.name}`);
  if (places.address(to.name) === undefined) throw new FlowsError(`${text}: there is no address for ${to.name}`);
}

/** The axis the file's own table has, else the last one that has several values here; without any, one column for all. */
function columnsOf({ cells }: Scenario, chosen: readonly Cell[]): FlowColumn[] {
  const axes = Object.keys(chosen[0] ?? {});
  const values = (axis: string): string[] => [...new Set(chosen.map((cell) => cell[axis] ?? ""))];
  const own = tablesOf(cells[0]?.steps ?? []).flatMap(({ columns }) => columns[0]?.axis ?? []);
  const axis = own[0] ?? axes.findLast((name) => values(name).length > 1);
  if (axis === undefined || values(axis).length < 2) return [{ text: REACH_COLUMN, axis: undefined, cells: undefined }];
  return values(axis).map((text) => columnOf(text, axis, chosen));
}

/** The table; where cells of a column differ, with exceptions. Ends in a newline. */
export function formatFlowList({ columns, found }: FlowList): string {
  const flows = found[0]?.rows.map(({ flow }) => flow) ?? [];
  const rows = flows.map((flow, row) =>
    summarize(
      flow,
      columns,
      found.map(({ cell, rows: fates }) => ({ cell, text: textAt(fates, row) })),
    ),
  );
  return `${formatTable(
    columns.map(({ text }) => text),
    rows,
  )}\n`;
}

function textAt(fates: readonly RowFates[], row: number): string | undefined {
  const found = fates[row];
  return found === undefined ? undefined : answerText(found);
}
