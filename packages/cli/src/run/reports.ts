// The files a run leaves behind: JSON, JUnit, packet captures.
import { formatJson, formatJunit, type Totals } from "@kubehop/lab";
import { basename, extname, join, resolve } from "node:path";
import { UsageError, writeText } from "../io.ts";
import type { ScenarioFile } from "../scenario-files.ts";
import type { Capture, FileRun } from "./file-run.ts";

export interface ReportFiles {
  readonly json: string | undefined;
  readonly junit: string | undefined;
}

/** A report must not take the place of what was to be run. */
export function checkReportFiles({ json, junit }: ReportFiles, scenarios: readonly ScenarioFile[]): void {
  for (const report of [json, junit]) {
    if (report === undefined) continue;
    if (!/\.ya?ml$/i.test(report) && scenarios.every(({ file }) => resolve(file) !== resolve(report))) continue;
    throw new UsageError(`${report}: a report would overwrite this file`, "name a file that is no YAML");
  }
}

export function writeReports(
  { json, junit }: ReportFiles,
  runs: readonly FileRun[],
  totals: Totals,
  seed: number,
): void {
  const files = runs.map((run) => run.json);
  const suites = runs.map((run) => run.junit);
  if (json !== undefined) writeText(json, formatJson(files, totals, seed));
  if (junit !== undefined) writeText(junit, formatJunit(suites, totals));
}

/** One pcapng file per case, named after the scenario's file and the cell. */
export class CaptureFolder {
  readonly #folder: string;
  readonly #names = new Map<string, number>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @throws UsageError when it cannot be written */
  save(file: string, { cell, pcapng }: Capture): void {
    const label = Object.entries(cell)
      .map(([key, value]) => fileName(`${key}=${value}`))
      .join(",");
    const name = fileName(basename(file, extname(file))) + (label === "" ? "" : `--${label}`);
    // Files of the same name in different folders.
    const count = (this.#names.get(name) ?? 0) + 1;
    this.#names.set(name, count);
    writeText(join(this.#folder, `${name}${count === 1 ? "" : `-${count}`}.pcapng`), pcapng);
  }
}

/** Longest part of a name: 255 bytes is what file systems take. */
const LONGEST = 100;

/** Names and values of a matrix are any text; file names are not. */
function fileName(text: string): string {
  return text.replaceAll(/[^\w.=-]+/g, "_").slice(0, LONGEST);
}
