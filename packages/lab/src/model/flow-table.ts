// A table of flows and who may answer them, as the file says it and as it holds in one cell of the matrix.

import type { SourcePosition } from "@kubehop/kube";
import type { Cell } from "./scenario.ts";
import type { SendFlow } from "./step-spec.ts";

export interface FlowTable {
  /** Of the `|` its text begins with. */
  readonly position: SourcePosition;
  readonly columns: readonly FlowColumn[];
  /** The table has a last column for exceptions. */
  readonly hasExcept: boolean;
  readonly rows: readonly FlowRow[];
  /** Endpoints that answers name, in the order they are first named: who answers is told by these names. */
  readonly endpoints: readonly string[];
}

/** Cells of the matrix: those with one value of one axis, those of a half (`broken`, `fixed`), or all of them (`reach`). */
export interface FlowColumn {
  readonly text: string;
  /** Undefined: a half, or all. */
  readonly axis: string | undefined;
  /** Undefined: all. */
  readonly cells: readonly Cell[] | undefined;
}

export interface FlowRow {
  readonly flow: SendFlow;
  readonly position: SourcePosition;
  /** One per column. */
  readonly answers: readonly Answer[];
  readonly exceptions: readonly Exception[];
}

/** What one field says: every fate it names must be possible, and no other. */
export interface Answer {
  readonly position: SourcePosition;
  /** `L`, `R*` (masqueraded), `drop`, `refused` …; undefined: not looked at. */
  readonly fates: readonly string[] | undefined;
}

/** Another answer in the cells that have all these values. */
export interface Exception {
  readonly when: Cell;
  /** As written: `1.19 Local`. */
  readonly text: string;
  readonly answer: Answer;
}

/** What became of the flow in one combination of random choices, or in several that came to the same. */
export interface Fate {
  /** Written as in a table. */
  readonly text: string;
  /** What decided it: rules that translated or refused the packet, and what else there is to say; for reports. */
  readonly because: readonly string[];
}

/** All fates of a row's flow that chance allows. */
export interface RowFates {
  readonly flow: string;
  /** In the order they were found; none twice. */
  readonly fates: readonly Fate[];
}

/** The answer that counts in a cell: that of the exception which has its values, else that of its column. */
export function answerIn({ columns }: FlowTable, { answers, exceptions }: FlowRow, cell: Cell): Answer | undefined {
  const exception = exceptions.find(({ when }) => hasValues(cell, when));
  const column = columns.findIndex((one) => isColumnOf(one, cell));
  return exception?.answer ?? answers[column];
}

/** True when a cell of the matrix is one of a column's. */
export function isColumnOf({ cells }: FlowColumn, cell: Cell): boolean {
  return cells === undefined || cells.some((one) => hasValues(one, cell));
}

/** True when the cell has all these values. */
export function hasValues(cell: Cell, values: Cell): boolean {
  return Object.entries(values).every(([name, value]) => cell[name] === value);
}
