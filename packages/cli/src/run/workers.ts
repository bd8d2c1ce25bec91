// Further threads for a run. Nobody hands out work: the number of the next file stands in shared memory, and who is free takes it.
import { once } from "node:events";
import { parentPort, Worker, workerData } from "node:worker_threads";
import { scenarioFile, type ScenarioFile } from "../scenario-files.ts";
import { type FileRun, runFile, type RunSettings } from "./file-run.ts";

/** What a worker starts with. */
interface Work {
  readonly kind: typeof WORK;
  readonly files: readonly { readonly file: string; readonly text: string }[];
  readonly settings: RunSettings;
  /** One 32-bit number: the file to be taken next. */
  readonly next: SharedArrayBuffer;
}

const WORK = "kubehop run";

interface Done {
  readonly index: number;
  readonly run: FileRun;
}

export interface WorkerGroup {
  /** Index of a file that nobody else will run; undefined: all are taken. */
  take(): number | undefined;
  /** All workers have ended. */
  ended(): Promise<void>;
  /** Why a file that a worker took was not run. */
  problem(): Error;
  stop(): Promise<void>;
}

export function startWorkers(
  program: string,
  files: readonly ScenarioFile[],
  settings: RunSettings,
  count: number,
  onDone: (index: number, run: FileRun) => void,
): WorkerGroup {
  const next = new SharedArrayBuffer(4);
  const texts = files.map(({ file, text }) => ({ file, text }));
  const data: Work = { kind: WORK, files: texts, settings, next };
  let problem: Error | undefined;
  const workers = Array.from({ length: count }, () => {
    const worker = new Worker(program, { workerData: data });
    worker.on("message", ({ index, run }: Done) => onDone(index, run));
    worker.on("error", (error: Error) => (problem ??= error));
    return { worker, exit: once(worker, "exit").catch(() => undefined) };
  });
  return {
    take: () => takeNext(next, files.length),
    ended: async () => void (await Promise.all(workers.map(({ exit }) => exit))),
    problem: () => problem ?? new Error("a worker ended before its file did"),
    stop: async () => void (await Promise.all(workers.map(({ worker }) => worker.terminate()))),
  };
}

function takeNext(next: SharedArrayBuffer, count: number): number | undefined {
  const index = Atomics.add(new Int32Array(next), 0, 1);
  return index < count ? index : undefined;
}

/** What a thread does that startWorkers started; nothing in any other. */
export function workIfWorker(): void {
  if (parentPort === null || !isWork(workerData)) return;
  const { files, settings, next } = workerData;
  for (let index = takeNext(next, files.length); index !== undefined; index = takeNext(next, files.length)) {
    const taken = files[index];
    if (taken === undefined) break;
    const run = runFile(scenarioFile(taken.file, taken.text), settings);
    const done: Done = { index, run };
    parentPort.postMessage(done);
  }
}

function isWork(data: unknown): data is Work {
  return typeof data === "object" && data !== null && "kind" in data && data.kind === WORK;
}
