// A table as text: what the command prints is what a file expects.

import { EXCEPT_COLUMN, FLOW_COLUMN } from "./columns.ts";

export interface TextRow {
  readonly flow: string;
  readonly answers: readonly string[];
  readonly except: string;
}

/** Columns as wide as their widest field; the column of exceptions only where there is one, or `keepExcept`. Ends without a newline. */
export function formatTable(columns: readonly string[], rows: readonly TextRow[], keepExcept = false): string {
  const hasExcept = keepExcept || rows.some(({ except }) => except !== "");
  const last = (text: string): string[] => (hasExcept ? [text] : []);
  const fields = [
    [FLOW_COLUMN, ...columns, ...last(EXCEPT_COLUMN)],
    ...rows.map(({ flow, answers, except }) => [flow, ...answers, ...last(except)]),
  ];
  const widths = (fields[0] ?? []).map((_, at) => Math.max(...fields.map((row) => row[at]?.length ?? 0)));
  return fields.map((row) => `| ${row.map((text, at) => text.padEnd(widths[at] ?? 0)).join(" | ")} |`).join("\n");
}
