// One scenario file from text to everything a run prints and reports of it, as plain data: a worker can send it, and nobody can tell
// which thread it came from.
import {
  applyGoldenEdits,
  capturingRunner,
  type CellPlan,
  cellRunner,
  countCases,
  type FileResult,
  formatFileResult,
  goldenEdits,
  type JsonFile,
  jsonOfBroken,
  jsonOfFile,
  junitOfBroken,
  junitOfFile,
  PLAIN,
  type ReadFile,
  runMutations,
  runScenarioText,
  type Style,
  type Totals,
  withFixes,
} from "@kubehop/lab";
import { styleText } from "node:util";
import { reportError } from "../dispatch.ts";
import { type Io, writeText } from "../io.ts";
import type { ScenarioFile } from "../scenario-files.ts";
import { type GithubPaths, githubLines, withoutCommands } from "./github.ts";

/** What holds for all files of a run. */
export interface RunSettings {
  readonly seed: number;
  /** Declared mutations are cases, too. */
  readonly mutate: boolean;
  /** Golden blocks that differ are rewritten. */
  readonly update: boolean;
  /** Failing cases are repeated with single changes, to tell what would repair them. */
  readonly fix: boolean;
  readonly verbose: boolean;
  readonly colour: boolean;
  readonly debug: boolean;
  /** Frames are kept. */
  readonly capture: boolean;
  /** Undefined: no annotations. */
  readonly github: GithubPaths | undefined;
}

export interface Capture {
  readonly cell: CellPlan["cell"];
  readonly pcapng: Uint8Array;
}

export interface FileRun {
  readonly file: string;
  readonly stdout: string;
  readonly stderr: string;
  /** Exit code that the file alone asks for: 2 it cannot be read or something it needs, 3 a bug of ours; 0: its totals say. */
  readonly wrong: 0 | 2 | 3;
  readonly totals: Totals;
  readonly json: JsonFile;
  readonly junit: string;
  readonly captures: readonly Capture[];
  /** Files beside the scenario that were asked for, with what they held, or why they are not read; undefined: they were not there. */
  readonly reads: readonly (readonly [path: string, text: string | undefined])[];
}

/** Never throws: what breaks off the run of a file is told in what it returns, so that the other files can still be run. */
export function runFile(scenario: ScenarioFile, settings: RunSettings): FileRun {
  const captures: Capture[] = [];
  const collected = collectingIo(settings);
  const reads = new Map<string, string | undefined>();
  const watched = { ...scenario, readFile: remembering(scenario.readFile, reads) };
  try {
    const runIt = (file: ScenarioFile): FileResult => runOne(file, settings, captures);
    const ran = settings.update ? updated(watched, runIt, collected.io) : runIt(watched);
    const result = settings.fix ? withFixes(ran, watched, settings.seed, cellRunner(watched.readFile)) : ran;
    return { ...told(result, settings), stderr: collected.stderr(), captures, reads: [...reads] };
  } catch (error) {
    return { ...brokenRun(scenario.file, error, settings), reads: [...reads] };
  }
}

/** Before a file is read it counts as missing: reading may throw. */
function remembering(readFile: ReadFile, reads: Map<string, string | undefined>): ReadFile {
  return (path) => {
    reads.set(path, undefined);
    const text = readFile(path);
    reads.set(path, whatWasSeen(text));
    return text;
  };
}

/** By this it is seen whether a file is another than it was. */
export function whatWasSeen(read: ReturnType<ReadFile>): string | undefined {
  return typeof read === "object" ? read.refused : read;
}

/** What is told of a file whose run broke off by `error`. */
export function brokenRun(file: string, error: unknown, { seed, debug }: Pick<RunSettings, "seed" | "debug">): FileRun {
  const { io, stderr } = collectingIo({ debug, colour: false });
  const code = reportError(error, "run", io);
  const [message = ""] = stderr().split("\n", 1);
  return {
    file,
    stdout: "",
    stderr: `${file}: ${stderr()}`,
    wrong: code === 3 ? 3 : 2,
    totals: { passed: 0, failed: 1, skipped: 0 },
    json: jsonOfBroken(file, message),
    junit: junitOfBroken(file, message, seed),
    captures: [],
    reads: [],
  };
}

function told(
  result: FileResult,
  { seed, verbose, colour, github }: RunSettings,
): Omit<FileRun, "stderr" | "captures" | "reads"> {
  const text = formatFileResult(result, colour ? COLOURS : PLAIN, verbose);
  return {
    file: result.file,
    stdout: github === undefined ? text : withoutCommands(text) + githubLines(result, github),
    wrong: result.diagnostics.length > 0 ? 2 : 0,
    totals: countCases([result]),
    json: jsonOfFile(result),
    junit: junitOfFile(result, seed),
  };
}

/** The cases of a file; with --mutate, a further one for every mutation it declares. */
function runOne({ file, text, readFile }: ScenarioFile, settings: RunSettings, captures: Capture[]): FileResult {
  const { seed, mutate, capture } = settings;
  const run = cellRunner(readFile);
  // A file that is run again after an update leaves the frames of that run.
  captures.length = 0;
  const captured = capture ? capturingRunner(run, ({ cell }, pcapng) => captures.push({ cell, pcapng })) : run;
  const result = runScenarioText(file, text, readFile, seed, captured);
  if (!mutate || result.diagnostics.length > 0) return result;
  return { ...result, cells: [...result.cells, ...runMutations(file, text, readFile, seed, run, result)] };
}

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

function collectingIo({ debug, colour }: { debug: boolean; colour: boolean }): { io: Io; stderr: () => string } {
  let said = "";
  const say = (text: string): void => void (said += text);
  return { io: { stdout: say, stderr: say, colour, debug }, stderr: () => said };
}

/** Whether there are colours was decided before: a further thread has no terminal to look at. */
const ALWAYS = { validateStream: false };

const COLOURS: Style = {
  good: (text) => styleText("green", text, ALWAYS),
  bad: (text) => styleText("red", text, ALWAYS),
  dim: (text) => styleText("dim", text, ALWAYS),
};
