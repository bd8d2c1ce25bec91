// `run --update`: golden blocks (`rows: |`, `text: |`) are rewritten in the file with what was printed. Only block scalars are touched,
// everything around them stays as it is, comments too.
import type { OutputCheck } from "../model/expect-spec.ts";
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
  return { edits: edits.map(([, edit]) => edit), refused: [...refused] };
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
  const indent = blockIndent(lines, line);
  if (indent === undefined) return;
  while (end < lines.length && ((lines[end] ?? "").trim() === "" || indentOf(lines[end] ?? "") >= indent)) end++;
  // Empty lines behind the block belong to what follows.
  while (end > line && (lines[end - 1] ?? "").trim() === "") end--;
  const body = text
    .trimEnd()
    .split("\n")
    .map((row) => (row === "" ? "" : " ".repeat(indent) + row));
  lines.splice(line, end - line, ...body);
}

function blockIndent(lines: readonly string[], from: number): number | undefined {
  const first = lines.slice(from).find((row) => row.trim() !== "");
  return first === undefined ? undefined : indentOf(first);
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
