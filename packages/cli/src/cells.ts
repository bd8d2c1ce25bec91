// `--cell NAME=VALUE`: which cells of the matrix are meant.
import { type Cell, type CellPlan, formatCell, type Scenario } from "@kubehop/lab";
import { didYouMean } from "@kubehop/kube";
import { UsageError } from "./io.ts";

/** Cells that have all the given values, at least one. @throws UsageError for names and values the matrix does not have */
export function cellsWith(scenario: Scenario, wanted: readonly string[]): readonly [CellPlan, ...CellPlan[]] {
  const pairs = wanted.map((pair) => readPair(pair, scenario.cells[0]?.cell ?? {}));
  const [first, ...rest] = scenario.cells.filter(({ cell }) => pairs.every(([name, value]) => cell[name] === value));
  if (first !== undefined) return [first, ...rest];
  const known = scenario.cells.map(({ cell }) => formatCell(cell)).slice(0, 12);
  throw new UsageError(`no cell has ${wanted.join(" ")}`, `cells: ${known.join(" ")}`);
}

function readPair(pair: string, cell: Cell): [string, string] {
  const at = pair.indexOf("=");
  if (at < 1) throw new UsageError(`--cell wants NAME=VALUE, found ${JSON.stringify(pair)}`);
  const name = pair.slice(0, at);
  if (!Object.hasOwn(cell, name)) {
    const names = Object.keys(cell);
    throw new UsageError(
      `${JSON.stringify(name)} is not a name of the matrix`,
      didYouMean(name, names) ?? (names.length === 0 ? "the file has no matrix" : `matrix has: ${names.join(", ")}`),
    );
  }
  return [name, pair.slice(at + 1)];
}
