// `kubehop verify --recorded FILE`: every case of a recording replayed and compared; the first difference side by side.

import { gunzipSync } from "node:zlib";
import { readFileSync } from "node:fs";
import { counted } from "../counted.ts";
import { compareCase } from "./compare.ts";
import type { Difference } from "./compare.ts";
import { recordingSchema } from "./format.ts";
import type { Recording } from "./format.ts";
import { RecordingError } from "./corpus.ts";
import type { Corpus, CorpusCase } from "./corpus.ts";
import { ctSequencesCorpus, ctSequencesSchema } from "./ct-sequences.ts";
import { replayCase } from "./replay.ts";
import { ruleFuzzCorpus, ruleFuzzSchema } from "./rulefuzz.ts";

export interface CaseResult {
  readonly name: string;
  /** Frames that were compared (recorded frames of all devices). */
  readonly packets: number;
  readonly differences: readonly Difference[];
}

export interface RecordedReport {
  readonly file: string;
  /** null: the file does not tell. */
  readonly kernel: string | null;
  readonly cases: readonly CaseResult[];
}

/** Reads `*.json` or `*.json.gz` of any recorded format, told by its content. Throws when it is none that is understood in full. */
export function readCorpus(file: string): Corpus {
  const data = readJson(file);
  const format = FORMATS.find(({ key }) => typeof data === "object" && data !== null && key in data);
  if (format === undefined)
    throw new SyntaxError(`none of its keys is that of a recording (${FORMATS.map(({ key }) => key).join(", ")})`);
  return format.read(data);
}

/** A file of the dataset's format. */
export function readRecording(file: string): Recording {
  return recordingSchema.parse(readJson(file));
}

function readJson(file: string): unknown {
  const raw = readFileSync(file);
  return JSON.parse(file.endsWith(".gz") ? gunzipSync(raw).toString("utf8") : raw.toString("utf8"));
}

/** By the key that no other format has. */
const FORMATS: readonly { readonly key: string; readonly read: (data: unknown) => Corpus }[] = [
  { key: "lab", read: (data) => datasetCorpus(recordingSchema.parse(data)) },
  { key: "host_mac", read: (data) => ruleFuzzCorpus(ruleFuzzSchema.parse(data)) },
  { key: "seq", read: (data) => ctSequencesCorpus(ctSequencesSchema.parse(data)) },
];

function datasetCorpus(recording: Recording): Corpus {
  const cases = recording.cases.map((one): CorpusCase => ({
    name: one.name,
    packets: one.steps.reduce((sum, step) => sum + step.packets.length, 0),
    replay: () => compareCase(one, replayCase(recording, one)),
  }));
  return { kernel: recording.kernel, cases };
}

export function recordedCaseNames(file: string): readonly string[] {
  return readCorpus(file).cases.map(({ name }) => name);
}

export function verifyRecording(file: string, only?: string): RecordedReport {
  const corpus = readCorpus(file);
  const cases = corpus.cases.filter((c) => only === undefined || c.name === only);
  return { file, kernel: corpus.kernel, cases: cases.map(verifyCase) };
}

/** What cannot be built is a difference too: a case that was not compared is not proven. */
export function verifyCase(one: CorpusCase): CaseResult {
  const { name, packets } = one;
  try {
    return { name, packets, differences: one.replay() };
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error;
    return {
      name,
      packets,
      differences: [{ what: "refused", where: "set-up", recorded: "done", ours: error.message }],
    };
  }
}

/** The report as text; its last line counts cases, packets and differences. */
export function formatRecordedReport(report: RecordedReport): string {
  const failed = report.cases.filter((c) => c.differences.length > 0);
  const packets = report.cases.reduce((sum, c) => sum + c.packets, 0);
  const differences = failed.reduce((sum, c) => sum + c.differences.length, 0);
  const lines = failed.map(
    (c) =>
      `✗ ${c.name}: ${counted(c.differences.length, "difference")} (${[...new Set(c.differences.map((d) => d.what))].join(", ")})`,
  );
  const first = failed[0]?.differences[0];
  if (first !== undefined) lines.push(...sideBySide(failed[0]?.name ?? "", first));
  const passed = report.cases.length - failed.length;
  lines.push(
    `Linux ${report.kernel ?? "(release not recorded)"}: ${passed}/${report.cases.length} cases, ${counted(packets, "packet")} compared, ${counted(differences, "difference")}`,
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
