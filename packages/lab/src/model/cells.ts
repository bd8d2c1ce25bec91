// Cells by the values of the matrix they stand for.
import type { Cell, CellPlan, Scenario } from "./scenario.ts";

/** `[a=x b=y]`; empty for a file without matrix. */
export function formatCell(cell: Cell): string {
  const pairs = Object.entries(cell).map(([name, value]) => `${name}=${value}`);
  return pairs.length === 0 ? "" : `[${pairs.join(" ")}]`;
}

/** The first cell that has these values (names left out may be anything), or why there is none. */
export function chosenCell({ cells }: Pick<Scenario, "cells">, wanted: Cell): CellPlan | string {
  const found = cells.find(({ cell }) => Object.entries(wanted).every(([name, value]) => cell[name] === value));
  if (found !== undefined) return found;
  const known = cells.map(({ cell }) => formatCell(cell)).filter((text) => text !== "");
  return `no cell ${formatCell(wanted)}: ${known.length === 0 ? "the file has no matrix" : `there are ${known.join(" ")}`}`;
}
