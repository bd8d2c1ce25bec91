// The head of a table: which axis of the matrix its columns are values of, or whether they are the halves of a bug.

import { didYouMean } from "@kubehop/kube";
import type { ExpectContext } from "../load/expectation.ts";
import type { FlowColumn } from "../model/flow-table.ts";
import type { Cell } from "../model/scenario.ts";
import type { Field, Line } from "./scan-table.ts";

export const FLOW_COLUMN = "flow";
export const EXCEPT_COLUMN = "except";
/** The one column of a table that says the same in all cells. */
export const REACH_COLUMN = "reach";

export interface Head {
  readonly columns: readonly FlowColumn[];
  readonly hasExcept: boolean;
}

/** The columns of a file with a bug: cells in which it shows, and the others. */
const HALF_COLUMNS: readonly string[] = ["broken", "fixed"];

/** Axis → its values. */
export type Axes = ReadonlyMap<string, readonly string[]>;

export function axesOf(cells: readonly Cell[]): Axes {
  const names = Object.keys(cells[0] ?? {});
  return new Map(names.map((name) => [name, [...new Set(cells.map((cell) => cell[name] ?? ""))]]));
}

/** Undefined: the head has mistakes, which are reported; without it no row can be read. */
export function readHead(ec: ExpectContext, { fields, position }: Line, axes: Axes): Head | undefined {
  const { context } = ec;
  const [first, ...rest] = fields;
  if (first?.text !== FLOW_COLUMN) {
    context.reportAt(first?.position ?? position, `a table of flows begins with the column ${FLOW_COLUMN}`, {
      hint: `write | ${FLOW_COLUMN} | ${REACH_COLUMN} | as its first line`,
    });
    return undefined;
  }
  const hasExcept = rest.at(-1)?.text === EXCEPT_COLUMN;
  const named = hasExcept ? rest.slice(0, -1) : rest;
  if (named.length === 0 || hasTwins(ec, named)) {
    if (named.length === 0)
      context.reportAt(position, "the table has no column for answers", { hint: columnHint(axes) });
    return undefined;
  }
  if (named.length === 1 && named[0]?.text === REACH_COLUMN)
    return { columns: [{ text: REACH_COLUMN, axis: undefined, cells: undefined }], hasExcept };
  const halves = halfColumns(ec, named);
  if (halves !== undefined) return { columns: halves, hasExcept };
  const axis = axisOf(ec, named, axes);
  return axis === undefined
    ? undefined
    : { columns: named.map(({ text }) => columnOf(text, axis, ec.cells)), hasExcept };
}

export function columnOf(text: string, axis: string, cells: readonly Cell[]): FlowColumn {
  return { text, axis, cells: cells.filter((cell) => cell[axis] === text) };
}

/** Undefined: these are no halves. */
function halfColumns({ cells, isBroken }: ExpectContext, fields: readonly Field[]): FlowColumn[] | undefined {
  const names = fields.map(({ text }) => text);
  if (isBroken === undefined || names.toSorted().join(" ") !== HALF_COLUMNS.join(" ")) return undefined;
  return names.map((text) => ({
    text,
    axis: undefined,
    cells: cells.filter((cell) => isBroken(cell) === (text === "broken")),
  }));
}

function hasTwins({ context }: ExpectContext, fields: readonly Field[]): boolean {
  const twins = fields.filter(({ text }, index) => fields.findIndex((one) => one.text === text) < index);
  for (const { text, position } of twins)
    context.reportAt(position, `two columns are named ${JSON.stringify(text)}`, { code: "conflict" });
  return twins.length > 0;
}

/** For a name that is nearly one of those every table may have. */
function slipHint(text: string): string | undefined {
  return text === REACH_COLUMN ? undefined : didYouMean(text, [REACH_COLUMN, EXCEPT_COLUMN]);
}

/** The axis that has most of the names; names it lacks and values that have no column are mistakes. */
function axisOf({ context }: ExpectContext, fields: readonly Field[], axes: Axes): string | undefined {
  const known = (values: readonly string[]): number => fields.filter(({ text }) => values.includes(text)).length;
  const most = Math.max(0, ...[...axes.values()].map(known));
  const [first, second] = [...axes].filter(([, values]) => most > 0 && known(values) === most);
  const [head] = fields;
  if (head === undefined) return undefined;
  const slip = fields.find(({ text }) => slipHint(text) !== undefined);
  if (first === undefined && slip !== undefined) {
    const message = `no column is named ${JSON.stringify(slip.text)}`;
    context.reportAt(slip.position, message, { code: "unresolved", hint: slipHint(slip.text) });
    return undefined;
  }
  if (first === undefined) {
    context.reportAt(head.position, `no axis of the matrix has the value ${JSON.stringify(head.text)}`, {
      code: "unresolved",
      hint: columnHint(axes),
    });
    return undefined;
  }
  const [axis, values] = first;
  if (second !== undefined) {
    context.reportAt(head.position, `these columns are values of matrix.${axis} and of matrix.${second[0]}`, {
      code: "conflict",
    });
    return undefined;
  }
  const strangers = fields.filter(({ text }) => !values.includes(text));
  for (const { text, position } of strangers)
    context.reportAt(position, `${JSON.stringify(text)} is not a value of matrix.${axis}`, {
      code: "unresolved",
      hint: didYouMean(text, values) ?? `values: ${values.join(", ")}`,
    });
  const missing = values.filter((value) => !fields.some(({ text }) => text === value));
  if (missing.length > 0 && strangers.length === 0)
    context.reportAt(head.position, `no column for ${missing.join(", ")} of matrix.${axis}`, {
      code: "missing-key",
      hint: "write - in its rows for what is not looked at",
    });
  return strangers.length + missing.length === 0 ? axis : undefined;
}

function columnHint(axes: Axes): string {
  const lists = [...axes].map(([name, values]) => `${values.join(", ")} (${name})`);
  const reach = `one column ${REACH_COLUMN}`;
  return lists.length === 0 ? `there is no matrix: write ${reach}` : `columns are ${lists.join(", or ")}, or ${reach}`;
}
