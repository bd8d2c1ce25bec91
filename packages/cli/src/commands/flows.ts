// `kubehop flows`: a table of flows and who may answer them.
import { type FlowList, FlowsError, formatFlowList, listFlows, type Scenario } from "@kubehop/lab";
import { cellsWith } from "../cells.ts";
import { type Io, UsageError } from "../io.ts";
import { oneScenario } from "../one-scenario.ts";
import { DEFAULT_SEED, parseOptions, wholeNumber } from "../options.ts";
import type { ScenarioFile } from "../scenario-files.ts";

const OPTIONS = {
  cell: { type: "string", multiple: true },
  from: { type: "string", multiple: true },
  to: { type: "string", multiple: true },
  json: { type: "boolean" },
  rules: { type: "string", multiple: true },
  seed: { type: "string" },
} as const;

export function run(args: readonly string[], io: Io): number {
  const { values, positionals } = parseOptions(args, OPTIONS);
  if (values.rules !== undefined)
    throw new UsageError("--rules is not modelled yet", "rules are those that kube-proxy and the CNI write");
  const [file, ...named] = positionals;
  if (file === undefined) throw new UsageError("no file is named", "kubehop flows FILE ['FLOW'…]");
  const flows = [...named, ...pairs(values.from, values.to)];
  const found = oneScenario(file, io);
  if (found === undefined) return 2;
  const { input, scenario } = found;
  const cells = cellsWith(scenario, values.cell ?? []);
  const seed = wholeNumber("seed", values.seed, DEFAULT_SEED);
  const list = listed(scenario, { cells, flows, seed }, input);
  io.stdout(values.json === true ? jsonText(file, seed, list) : formatFlowList(list));
  return 0;
}

type Wanted = Omit<Parameters<typeof listFlows>[1], "readFile">;

function listed(scenario: Scenario, wanted: Wanted, { readFile }: ScenarioFile): FlowList {
  try {
    return listFlows(scenario, { ...wanted, readFile });
  } catch (error) {
    throw error instanceof FlowsError ? new UsageError(error.message) : error;
  }
}

/** Everybody asks everybody: `--from web,client --to svc/x:80,node1:30080`. */
function pairs(from: readonly string[] = [], to: readonly string[] = []): string[] {
  const [askers, asked] = [namesIn(from), namesIn(to)];
  if ((askers.length === 0) !== (asked.length === 0))
    throw new UsageError("--from and --to go together", "--from client,web#1 --to svc/web:80,node1:30080");
  return askers.flatMap((left) => asked.map((right) => `${left} > ${right}`));
}

function namesIn(lists: readonly string[]): string[] {
  return lists.flatMap((list) => list.split(",").map((name) => name.trim())).filter((name) => name !== "");
}

/** Keys are only ever added. */
function jsonText(file: string, seed: number, { found }: FlowList): string {
  const flows = found.flatMap(({ cell, rows }) => rows.map(({ flow, fates }) => ({ cell, flow, fates })));
  return `${JSON.stringify({ version: 1, file, seed, flows }, null, 2)}\n`;
}
