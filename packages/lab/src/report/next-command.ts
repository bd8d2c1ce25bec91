// The command that shows more of a failed case, as it can be typed.
import { failingStep } from "../expect/wrong-request.ts";
import type { CellResult } from "../model/outcome.ts";
import type { Cell } from "../model/scenario.ts";

/**
 * `kubehop explain` of the step that failed, if anything went out; else a run that shows what was printed. Undefined for a table of
 * flows, whose rows have commands of their own.
 */
export function nextCommand(cell: CellResult): string | undefined {
  const failing = failingStep(cell.steps);
  if (failing?.step.action.kind === "flows") return undefined;
  const asked = failing !== undefined && failing.outcome.flows.length > 0;
  if (!asked && cell.steps.every(({ outcome }) => outcome.flows.length === 0))
    return ["kubehop run", shellWord(cell.file), "--verbose"].join(" ");
  const step = asked ? failing.step : undefined;
  const at = cell.story?.at === undefined ? [] : ["--at", timeWord(cell.story.at)];
  return [explainCommand(cell.file, cell.cell, undefined, step), ...at].join(" ");
}

/** `flow`: sent in the state in which the step begins, else at time 0; undefined: a request of the step is told. */
export function explainCommand(
  file: string,
  cell: Cell,
  flow: string | undefined,
  step: { readonly id: string; readonly index: number } | undefined,
): string {
  const cells = Object.entries(cell).flatMap(([name, value]) => ["--cell", shellWord(`${name}=${value}`)]);
  return [
    "kubehop explain",
    shellWord(file),
    ...(flow === undefined ? [] : [shellWord(flow)]),
    ...cells,
    ...(step === undefined ? [] : ["--step", shellWord(stepWord(step))]),
  ].join(" ");
}

/** `18s`, `10100ms`. */
function timeWord(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}

/** A step without an id of its own is told by its number. */
function stepWord({ id, index }: { readonly id: string; readonly index: number }): string {
  return id === `step ${index + 1}` ? String(index + 1) : id;
}

/** Quoted for a shell if it must be. */
function shellWord(text: string): string {
  return /^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
