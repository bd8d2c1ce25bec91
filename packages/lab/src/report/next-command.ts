// The command that shows more of a failed case, as it can be typed.
import type { CellResult, StepResult } from "../model/outcome.ts";

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
  const cells = Object.entries(cell.cell).flatMap(([name, value]) => ["--cell", shellWord(`${name}=${value}`)]);
  const step = asked ? ["--step", shellWord(stepWord(failing.step))] : [];
  const at = cell.story?.at === undefined ? [] : ["--at", `${cell.story.at}ms`];
  return ["kubehop explain", shellWord(cell.file), ...cells, ...step, ...at].join(" ");
}

/** The first failing step that made a request, else the first failing one. */
export function failingStep(steps: readonly StepResult[]): StepResult | undefined {
  const failing = steps.filter(({ failures }) => failures.length > 0);
  return failing.find(({ outcome }) => outcome.flows.length > 0) ?? failing[0];
}

/** A step without an id of its own is told by its number. */
function stepWord({ id, index }: { readonly id: string; readonly index: number }): string {
  return id === `step ${index + 1}` ? String(index + 1) : id;
}

/** Quoted for a shell if it must be. */
function shellWord(text: string): string {
  return /^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
