// Which rows of a table fit columns as they are written: names stand for addresses, of some columns a part is enough.
import type { TableName } from "../model/expect-spec.ts";
import type { Names } from "./match-flow.ts";
import { PARTIAL_COLUMNS, TABLE_COLUMNS } from "./tables.ts";

export type TableRow = Readonly<Record<string, string>>;

export interface RowMatch {
  readonly matching: readonly TableRow[];
  /** Rows that miss by one column: where the reader wants to look. */
  readonly near: readonly TableRow[];
}

export function matchRows(
  table: TableName,
  rows: readonly TableRow[],
  columns: Readonly<Record<string, string>>,
  names: Names,
): RowMatch {
  const wanted = Object.entries(columns).map(([name, value]) => ({
    name,
    values: valuesOf(table, name, value, names),
    partial: PARTIAL_COLUMNS.has(`${table}.${name}`),
  }));
  const misses = (row: TableRow): number =>
    wanted.filter(({ name, values, partial }) => {
      const found = row[name] ?? "";
      return !values.some((value) => (partial ? found.includes(value) : found === value));
    }).length;
  return { matching: rows.filter((row) => misses(row) === 0), near: rows.filter((row) => misses(row) === 1) };
}

/** A value as written, and the address behind it if the column holds addresses. */
function valuesOf(table: TableName, name: string, value: string, names: Names): string[] {
  const column = TABLE_COLUMNS[table].find((candidate) => candidate.name === name);
  const address = column?.address === true ? names.addressOf(value) : undefined;
  return address === undefined ? [value] : [value, address];
}

/** `dst=10.244.1.0/24 via=10.244.1.0`: columns that have a value, in the table's order. */
export function formatRow(table: TableName, row: TableRow): string {
  return TABLE_COLUMNS[table]
    .filter(({ name }) => row[name] !== undefined && row[name] !== "")
    .map(({ name }) => `${name}=${row[name]}`)
    .join(" ");
}
