// `kubehop fix`: single changes that were tried and repair what a scenario shows.
import { type CellPlan, cellRunner, findFixes, type FixSearch, formatCell, type Scenario } from "@kubehop/lab";
import { type Io, UsageError } from "../io.ts";
import { oneScenario } from "../one-scenario.ts";
import { DEFAULT_SEED, parseOptions, wholeNumber } from "../options.ts";
import type { ScenarioFile } from "../scenario-files.ts";
import { chooseCell, stepId } from "./explain.ts";

const OPTIONS = {
  cell: { type: "string", multiple: true },
  step: { type: "string" },
  seed: { type: "string" },
  replays: { type: "string" },
  json: { type: "boolean" },
} as const;

/** How often a run may be repeated unless --replays says otherwise. */
const REPLAYS = 120;

export function run(args: readonly string[], io: Io): number {
  const { values, positionals } = parseOptions(args, OPTIONS);
  const found = oneScenario(theFile(positionals), io);
  if (found === undefined) return 2;
  const { input, scenario } = found;
  const seed = wholeNumber("seed", values.seed, DEFAULT_SEED);
  const plan = values.cell === undefined ? brokenCell(scenario) : chooseCell(scenario, values.cell, io);
  const step = values.step === undefined ? undefined : stepId(plan, values.step);
  if (step !== undefined && !plan.steps.some(({ id }) => id === step)) throw new UsageError(`there is no step ${step}`);
  const replays = wholeNumber("replays", values.replays, REPLAYS);
  const search = findFixes(plan, input, { seed, run: cellRunner(input.readFile), step, replays });
  io.stdout(values.json === true ? asJson(input, plan, search, seed) : asText(input, plan, search));
  return search.failing !== undefined && search.fixes.length === 0 ? 1 : 0;
}

function theFile([file, ...more]: readonly string[]): string {
  if (file === undefined || more.length > 0)
    throw new UsageError(file === undefined ? "no file is named" : "one file at a time", "kubehop fix FILE");
  return file;
}

/** The first cell that shows the bug, in a file without a bug the first one. */
function brokenCell({ cells, file }: Scenario): CellPlan {
  const plan = cells.find(({ half }) => half === "broken") ?? cells[0];
  if (plan === undefined) throw new UsageError(`${file}: no cell`);
  return plan;
}

function asText({ file }: ScenarioFile, { cell, steps }: CellPlan, search: FixSearch): string {
  const { failing, failures, fixes } = search;
  const name = [file, formatCell(cell)].filter((part) => part !== "").join(" ");
  if (failing === undefined) {
    const tables = steps.some(({ action }) => action.kind === "flows");
    return `${name}  nothing to repair: all expectations ${tables ? "outside of tables of flows " : ""}hold\n`;
  }
  const lines = [
    `${name}  ${failing.id}`,
    ...failures.map(({ position, message }) => `  ${position.file}:${position.line}:${position.col}  ${message}`),
    ...fixes.map((fix) => `  would fix ${fix.text}   (tried: ${fix.tried})`),
    `  ${sayTried(search)}`,
  ];
  return `${lines.join("\n")}\n`;
}

/** A search that finds nothing says where it has looked: what is of no kind named was not tried. */
function sayTried({ fixes, tried, kinds, candidates }: FixSearch): string {
  const rest = candidates > tried ? ` of ${candidates}` : "";
  if (fixes.length > 0) return `${fixes.length} shown; ${tried}${rest} tried`;
  if (tried === 0) return "no change was found that could be tried";
  return `none repairs it: ${tried}${rest} ${tried === 1 ? "change" : "changes"} tried (${kinds})`;
}

function asJson({ file }: ScenarioFile, { cell }: CellPlan, search: FixSearch, seed: number): string {
  const { failing, fixes, tried, kinds, candidates, replays } = search;
  const step = failing === undefined ? {} : { step: failing.id };
  return `${JSON.stringify({ version: 1, seed, file, cell, ...step, fixes, tried, kinds, candidates, replays }, null, 2)}\n`;
}
