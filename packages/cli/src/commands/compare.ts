// `kubehop compare`: two runs, request by request.
import { renderDiagnostics } from "@kubehop/kube";
import {
  applyMutation,
  type Cell,
  cellRunner,
  type CellPlan,
  type ComparedRun,
  compareRuns,
  ExplainError,
  flowPlan,
  formatCell,
  formatComparison,
  loadScenario,
  type Scenario,
} from "@kubehop/lab";
import { compareOptions, type SideOptions } from "../compare-options.ts";
import { type Io, UsageError } from "../io.ts";
import { DEFAULT_SEED, wholeNumber } from "../options.ts";
import { findScenarios, type ScenarioFile } from "../scenario-files.ts";

export function run(args: readonly string[], io: Io): number {
  const { files, flow, sides, seed: text, json } = compareOptions(args);
  const seed = wholeNumber("seed", text, DEFAULT_SEED);
  const [nameA = "", nameB = nameA] = files;
  const [a, b] = [loadSide(nameA, sides[0], io), loadSide(nameB, sides[1], io)];
  if (a === undefined || b === undefined) return 2;
  const comparisons = pairs(a, b).map(([one, other]) => compareRuns(told(one, flow), told(other, flow), seed));
  if (json) io.stdout(`${JSON.stringify({ version: 1, seed, comparisons }, null, 2)}\n`);
  else io.stdout(comparisons.map(formatComparison).join("\n"));
  if (comparisons.every(({ requests }) => requests.length === 0))
    throw new UsageError("no step makes a request", "name a flow: 'client > node1:30080'");
  return comparisons.some(({ requests }) => requests.some(({ differs }) => differs)) ? 1 : 0;
}

/** The cells of one side, by what is left of them when the options are taken away. */
type Side = ReadonlyMap<string, ComparedRun>;

/** Undefined: the file cannot be read, which has been said. */
function loadSide(name: string, options: SideOptions, io: Io): Side | undefined {
  const [input] = findScenarios([name], io).scenarios;
  if (input === undefined) throw new UsageError(`${name}: no scenario`);
  const written = loadScenario(input.file, input.text, input.readFile);
  const { edits, cell } = asCells(options, written.ok ? written.scenario : undefined);
  const loaded = edits.size === 0 ? written : loadScenario(input.file, edited(input, edits), input.readFile);
  if (loaded.ok) return sideOf(input, loaded.scenario, { edits, cell });
  io.stdout(`${renderDiagnostics(loaded.diagnostics, loaded.sources)}\n`);
  return undefined;
}

/** A version that the file draws from its matrix is chosen there. */
function asCells({ edits, cell }: SideOptions, scenario: Scenario | undefined): SideOptions {
  const version = edits.get("cluster.kubernetes");
  if (version === undefined || !Object.hasOwn(scenario?.cells[0]?.cell ?? {}, "kubernetes")) return { edits, cell };
  const rest = new Map([...edits].filter(([path]) => path !== "cluster.kubernetes"));
  return { edits: rest, cell: new Map([...cell, ["kubernetes", version]]) };
}

function edited({ text }: ScenarioFile, edits: SideOptions["edits"]): string {
  return [...edits].reduce((now, [path, value]) => applyMutation(now, { path, value }), text);
}

function sideOf({ file, readFile }: ScenarioFile, { cells }: Scenario, { edits, cell }: SideOptions): Side {
  const chosen = cells.filter((plan) => [...cell].every(([name, value]) => plan.cell[name] === value));
  if (chosen.length === 0) {
    const known = cells.map((plan) => formatCell(plan.cell)).filter((text) => text !== "");
    const wanted = [...cell].map(([name, value]) => `${name}=${value}`).join(" ");
    throw new UsageError(
      `${file}: no cell has ${wanted}`,
      known.length === 0 ? "the file has no matrix" : `cells: ${known.slice(0, 12).join(" ")}`,
    );
  }
  const changes = [...edits].map(([path, value]) => ` ${path}=${value}`).join("");
  return new Map(
    chosen.map((plan) => [
      formatCell(without(plan.cell, cell)),
      { label: `${file}${spaced(formatCell(plan.cell))}${changes}`, plan, run: cellRunner(readFile) },
    ]),
  );
}

function without(cell: Cell, names: ReadonlyMap<string, string>): Cell {
  return Object.fromEntries(Object.entries(cell).filter(([name]) => !names.has(name)));
}

function spaced(text: string): string {
  return text === "" ? "" : ` ${text}`;
}

/** Cells that have the same values but for what tells the sides apart; two that stand alone belong together. */
function pairs(a: Side, b: Side): [ComparedRun, ComparedRun][] {
  const [onlyA, ...moreA] = a.values();
  const [onlyB, ...moreB] = b.values();
  if (onlyA !== undefined && onlyB !== undefined && moreA.length + moreB.length === 0) return [[onlyA, onlyB]];
  const found = [...a].flatMap(([key, one]): [ComparedRun, ComparedRun][] => {
    const other = b.get(key);
    return other === undefined ? [] : [[one, other]];
  });
  if (found.length === 0) throw new UsageError("no cell of the one is a cell of the other", "choose with --cell");
  return found;
}

function told(side: ComparedRun, flow: string | undefined): ComparedRun {
  return flow === undefined ? side : { ...side, plan: planOf(side.plan, flow) };
}

function planOf(plan: CellPlan, flow: string): CellPlan {
  try {
    return flowPlan(plan, flow);
  } catch (error) {
    throw error instanceof ExplainError ? new UsageError(error.message) : error;
  }
}
