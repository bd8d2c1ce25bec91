// Files run in file order, or by several threads that take the next file each; what comes out is in file order either way.
import { setImmediate as nextTurn } from "node:timers/promises";
import { type ScenarioFile } from "../scenario-files.ts";
import { brokenRun, type FileRun, runFile, type RunSettings } from "./file-run.ts";
import { startWorkers, type WorkerGroup } from "./workers.ts";

/** Files that are worth a second thread: it takes as long to start as a few small files to run. */
const FILES_PER_JOB = 4;

/** Threads for so many files when nobody says. */
export function usefulJobs(files: number, processors: number): number {
  return Math.max(1, Math.min(processors, Math.floor(files / FILES_PER_JOB)));
}

/**
 * Runs all files and calls `onRun` for each, in the order of the files. `jobs`: threads, this one included. `program`: what a further
 * thread starts with; without it everything is run here.
 */
export async function runFiles(
  files: readonly ScenarioFile[],
  settings: RunSettings,
  jobs: number,
  program: string | undefined,
  onRun: (run: FileRun) => void,
): Promise<void> {
  const order = new InOrder(onRun);
  const more = Math.min(jobs, files.length) - 1;
  if (more < 1 || program === undefined) return await runHere(files, settings, order);
  const group = startWorkers(program, files, settings, more, (index, run) => order.add(index, run));
  try {
    await runWith(group, files, settings, order);
  } finally {
    await group.stop();
  }
}

async function runHere(files: readonly ScenarioFile[], settings: RunSettings, order: InOrder): Promise<void> {
  for (const [index, file] of files.entries()) {
    order.add(index, runFile(file, settings));
    await nextTurn();
  }
}

async function runWith(
  group: WorkerGroup,
  files: readonly ScenarioFile[],
  settings: RunSettings,
  order: InOrder,
): Promise<void> {
  for (let index = group.take(); index !== undefined; index = group.take()) {
    const file = files[index];
    if (file !== undefined) order.add(index, runFile(file, settings));
    // What workers have sent is heard now.
    await nextTurn();
  }
  await group.ended();
  for (const [index, { file }] of files.entries()) {
    if (!order.has(index)) order.add(index, brokenRun(file, group.problem(), settings));
  }
}

/** Hands on what comes in any order, by index, as soon as everything before it has come. */
class InOrder {
  readonly #onRun: (run: FileRun) => void;
  readonly #waiting = new Map<number, FileRun>();
  #next = 0;

  constructor(onRun: (run: FileRun) => void) {
    this.#onRun = onRun;
  }

  has(index: number): boolean {
    return index < this.#next || this.#waiting.has(index);
  }

  add(index: number, run: FileRun): void {
    this.#waiting.set(index, run);
    for (let next = this.#waiting.get(this.#next); next !== undefined; next = this.#waiting.get(this.#next)) {
      this.#waiting.delete(this.#next++);
      this.#onRun(next);
    }
  }
}
