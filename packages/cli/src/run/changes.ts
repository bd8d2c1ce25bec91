// Hints that files may have changed: from the file system where it tells, else by looking from time to time.
import { type FSWatcher, watch } from "node:fs";

/** Where hints come from. A hint may be wrong, and several changes may give one. */
export interface Changes {
  /** From now on these folders count; those of earlier calls no longer do. */
  follow(folders: readonly string[]): void;
  /** True: something may have changed since the last call. False: it is over. */
  next(): Promise<boolean>;
  close(): void;
}

/** An editor writes in several strokes: they are one change. Wall ms. */
const GATHER_MS = 10;
/** Where the file system tells nothing (too many watches, a network drive). */
const POLL_MS = 100;
/** Beside what it tells: folders that are new, drives that tell of some changes only. */
const SLOW_POLL_MS = 1_000;

export class FolderChanges implements Changes {
  readonly #stop: AbortSignal;
  readonly #watchers = new Map<string, FSWatcher>();
  #deaf = false;
  #hinted = false;
  #wake: (() => void) | undefined;

  constructor(stop: AbortSignal) {
    this.#stop = stop;
    stop.addEventListener("abort", () => this.#wake?.(), { once: true });
  }

  follow(folders: readonly string[]): void {
    for (const [folder, watcher] of this.#watchers) {
      if (folders.includes(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    this.#deaf = false;
    for (const folder of folders) if (!this.#watchers.has(folder)) this.#listen(folder);
  }

  async next(): Promise<boolean> {
    if (!this.#hinted) await this.#sleep(this.#deaf ? POLL_MS : SLOW_POLL_MS);
    if (this.#hinted && !this.#stop.aborted) await this.#sleep(GATHER_MS);
    this.#hinted = false;
    return !this.#stop.aborted;
  }

  close(): void {
    this.follow([]);
  }

  #listen(folder: string): void {
    try {
      const watcher = watch(folder, () => this.#hint());
      watcher.on("error", () => this.#lose(folder));
      this.#watchers.set(folder, watcher);
    } catch {
      // It is looked at instead.
      this.#deaf = true;
    }
  }

  /** A folder that went is listened to again when it is back. */
  #lose(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
    this.#hint();
  }

  #hint(): void {
    if (this.#hinted) return;
    this.#hinted = true;
    this.#wake?.();
  }

  async #sleep(ms: number): Promise<void> {
    if (this.#stop.aborted) return;
    await new Promise<void>((done) => {
      const timer = setTimeout(done, ms);
      this.#wake = () => {
        clearTimeout(timer);
        done();
      };
    });
    this.#wake = undefined;
  }
}
