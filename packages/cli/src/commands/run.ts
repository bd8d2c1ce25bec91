// `kubehop run`: scenarios, one result line per case, the totals last.
import { addTotals, exitCodeOf, formatTotals, type Totals } from "@kubehop/lab";
import { availableParallelism } from "node:os";
import { type Io, UsageError } from "../io.ts";
import { DEFAULT_SEED, parseOptions, wholeNumber } from "../options.ts";
import { brokenRun, type FileRun, type RunSettings } from "../run/file-run.ts";
import { githubPaths } from "../run/github.ts";
import { Progress } from "../run/progress.ts";
import { runFiles, usefulJobs } from "../run/queue.ts";
import { CaptureFolder, checkReportFiles, type ReportFiles, writeReports } from "../run/reports.ts";
import { parseShard, type Shard, shardOf } from "../run/shard.ts";
import { watch } from "../run/watch.ts";
import { findScenarios, type FoundScenarios, type ScenarioFile } from "../scenario-files.ts";

const OPTIONS = {
  seed: { type: "string" },
  json: { type: "string" },
  junit: { type: "string" },
  update: { type: "boolean" },
  mutate: { type: "boolean" },
  pcapng: { type: "string" },
  verbose: { type: "boolean" },
  "no-fix": { type: "boolean" },
  jobs: { type: "string" },
  shard: { type: "string" },
  watch: { type: "boolean" },
  github: { type: "boolean" },
} as const;

type Values = ReturnType<typeof parseOptions<typeof OPTIONS>>["values"];

export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseOptions(args, OPTIONS);
  const session = new Session(values, io);
  if (values.watch === true) return await session.watch(positionals);
  return await session.runOnce(positionals);
}

/** Options that say different things of the same. */
const EXCLUDE: readonly (readonly [keyof Values, keyof Values])[] = [
  ["watch", "update"],
  ["watch", "pcapng"],
  ["watch", "shard"],
];

class Session {
  readonly #io: Io;
  readonly #settings: RunSettings;
  readonly #reports: ReportFiles;
  readonly #captures: CaptureFolder | undefined;
  readonly #jobs: number | undefined;
  readonly #shard: Shard | undefined;

  constructor(values: Values, io: Io) {
    for (const [one, other] of EXCLUDE)
      if (values[one] !== undefined && values[other] !== undefined)
        throw new UsageError(`--${one} and --${other} exclude each other`);
    this.#io = io;
    this.#settings = settingsOf(values, io);
    this.#reports = { json: values.json, junit: values.junit };
    this.#captures = values.pcapng === undefined ? undefined : new CaptureFolder(values.pcapng);
    this.#jobs = values.jobs === undefined ? undefined : jobsOf(values.jobs);
    this.#shard = parseShard(values.shard);
  }

  async runOnce(args: readonly string[]): Promise<number> {
    const found = findScenarios(args, this.#io);
    const files = shardOf(found.scenarios, this.#shard);
    checkReportFiles(this.#reports, found.scenarios);
    const runs: FileRun[] = [];
    const progress = new Progress(this.#io, files.length);
    await this.#run(files, (run) => {
      const saved = this.#save(run);
      runs.push(saved);
      progress.clear();
      this.#io.stderr(saved.stderr);
      this.#io.stdout(saved.stdout);
      progress.show(runs.length, saved.file);
    });
    return this.#finish(runs, found.unreadable);
  }

  async watch(args: readonly string[]): Promise<number> {
    return await watch({
      io: this.#io,
      find: () => findScenarios(args, this.#io),
      folders: args,
      run: (files, onRun) => this.#run(files, onRun),
      finish: (runs, { unreadable, scenarios }) => {
        checkReportFiles(this.#reports, scenarios);
        return this.#finish(runs, unreadable);
      },
    });
  }

  async #run(files: readonly ScenarioFile[], onRun: (run: FileRun) => void): Promise<void> {
    const jobs = this.#jobs ?? usefulJobs(files.length, availableParallelism());
    await runFiles(files, this.#settings, jobs, this.#io.program, onRun);
  }

  /** Where the frames cannot be written, the file was not run as it was asked for. */
  #save(run: FileRun): FileRun {
    try {
      for (const capture of run.captures) this.#captures?.save(run.file, capture);
      return run;
    } catch (error) {
      return brokenRun(run.file, error, this.#settings);
    }
  }

  /** Reports, the last line, the exit code. */
  #finish(runs: readonly FileRun[], unreadable: FoundScenarios["unreadable"]): number {
    const totals = totalsOf(runs, unreadable);
    writeReports(this.#reports, runs, totals, this.#settings.seed);
    this.#io.stdout(`${formatTotals(totals)}\n`);
    const wrong = Math.max(unreadable > 0 ? 2 : 0, ...runs.map((run) => run.wrong));
    return wrong === 3 ? 3 : exitCodeOf(totals, wrong > 0);
  }
}

function totalsOf(runs: readonly FileRun[], unreadable: number): Totals {
  const none: Totals = { passed: 0, failed: unreadable, skipped: 0 };
  return runs.reduce((sum, { totals }) => addTotals(sum, totals), none);
}

function settingsOf(values: Values, io: Io): RunSettings {
  return {
    seed: wholeNumber("seed", values.seed, DEFAULT_SEED),
    mutate: values.mutate === true,
    update: values.update === true,
    // Repairs take longer than the verdict that somebody waits for after saving.
    fix: values["no-fix"] !== true && values.mutate !== true && values.watch !== true,
    verbose: values.verbose === true,
    colour: io.colour,
    debug: io.debug,
    capture: values.pcapng !== undefined,
    github: githubPaths(values.github === true, io.env ?? {}),
  };
}

function jobsOf(text: string): number {
  const jobs = wholeNumber("jobs", text, 1);
  if (jobs < 1 || jobs > 256) throw new UsageError(`--jobs wants a number from 1 to 256, found ${text}`);
  return jobs;
}
