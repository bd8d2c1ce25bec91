// `run --watch`: a warm process that runs again what has changed: a scenario, or whatever uses a manifest.
import { type Io, UsageError } from "../io.ts";
import { type FoundScenarios, isFolder, type ScenarioFile } from "../scenario-files.ts";
import { dirname, resolve } from "node:path";
import { type Changes, FolderChanges } from "./changes.ts";
import type { FileRun } from "./file-run.ts";

export interface WatchSession {
  readonly io: Io;
  /** What there is now. Throws UsageError. */
  find(): FoundScenarios;
  /** Arguments of the command, files and folders. */
  readonly folders: readonly string[];
  run(files: readonly ScenarioFile[], onRun: (run: FileRun) => void): Promise<void>;
  /** Writes reports and totals, and gives the exit code. */
  finish(runs: readonly FileRun[], found: FoundScenarios): number;
  /** Where hints that something may have changed come from; undefined: the file system. */
  readonly changes?: Changes;
}

/** Runs until it is interrupted; the exit code is that of the last run. */
export async function watch(session: WatchSession): Promise<number> {
  const stop = session.io.interrupted?.() ?? new AbortController().signal;
  const changes = session.changes ?? new FolderChanges(stop);
  const watched = new Watched(session);
  try {
    do {
      changes.follow(watched.folders());
      await watched.look();
      changes.follow(watched.folders());
    } while (await changes.next());
  } finally {
    changes.close();
  }
  return watched.code;
}

/** The scenarios and how their last runs ended. */
class Watched {
  /** Of the last run. */
  code = 2;
  readonly #session: WatchSession;
  #known = new Map<string, Known>();
  /** What was said last of arguments that name nothing. */
  #problem = "";

  constructor(session: WatchSession) {
    this.#session = session;
  }

  /** Folders with something that is read. */
  folders(): string[] {
    const named = this.#session.folders.map(folderOf);
    const used = [...this.#known.values()].flatMap(({ scenario, run }) => [
      dirname(scenario.file),
      ...run.reads.map(([path]) => dirname(resolve(dirname(scenario.file), path))),
    ]);
    return [...new Set([...named, ...used].map((folder) => resolve(folder)))];
  }

  /** Runs what is new or has changed. */
  async look(): Promise<void> {
    const found = this.#find();
    if (found === undefined) return;
    const stale = found.scenarios.filter((scenario) => isStale(scenario, this.#known.get(scenario.file)));
    const names = new Set(found.scenarios.map(({ file }) => file));
    const gone = [...this.#known.keys()].some((file) => !names.has(file));
    if (stale.length === 0 && !gone && this.#problem === "") return;
    this.#problem = "";
    await this.#run(stale, found);
  }

  async #run(stale: readonly ScenarioFile[], found: FoundScenarios): Promise<void> {
    const fresh = new Map<string, FileRun>();
    await this.#session.run(stale, (run) => fresh.set(run.file, run));
    const known = new Map<string, Known>();
    for (const scenario of found.scenarios) {
      const run = fresh.get(scenario.file) ?? this.#known.get(scenario.file)?.run;
      if (run !== undefined) known.set(scenario.file, { scenario, run });
    }
    this.#known = known;
    this.#show(fresh, found);
  }

  /** What was run now, and what is still wrong elsewhere. */
  #show(fresh: ReadonlyMap<string, FileRun>, found: FoundScenarios): void {
    const { io } = this.#session;
    this.#clear();
    const runs = [...this.#known.values()].map(({ run }) => run);
    for (const run of runs) {
      if (!fresh.has(run.file) && run.totals.failed === 0) continue;
      io.stderr(run.stderr);
      io.stdout(run.stdout);
    }
    this.code = this.#session.finish(runs, found);
    io.stderr(`watching ${runs.length === 1 ? "1 file" : `${runs.length} files`}, ^C ends\n`);
  }

  #find(): FoundScenarios | undefined {
    try {
      return this.#session.find();
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      this.#complain(error.message);
      return undefined;
    }
  }

  /** Once: a file that is being replaced is missing for a moment. */
  #complain(message: string): void {
    if (message === this.#problem) return;
    this.#problem = message;
    this.code = 2;
    this.#clear();
    this.#session.io.stderr(`kubehop run: ${message}\n`);
  }

  #clear(): void {
    if (this.#session.io.stdoutIsTerminal === true) this.#session.io.stdout("\u001B[2J\u001B[3J\u001B[H");
  }
}

interface Known {
  readonly scenario: ScenarioFile;
  readonly run: FileRun;
}

/** Its text, or the text of anything it read, is another than it was. Times of files say nothing: texts do. */
function isStale(scenario: ScenarioFile, known: Known | undefined): boolean {
  if (known === undefined || known.scenario.text !== scenario.text) return true;
  return known.run.reads.some(([path, text]) => readAgain(scenario, path) !== text);
}

function readAgain({ readFile }: ScenarioFile, path: string): string | undefined {
  try {
    return readFile(path);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return undefined;
  }
}

function folderOf(argument: string): string {
  try {
    return isFolder(argument) ? argument : dirname(argument);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return dirname(argument);
  }
}
