// `kubehop verify --recorded FILE`: every case of a recording replayed and compared; the first difference side by side.

import { gunzipSync } from "node:zlib";
import { readFileSync } from "node:fs";
import { compareCase } from "./compare.ts";
import type { Difference } from "./compare.ts";
import { recordingSchema } from "./format.ts";
import type { RecordedCase, Recording } from "./format.ts";
import { replayCase } from "./replay.ts";

export interface CaseResult {
  readonly name: string;
  /** Frames that were compared (recorded frames of all devices). */
  readonly packets: number;
  readonly differences: readonly Difference[];
}

export interface RecordedReport {
  readonly file: string;
  readonly kernel: string;
  readonly cases: readonly CaseResult[];
}

/** Reads `*.json` or `*.json.gz`. Throws when the file is not a recording this replay understands in full. */
export function readRecording(file: string): Recording {
  const raw = readFileSync(file);
  const text = file.endsWith(".gz") ? gunzipSync(raw).toString("utf8") : raw.toString("utf8");
  return recordingSchema.parse(JSON.parse(text));
}

export function verifyRecording(file: string, only?: string): RecordedReport {
  const recording = readRecording(file);
  const cases = recording.cases.filter((c) => only === undefined || c.name === only);
  return { file, kernel: recording.kernel, cases: cases.map((c) => verifyCase(recording, c)) };
}

function verifyCase(recording: Recording, testCase: RecordedCase): CaseResult {
  const packets = testCase.steps.reduce((sum, step) => sum + step.packets.length, 0);
  return { name: testCase.name, packets, differences: compareCase(testCase, replayCase(recording, testCase)) };
}

/** The report as text; its last line counts cases, packets and differences. */
export function formatRecordedReport(report: RecordedReport): string {
  const failed = report.cases.filter((c) => c.differences.length > 0);
  const packets = report.cases.reduce((sum, c) => sum + c.packets, 0);
  const differences = failed.reduce((sum, c) => sum + c.differences.length, 0);
  const lines = failed.map(
    (c) =>
      `✗ ${c.name}: ${c.differences.length} differences (${[...new Set(c.differences.map((d) => d.what))].join(", ")})`,
  );
  const first = failed[0]?.differences[0];
  if (first !== undefined) lines.push(...sideBySide(failed[0]?.name ?? "", first));
  const passed = report.cases.length - failed.length;
  lines.push(
    `Linux ${report.kernel}: ${passed}/${report.cases.length} cases, ${packets} packets compared, ${differences} differences`,
  );
  return `${lines.join("\n")}\n`;
}

function sideBySide(name: string, d: Difference): string[] {
  return [
    "",
    `first difference: ${name}, ${d.what}: ${d.where}`,
    `  recorded  ${d.recorded.replaceAll("\n", "\n            ")}`,
    `  ours      ${d.ours.replaceAll("\n", "\n            ")}`,
    "",
  ];
}
