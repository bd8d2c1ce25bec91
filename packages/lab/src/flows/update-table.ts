// `run --update`: a table some row of which failed, written anew with what is possible.

import type { CellResult, FileResult, StepResult } from "../model/outcome.ts";
import { type Answer, answerIn, type FlowRow, type FlowTable } from "../model/flow-table.ts";
import { formatTable, type TextRow } from "./format-table.ts";
import { NOT_LOOKED_AT } from "./read-answer.ts";
import { answerText, type CellAnswer, summarize } from "./summarize.ts";

export interface TableEdit {
  readonly line: number;
  readonly col: number;
  readonly text: string;
}

/** A table as it was judged in one cell. */
interface Judged {
  readonly cell: CellResult["cell"];
  readonly table: FlowTable;
  readonly result: StepResult;
}

/** One edit per table that failed in some cell. */
export function tableEdits(result: FileResult): TableEdit[] {
  const tables = new Map<string, Judged[]>();
  for (const { cell, steps } of result.cells) {
    for (const step of steps) {
      if (step.step.action.kind !== "flows") continue;
      const { table } = step.step.action;
      const key = `${table.position.line}:${table.position.col}`;
      tables.set(key, [...(tables.get(key) ?? []), { cell, table, result: step }]);
    }
  }
  return [...tables.values()].flatMap((judged) => editOf(judged) ?? []);
}

function editOf(judged: readonly Judged[]): TableEdit | undefined {
  const [first] = judged;
  if (first === undefined || judged.every(({ result }) => result.failures.length === 0)) return undefined;
  const { position, columns, hasExcept, rows } = first.table;
  const texts = rows.map((_, row) => rowText(judged, first.table, row));
  const text = formatTable(
    columns.map((column) => column.text),
    texts,
    hasExcept,
  );
  return { line: position.line, col: position.col, text };
}

/** A row that holds stays as it is written. */
function rowText(judged: readonly Judged[], { columns, rows }: FlowTable, row: number): TextRow {
  const before = rows[row];
  if (before === undefined) throw new Error(`a table without row ${row}`);
  const written = { flow: before.flow.text, answers: before.answers.map(fieldText), except: exceptText(before) };
  if (!judged.some((one) => fails(one, row))) return written;
  return summarize(written.flow, columns, answersOf(judged, row), written.answers);
}

function fieldText({ fates }: Answer): string {
  return fates?.join(" ") ?? NOT_LOOKED_AT;
}

function exceptText({ exceptions }: FlowRow): string {
  return exceptions.map(({ text, answer }) => `${text}: ${fieldText(answer)}`).join("; ");
}

function fails({ result: { step, failures } }: Judged, row: number): boolean {
  const check = step.expect.checks.find((one) => one.kind === "fate" && one.row === row);
  return failures.some(({ position }) => position === check?.position);
}

/** A field that holds keeps its order of names. */
function answersOf(judged: readonly Judged[], row: number): CellAnswer[] {
  return judged.map(({ cell, table, result }): CellAnswer => {
    const written = table.rows[row];
    const wanted = written === undefined ? undefined : answerIn(table, written, cell)?.fates;
    const fates = result.outcome.fates?.[row];
    if (wanted === undefined || fates === undefined) return { cell, text: undefined };
    return {
      cell,
      text: sameSet(
        wanted,
        fates.fates.map(({ text }) => text),
      )
        ? wanted.join(" ")
        : answerText(fates),
    };
  });
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.toSorted().join(" ") === b.toSorted().join(" ");
}
