// Whatever is in a file, loading ends soon with a scenario or with mistakes that have their places; running what loads ends too.
// FUZZ_CASES and FUZZ_SEED choose how many and which; `node scripts/fuzz-yaml.mjs` runs ten thousand.
import { appendFileSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { renderDiagnostics, type SourceText } from "@kubehop/kube";
import { Random } from "@kubehop/sim";
import { describe, expect, it } from "vitest";
import { runScenarioText } from "../../src/expect/run-file.ts";
import type { ReadFile } from "../../src/load/context.ts";
import { loadScenario } from "../../src/load/load-scenario.ts";
import type { CellPlan, LoadResult } from "../../src/model/scenario.ts";
import { cellRunner } from "../../src/steps/run-steps.ts";
import { damaged, pick } from "./mutate-text.ts";
import { randomFile } from "./random-file.ts";

const CASES = Number(process.env["FUZZ_CASES"] ?? 600);
const SEED = process.env["FUZZ_SEED"] ?? "yaml";
/** Above it a case counts as one that hangs; on an idle machine the slowest takes a fraction. */
const HANG = 20_000;

const root = join(import.meta.dirname, "../../../..");
const wrongFiles = join(import.meta.dirname, "../diagnostics");

interface Seed {
  readonly file: string;
  readonly text: string;
}

function yamlBelow(folder: string): Seed[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => ({ file: join(folder, name), text: readFileSync(join(folder, name), "utf8") }));
}

const corpus = [
  ...yamlBelow(join(root, "scenarios")),
  ...yamlBelow(wrongFiles),
  ...yamlBelow(join(root, "docs/examples")),
];
const all = corpus.filter(({ text }) => /^(?:scenario|lab):/m.test(text));
const scenarios = all.filter(({ file }) => !file.startsWith(wrongFiles));
const wrong = all.filter(({ file }) => file.startsWith(wrongFiles));
const texts = corpus.map(({ text }) => text);

interface Case {
  readonly text: string;
  readonly readFile: ReadFile;
}

/** A damaged scenario, a scenario whose manifests are damaged, or a random file. */
function makeCase(random: Random): Case {
  const kind = random.below(10);
  if (kind < 2) return { text: randomFile(random), readFile: beside(wrongFiles, (text) => text) };
  const { file, text } = pick(random.below(4) === 0 ? wrong : scenarios, random);
  const spoil = (whole: string): string => damaged(whole, random, texts);
  if (kind < 5) return { text, readFile: beside(dirname(file), spoil) };
  return { text: spoil(text), readFile: beside(dirname(file), (whole) => whole) };
}

const byName: ReadonlyMap<string, string> = new Map(corpus.map(({ file, text }) => [file, text]));

/** Files of a folder, each changed once. */
function beside(folder: string, change: (text: string) => string): ReadFile {
  const known = new Map<string, string | undefined>();
  return (path) => {
    const text = byName.get(join(folder, path));
    if (!known.has(path)) known.set(path, text === undefined ? undefined : change(text));
    return known.get(path);
  };
}

/** Every mistake has words, and a place in a file that was read. */
function checkPlaces({ diagnostics, sources }: Extract<LoadResult, { ok: false }>): void {
  expect(diagnostics.length).toBeGreaterThan(0);
  const byFile = new Map<string, SourceText>(sources.map((source) => [source.file, source]));
  for (const { file, line, col, endCol, message } of diagnostics) {
    const source = byFile.get(file);
    if (source === undefined) throw new Error(`${file} was not read`);
    const lines = source.text.split("\n").length;
    const width = source.lineOf(line).length;
    const inside = line >= 1 && line <= lines && col >= 1 && col <= width + 1 && endCol > col && endCol <= width + 2;
    if (!inside || message === "")
      throw new Error(`${file}:${line}:${col}-${endCol} ${message}: outside of ${lines} lines, ${width} wide`);
  }
  expect(renderDiagnostics(diagnostics, sources)).not.toBe("");
}

/** What takes no longer than a blink. */
function isShort({ steps, cluster }: CellPlan): boolean {
  const calm = steps.every(({ repeat, at = 0, action }) => repeat <= 3 && at <= 60_000 && waits(action) <= 60_000);
  return (
    calm && steps.length <= 20 && cluster.nodes.length <= 4 && !/sleep|seq|while|-c \d{2,}/.test(JSON.stringify(steps))
  );
}

function waits(action: CellPlan["steps"][number]["action"]): number {
  return action.kind === "wait" ? action.ms : action.kind === "send" ? action.timeout : 0;
}

interface Tally {
  loaded: number;
  run: number;
  /** Loading alone, in ms, and of which case. */
  slowest: number;
  slowestCase: string;
}

/** Loads, and runs when it is short and `mayRun`. */
function tryCase(name: string, { text, readFile }: Case, mayRun: boolean, tally: Tally): void {
  const started = cpuTime();
  const loaded = loadScenario("fuzz.yaml", text, readFile);
  const took = cpuTime() - started;
  if (took > tally.slowest) [tally.slowest, tally.slowestCase] = [took, name];
  if (!loaded.ok) return checkPlaces(loaded);
  tally.loaded++;
  if (!mayRun || loaded.scenario.cells.length > 4 || !loaded.scenario.cells.every(isShort)) return;
  tally.run++;
  runScenarioText("fuzz.yaml", text, readFile, 1, cellRunner(readFile));
}

describe("fuzzed YAML", () => {
  it(`${CASES} files end with a scenario or with mistakes in their places`, () => {
    const tally: Tally = { loaded: 0, run: 0, slowest: 0, slowestCase: "" };
    const failures: string[] = [];
    for (let index = 0; index < CASES && failures.length < 20; index++) {
      const name = `${SEED} ${index}`;
      const made = makeCase(new Random(name));
      try {
        tryCase(name, made, index % 3 === 0, tally);
      } catch (error) {
        failures.push(`${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      }
    }
    report(tally);
    expect(failures.join("\n\n")).toBe("");
    // Most of what is only a little wrong still says what it is about; some of it is a scenario.
    expect(tally.loaded).toBeGreaterThan(CASES / 50);
    expect(tally.slowest).toBeLessThan(HANG);
  }, 3_600_000);
});

/** In ms; other programs of the machine do not count. */
function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** For `scripts/fuzz-yaml.mjs`. */
function report({ loaded, run, slowest, slowestCase }: Tally): void {
  const file = process.env["FUZZ_REPORT"];
  if (file === undefined) return;
  const slow = `slowest to load ${slowest.toFixed(0)} ms (${slowestCase})`;
  appendFileSync(file, `${CASES} files, ${loaded} loaded, ${run} run, ${slow}\n`);
}
