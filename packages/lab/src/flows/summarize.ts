// What all cells of a matrix gave → the fields of a row: in a column what most of its cells gave, the others as exceptions.

import { type FlowColumn, isColumnOf, type RowFates } from "../model/flow-table.ts";
import type { Cell } from "../model/scenario.ts";
import type { TextRow } from "./format-table.ts";
import { NOT_LOOKED_AT } from "./read-answer.ts";

/** What a flow came to in a cell; undefined: it was not looked at there. */
export interface CellAnswer {
  readonly cell: Cell;
  readonly text: string | undefined;
}

export function answerText({ fates }: RowFates): string {
  return fates.map(({ text }) => text).join(" ");
}

/** `before`: what stood in the columns; it stays where some cell still gives it. */
export function summarize(
  flow: string,
  columns: readonly FlowColumn[],
  found: readonly CellAnswer[],
  before: readonly string[] = [],
): TextRow {
  const parts = columns.map((column, at) => {
    const here = found.filter(({ cell }) => isColumnOf(column, cell));
    const texts = here.map(fieldText);
    const usual = texts.find((text) => text === before[at]) ?? mostFrequent(texts);
    const others = here.filter((one) => fieldText(one) !== usual);
    return { usual, exceptions: others.map((one) => `${Object.values(one.cell).join(" ")}: ${fieldText(one)}`) };
  });
  const except = parts.flatMap(({ exceptions }) => exceptions).join("; ");
  return { flow, answers: parts.map(({ usual }) => usual), except };
}

function fieldText({ text }: CellAnswer): string {
  return text ?? NOT_LOOKED_AT;
}

/** Of equally frequent ones the last: axes of releases end with the newest. */
function mostFrequent(texts: readonly string[]): string {
  const count = (wanted: string): number => texts.filter((text) => text === wanted).length;
  return texts.toReversed().toSorted((a, b) => count(b) - count(a))[0] ?? NOT_LOOKED_AT;
}
