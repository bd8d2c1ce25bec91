// `run --update`: golden blocks (`rows: |`, `text: |`) and tables of flows are rewritten in the file with what was printed. Only block scalars are touched,
// everything around them stays as it is, comments too.
import type { OutputCheck } from "../model/expect-spec.ts";
import { tableEdits } from "../flows/update-table.ts";
import type { FileResult } from "../model/outcome.ts";

export interface GoldenEdit {
  /** 1-based line of the `|`. */
  readonly line: number;
  /** 1-based column of the `|`. */
  readonly col: number;
  readonly text: string;
}

export interface GoldenEdits {
  readonly edits: readonly GoldenEdit[];
  /** Why blocks cannot be rewritten, `file:line:col: reason`. */
  readonly refused: readonly string[];
}

/** The blocks of a file that failed, with the text that would make them hold. */
export function goldenEdits(result: FileResult): GoldenEdits {
  const byPlace = new Map<string, GoldenEdit>();
  const refused = new Set<string>();
  for (const { check, text } of failedGolden(result)) {
    const { file, line, col } = check.position;
    const key = `${file}:${line}:${col}`;
    const earlier = byPlace.get(key);
    if (earlier !== undefined && earlier.text !== text)
      refused.add(`${key}: cells of the matrix print different texts`);
    byPlace.set(key, { line, col, text });
  }
  const edits = [...byPlace].filter(([key]) => ![...refused].some((reason) => reason.startsWith(`${key}:`)));
  return { edits: [...edits.map(([, edit]) => edit), ...tableEdits(result)], refused: [...refused] };
}

function failedGolden(result: FileResult): { check: OutputCheck; text: string }[] {
  return result.cells.flatMap((cell) =>
    cell.steps.flatMap(({ step, outcome, failures }) =>
      step.expect.checks.flatMap((check) => {
        if (check.kind !== "output" || (check.how !== "rows" && check.how !== "text")) return [];
        return failures.some((failure) => failure.position === check.position)
          ? [{ check, text: outcome[check.stream] }]
          : [];
      }),
    ),
  );
}

/** The file's text with the blocks replaced, last one first so that lines keep their numbers; a place that is no block is left alone. */
export function applyGoldenEdits(text: string, edits: readonly GoldenEdit[]): string {
  const lines = text.split("\n");
  for (const edit of edits.toSorted((a, b) => b.line - a.line)) replaceBlock(lines, edit);
  return lines.join("\n");
}

function replaceBlock(lines: string[], { line, col, text }: GoldenEdit): void {
  const header = lines[line - 1] ?? "";
  if (header[col - 1] !== "|") return;
  let end = line;
  const keyIndent = /^\s*(?:- +)*/.exec(header)?.[0].length ?? 0;
  const indent = blockIndent(lines, line, header.slice(col), keyIndent);
  while (end < lines.length && ((lines[end] ?? "").trim() === "" || indentOf(lines[end] ?? "") >= indent)) end++;
  // Empty lines behind the block belong to what follows.
  while (end > line && (lines[end - 1] ?? "").trim() === "") end--;
  const eol = header.endsWith("\r") ? "\r" : "";
  const rows = text.trimEnd().replaceAll(REFERENCE, "$$$${").split("\n");
  const body = rows.map((row) => (row === "" ? "" : " ".repeat(indent) + row) + eol);
  lines.splice(line, end - line, ...body);
  // A block whose first line begins with blanks must say where its own indentation ends.
  const first = rows.find((row) => row.trim() !== "") ?? "";
  if (first.startsWith(" ") && !INDICATOR.test(header.slice(col)))
    lines[line - 1] = `${header.slice(0, col)}${indent - keyIndent}${header.slice(col)}`;
}

/** What the loader would take for a reference to the matrix. */
const REFERENCE = /\$\{(?=[^}]*\})/g;

/** Behind the `|`: an indentation indicator, before or behind a chomping one. */
const INDICATOR = /^[+-]?([1-9])/;

/** Column of the block's text. `keyIndent`: that of the key the block belongs to. */
function blockIndent(lines: readonly string[], from: number, indicators: string, keyIndent: number): number {
  const digit = INDICATOR.exec(indicators)?.[1];
  if (digit !== undefined) return keyIndent + Number(digit);
  const first = lines.slice(from).find((row) => row.trim() !== "");
  const found = first === undefined ? 0 : indentOf(first);
  return found > keyIndent && found - keyIndent <= 9 ? found : keyIndent + 2;
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
