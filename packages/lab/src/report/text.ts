// Results as text for people: one line per case, failures with their place in the file, the totals last.
import { renderDiagnostics, sourceExcerpt, type SourceText } from "@kubehop/kube";
import type { CellResult, Failure, FileResult, Fix } from "../model/outcome.ts";
import { nextCommand } from "./next-command.ts";
import { formatStep } from "./step-text.ts";
import { PLAIN, type Style } from "./style.ts";
import { formatCell } from "../model/cells.ts";
import type { Totals } from "./totals.ts";

/** All cases of a file, or the mistakes that kept it from running. Ends in a newline. */
export function formatFileResult(result: FileResult, style: Style = PLAIN, verbose = false): string {
  const { file, diagnostics, sources } = result;
  if (diagnostics.length > 0) {
    const why = result.refused === true ? "cannot be run" : `cannot be read: ${count(diagnostics.length, "mistake")}`;
    return `${style.bad("✗")} ${file}  ${why}\n\n${renderDiagnostics(diagnostics, sources)}\n\n`;
  }
  const { warnings = [] } = result;
  const doubts = warnings.map((found) => ({ ...found, message: `warning: ${found.message}` }));
  const tail = doubts.length === 0 ? "" : `\n${renderDiagnostics(doubts, sources)}\n\n`;
  return result.cells.map((cell) => formatCase(cell, result, style, verbose)).join("") + tail;
}

/** More of one case help nobody. */
const SHOWN_FAILURES = 6;
const MARKS = { passed: "✓", failed: "✗", skipped: "-" } as const;

function formatCase(cell: CellResult, result: FileResult, style: Style, verbose: boolean): string {
  const paint = { passed: style.good, failed: style.bad, skipped: style.dim }[cell.status];
  const suffix = formatCell(cell.cell);
  const name = suffix === "" ? cell.file : `${cell.file} ${suffix}`;
  const reason = cell.reason === undefined ? "" : style.dim(`  (${cell.reason})`);
  const lines = [`${paint(MARKS[cell.status])} ${name}  ${cell.title}${reason}`];
  if (verbose) for (const step of cell.steps) lines.push(...formatStep(step, style).map((line) => `  ${line}`));
  for (const failure of cell.failures.slice(0, SHOWN_FAILURES)) lines.push(...formatFailure(failure, result.sources));
  const more = cell.failures.length - SHOWN_FAILURES;
  if (more > 0) lines.push(`  … and ${count(more, "more failure")}, all of them in --json`);
  lines.push(...storyLines(cell).map((line) => `  ${line}`));
  if (cell.status === "failed" && result.refs.length > 0)
    lines.push(style.dim(`  refs      ${result.refs.join(", ")}`));
  const next = cell.status === "failed" ? nextCommand(cell) : undefined;
  if (next !== undefined) lines.push(style.dim(`  next      ${next}`));
  return `${lines.join("\n")}\n`;
}

/** What became of the request, what is to blame, and what would repair it. */
export function storyLines({ story, fixes }: CellResult): string[] {
  return [
    ...(story?.lines ?? []),
    ...(story?.cause === undefined ? [] : [`cause     ${story.cause}`]),
    ...fixes.map(formatFix),
  ];
}

function formatFix({ text, tried, step }: Fix): string {
  return `would fix ${text}   (${step === undefined ? "" : `step ${step}, `}tried: ${tried})`;
}

function formatFailure(failure: Failure, sources: readonly SourceText[]): string[] {
  const { file, line, col } = failure.position;
  const source = sources.find((candidate) => candidate.file === file);
  const excerpt = source === undefined ? [] : sourceExcerpt(source, failure.position).split("\n");
  return [
    `  ${file}:${line}:${col}  ${failure.message}`,
    ...excerpt.map((row) => `  ${row}`),
    ...failure.details.map((row) => `    ${row}`),
  ];
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}

/** Always the last line of a run. */
export function formatTotals({ passed, failed, skipped }: Totals): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
