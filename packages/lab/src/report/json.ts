// Results as plain data for other programs. The shape is stable: keys are only ever added. Nothing depends on the machine or the clock.
import type { Diagnostic } from "@kubehop/kube";
import type { CellResult, Failure, FileResult, StepResult } from "../model/outcome.ts";
import type { StepSpec } from "../model/step-spec.ts";
import { countCases } from "./totals.ts";

/** JSON text of a run, keys in a fixed order, two spaces, newline at the end. */
export function formatJson(results: readonly FileResult[], seed: number): string {
  return `${JSON.stringify({ version: 1, seed, totals: countCases(results), files: results.map((result) => fileJson(result)) }, null, 2)}\n`;
}

function fileJson(result: FileResult): object {
  const { file, title, refs, diagnostics, cells } = result;
  return {
    file,
    title,
    refs,
    diagnostics: diagnostics.map((d) => diagnosticJson(d)),
    cases: cells.map((cell) => cellJson(cell)),
  };
}

function diagnosticJson({ file, line, col, endCol, code, message, hint }: Diagnostic): object {
  return { file, line, col, endCol, code, message, ...(hint === undefined ? {} : { hint }) };
}

function cellJson(cell: CellResult): object {
  const { status, reason, virtualMs, failures, steps, notes, fixes } = cell;
  return {
    cell: cell.cell,
    status,
    ...(reason === undefined ? {} : { reason }),
    virtualMs,
    failures: failures.map((failure) => failureJson(failure)),
    steps: steps.map((step) => stepJson(step)),
    ...(notes.length === 0 ? {} : { notes }),
    ...(fixes.length === 0 ? {} : { fixes }),
  };
}

function failureJson({ position, message, details }: Failure): object {
  const { file, line, col } = position;
  return { file, line, col, message, details };
}

function stepJson({ step, outcome, failures }: StepResult): object {
  const { exitCode, flow, startedAt, endedAt, stdout, stderr } = outcome;
  return {
    id: step.id,
    startedAt,
    endedAt,
    exitCode,
    ...(flow === undefined ? {} : { flow }),
    requests: outcome.flows.length,
    failures: failures.length,
    ...typed(step),
    ...fatesJson(outcome),
    stdout,
    stderr,
  };
}

/** What came of the rows that were looked at. */
function fatesJson({ fates }: StepResult["outcome"]): object {
  if (fates === undefined) return {};
  const rows = fates.filter((row) => row.fates.length > 0);
  return { fates: rows.map(({ flow, fates: found }) => ({ flow, fates: found.map(({ text }) => text) })) };
}

/** What was done: `in` and `run`, or `send`. */
function typed({ action }: StepSpec): object {
  switch (action.kind) {
    case "run":
      return { in: action.in, run: action.commands.map(({ text, background }) => (background ? `${text} &` : text)) };
    case "send":
      return { send: action.flow.text };
    case "inject":
      return { in: action.in, inject: { dev: action.dev, frame: action.frame } };
    case "datagram":
      return {
        in: action.in,
        datagram: { sport: action.sport, to: `${action.to.name}:${action.to.port}`, bytes: action.hex },
      };
    case "race":
      return { in: action.in, race: action.flows.map(({ text }) => text), held: action.held };
    case "fault":
      return { fault: action.text };
    case "flows":
      return { flows: action.table.rows.map(({ flow }) => flow.text) };
    case "wait":
      return { wait: action.ms };
  }
}
