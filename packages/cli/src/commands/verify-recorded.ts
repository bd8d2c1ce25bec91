// `kubehop verify --recorded FILE|DIR…`: recorded kernel behaviour, replayed.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { editDistance } from "@kubehop/kube";
import { formatRecordedReport, recordedCaseNames, type RecordedReport, verifyRecording } from "@kubehop/oracle";
import { fileProblem, type Io, readText, UsageError } from "../io.ts";
import { isFolder } from "../scenario-files.ts";
import type { VerifyValues } from "./verify-options.ts";

/** Names that are offered for one that is not there. */
const OFFERED = 10;

export function recorded(values: VerifyValues, args: readonly string[], io: Io): number {
  const files = args.flatMap((arg) => (isFolder(arg) ? recordingsIn(arg) : [arg]));
  const reports = files.map((file) => verify(file, values.case)).filter(({ cases }) => cases.length > 0);
  if (reports.length === 0) throw nothingThere(files, values.case);
  for (const report of reports) io.stdout(formatRecordedReport(report));
  return reports.some((report) => report.cases.some((one) => one.differences.length > 0)) ? 1 : 0;
}

function recordingsIn(folder: string): string[] {
  const names = namesIn(folder).filter((name) => name.endsWith(".json.gz"));
  if (names.length === 0) throw new UsageError(`${folder}: no recording (*.json.gz) in this folder`);
  return names.toSorted().map((name) => join(folder, name));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    throw new UsageError(fileProblem(folder, error));
  }
}

function nothingThere(files: readonly string[], name: string | undefined): UsageError {
  if (name === undefined) return new UsageError(`${files.join(", ")}: no case in it`);
  const near = nearNames(name, [...new Set(files.flatMap(recordedCaseNames))]);
  return new UsageError(`no case is named ${JSON.stringify(name)}`, `near it: ${near.join(", ")}`);
}

/** Names that contain the word come first, then the nearest by what must be changed. */
function nearNames(word: string, names: readonly string[]): string[] {
  const contains = (name: string): boolean => name.toLowerCase().includes(word.toLowerCase());
  return names
    .map((name) => ({ name, distance: contains(name) ? 0 : editDistance(word, name) }))
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, OFFERED)
    .map(({ name }) => name);
}

function verify(file: string, only: string | undefined): RecordedReport {
  // Whether it can be read at all is the user's business, what is in it the reader's.
  readText(file);
  try {
    return verifyRecording(file, only);
  } catch (error) {
    throw isBadRecording(error) ? new UsageError(`${file}: not a recording: ${firstLine(error)}`) : error;
  }
}

/** Not JSON, not gzip, or not the shape of a recording. */
function isBadRecording(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const zlib = "code" in error && String(error.code).startsWith("Z_");
  return error instanceof SyntaxError || error.name === "ZodError" || error.name === "$ZodError" || zlib;
}

function firstLine(error: unknown): string {
  if (!(error instanceof Error)) return "";
  if (!("issues" in error) || !Array.isArray(error.issues)) return error.message.split("\n", 1)[0] ?? "";
  const issue = error.issues[0] as { readonly path: readonly PropertyKey[]; readonly message: string };
  return `${issue.path.join(".")}: ${issue.message}`;
}
