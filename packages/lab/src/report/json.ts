// Results as plain data for other programs, in the shape of json-shape.ts. The same run gives the same bytes: nothing depends on the
// machine, its clock or the number of jobs.
import type { Diagnostic } from "@kubehop/kube";
import type { CellResult, Failure, FileResult, FlowOutcome, StepResult } from "../model/outcome.ts";
import type { StepSpec } from "../model/step-spec.ts";
import type { JsonCase, JsonFile, JsonReport } from "./json-shape.ts";
import type { Totals } from "./totals.ts";

type JsonStep = JsonCase["steps"][number];
type JsonRequest = JsonStep["answers"][number];

/** JSON text of a run, keys in a fixed order, two spaces, newline at the end. */
export function formatJson(files: readonly JsonFile[], totals: Totals, seed: number): string {
  const report: JsonReport = { version: 1, seed, totals, files: [...files] };
  return `${JSON.stringify(report, null, 2)}\n`;
}

export function jsonOfFile(result: FileResult): JsonFile {
  const { file, title, refs, diagnostics, warnings = [], cells } = result;
  return {
    file,
    title,
    refs: [...refs],
    diagnostics: diagnostics.map(diagnosticJson),
    ...(warnings.length === 0 ? {} : { warnings: warnings.map(diagnosticJson) }),
    cases: cells.map(cellJson),
  };
}

/** A file whose run broke off. */
export function jsonOfBroken(file: string, error: string): JsonFile {
  return { file, title: "", refs: [], error, diagnostics: [], cases: [] };
}

function diagnosticJson({ file, line, col, endCol, code, message, hint }: Diagnostic): JsonFile["diagnostics"][number] {
  return { file, line, col, endCol, code, message, ...(hint === undefined ? {} : { hint }) };
}

function cellJson(result: CellResult): JsonCase {
  const { title, cell, status, reason, virtualMs, failures, fixes, story, steps } = result;
  return {
    name: title,
    cell: { ...cell },
    status,
    ...(reason === undefined ? {} : { reason }),
    virtualMs,
    failures: failures.map(failureJson),
    ...(fixes.length === 0 ? {} : { fixes: [...fixes] }),
    ...(story === undefined ? {} : { story: [...story.lines] }),
    ...(story?.cause === undefined ? {} : { cause: story.cause }),
    steps: steps.map(stepJson),
  };
}

function failureJson({ position, message, details }: Failure): JsonCase["failures"][number] {
  const { file, line, col, endCol } = position;
  return { file, line, col, endCol, message, details: [...details] };
}

function stepJson({ step, outcome, failures }: StepResult): JsonStep {
  const { exitCode, flow, startedAt, endedAt, stdout, stderr } = outcome;
  return {
    id: step.id,
    line: step.position.line,
    startedAt,
    endedAt,
    exitCode,
    ...(flow === undefined ? {} : { flow: flowJson(flow) }),
    requests: outcome.flows.length,
    answers: outcome.flows.map(flowJson),
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

function flowJson({ ends, ...flow }: FlowOutcome): JsonRequest {
  const { result, by, client, ttl, bytes, startedAt, endedAt } = flow;
  const packet = ends === undefined ? undefined : flowText(ends);
  return { result, ...present({ by, client, ttl, bytes, packet, startedAt, endedAt }) };
}

/** `udp 10.244.1.2:40000 > 10.96.0.10:53`. */
function flowText({ protocol, src, sport, dst, dport }: NonNullable<FlowOutcome["ends"]>): string {
  const port = (number: number): string => (number === 0 ? "" : `:${number}`);
  return `${protocol} ${src}${port(sport)} > ${dst}${port(dport)}`;
}

/** JSON has no undefined. */
function present(values: { readonly [K in keyof JsonRequest]?: JsonRequest[K] | undefined }): Partial<JsonRequest> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
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
