// `kubehop run`: scenarios, one result line per case, the totals last.
import {
  applyGoldenEdits,
  capturingRunner,
  type CellPlan,
  cellRunner,
  countCases,
  exitCodeOf,
  type FileResult,
  formatFileResult,
  formatJson,
  formatJunit,
  formatTotals,
  goldenEdits,
  PLAIN,
  runMutations,
  runScenarioText,
  type Style,
  withFixes,
} from "@kubehop/lab";
import { basename, extname, join, resolve } from "node:path";
import { styleText } from "node:util";
import { reportError } from "../dispatch.ts";
import { type Io, UsageError, writeText } from "../io.ts";
import { DEFAULT_SEED, parseOptions, wholeNumber } from "../options.ts";
import { findScenarios, type ScenarioFile } from "../scenario-files.ts";

const OPTIONS = {
  seed: { type: "string" },
  json: { type: "string" },
  junit: { type: "string" },
  update: { type: "boolean" },
  mutate: { type: "boolean" },
  pcapng: { type: "string" },
  verbose: { type: "boolean" },
  "no-fix": { type: "boolean" },
} as const;

export function run(args: readonly string[], io: Io): number {
  const { values, positionals } = parseOptions(args, OPTIONS);
  const seed = wholeNumber("seed", values.seed, DEFAULT_SEED);
  const style = io.colour ? COLOURS : PLAIN;
  const results: FileResult[] = [];
  const captures = values.pcapng === undefined ? undefined : new CaptureFolder(values.pcapng);
  const { scenarios, unreadable } = findScenarios(positionals, io);
  for (const report of [values.json, values.junit]) if (report !== undefined) checkReportFile(report, scenarios);
  const failed: number[] = Array.from({ length: unreadable }, () => 2);
  for (const scenario of scenarios) {
    try {
      const runIt = (file: ScenarioFile): FileResult => runOne(file, seed, values.mutate === true, captures);
      const ran = values.update === true ? updated(scenario, runIt, io) : runIt(scenario);
      const repairs = values.mutate !== true && values["no-fix"] !== true;
      const result = repairs ? withFixes(ran, scenario, seed, cellRunner(scenario.readFile)) : ran;
      results.push(result);
      io.stdout(formatFileResult(result, style, values.verbose === true));
    } catch (error) {
      // The other files can still be run; what is ours must not hide what is theirs.
      io.stderr(`${scenario.file}: `);
      failed.push(reportError(error, "run", io));
    }
  }
  if (values.json !== undefined) writeText(values.json, formatJson(results, seed));
  if (values.junit !== undefined) writeText(values.junit, formatJunit(results));
  const totals = countCases(results);
  io.stdout(`${formatTotals({ ...totals, failed: totals.failed + failed.length })}\n`);
  return failed.length > 0 ? Math.max(...failed) : exitCodeOf(results);
}

/** A report must not take the place of what was to be run. */
function checkReportFile(report: string, scenarios: readonly ScenarioFile[]): void {
  if (!/\.ya?ml$/i.test(report) && scenarios.every(({ file }) => resolve(file) !== resolve(report))) return;
  throw new UsageError(`${report}: a report would overwrite this file`, "name a file that is no YAML");
}

/** The cases of a file; with --mutate, a further one for every mutation it declares. */
function runOne(
  { file, text, readFile }: ScenarioFile,
  seed: number,
  mutate: boolean,
  captures: CaptureFolder | undefined,
): FileResult {
  const run = cellRunner(readFile);
  const captured =
    captures === undefined ? run : capturingRunner(run, (plan, pcapng) => captures.save(file, plan, pcapng));
  const result = runScenarioText(file, text, readFile, seed, captured);
  if (!mutate || result.diagnostics.length > 0) return result;
  return { ...result, cells: [...result.cells, ...runMutations(file, text, readFile, seed, run)] };
}

/** One pcapng file per case, named after the scenario's file and the cell. */
class CaptureFolder {
  readonly #folder: string;
  readonly #names = new Map<string, number>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  save(file: string, { cell }: CellPlan, pcapng: Uint8Array): void {
    const label = Object.entries(cell)
      .map(([key, value]) => `${key}=${String(value)}`.replaceAll(/[^\w.=-]+/g, "_"))
      .join(",");
    const name = basename(file, extname(file)) + (label === "" ? "" : `--${label}`);
    // Files of the same name in different folders.
    const count = (this.#names.get(name) ?? 0) + 1;
    this.#names.set(name, count);
    writeText(join(this.#folder, `${name}${count === 1 ? "" : `-${count}`}.pcapng`), pcapng);
  }
}

const COLOURS: Style = {
  good: (text) => styleText("green", text),
  bad: (text) => styleText("red", text),
  dim: (text) => styleText("dim", text),
};

/** Rewrites the golden blocks that failed, and runs the file again as it stands then. */
function updated(scenario: ScenarioFile, runIt: (file: ScenarioFile) => FileResult, io: Io): FileResult {
  const result = runIt(scenario);
  const { edits, refused } = goldenEdits(result);
  for (const reason of refused) io.stderr(`kubehop run: not updated: ${reason}\n`);
  const text = applyGoldenEdits(scenario.text, edits);
  if (text === scenario.text) return result;
  writeText(scenario.file, text);
  const blocks = edits.length === 1 ? "1 golden block" : `${edits.length} golden blocks`;
  io.stderr(`kubehop run: ${scenario.file}: ${blocks} rewritten: read the difference before you believe it\n`);
  return runIt({ ...scenario, text });
}
