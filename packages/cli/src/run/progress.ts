// How far a long run has come, on stderr: a line that is written over in a terminal, elsewhere a line now and then.
import type { Io } from "../io.ts";

/** Wall ms. */
const TERMINAL_DELAY_MS = 500;
const LOG_DELAY_MS = 2_000;
const LOG_EVERY_MS = 10_000;

export class Progress {
  readonly #io: Pick<Io, "stderr" | "stderrIsTerminal">;
  readonly #total: number;
  readonly #now: () => number;
  readonly #started: number;
  #nextLog: number;
  #shown = "";

  /** `now`: wall ms of any clock. */
  constructor(io: Pick<Io, "stderr" | "stderrIsTerminal">, total: number, now: () => number = () => performance.now()) {
    this.#io = io;
    this.#total = total;
    this.#now = now;
    this.#started = now();
    this.#nextLog = this.#started + LOG_DELAY_MS;
  }

  /** `done` files have ended, `last` is the newest of them. */
  show(done: number, last: string): void {
    if (done === this.#total) return;
    const now = this.#now();
    const text = `${done} of ${this.#total} files`;
    if (this.#io.stderrIsTerminal === true) {
      if (now - this.#started >= TERMINAL_DELAY_MS) this.#write(`${text}  ${last}`);
    } else if (now >= this.#nextLog) {
      this.#nextLog = now + LOG_EVERY_MS;
      this.#io.stderr(`kubehop run: ${text}\n`);
    }
  }

  /** Before anything else is printed: the line goes. */
  clear(): void {
    if (this.#shown === "") return;
    this.#io.stderr("\r\u001B[K");
    this.#shown = "";
  }

  #write(text: string): void {
    this.clear();
    this.#shown = text;
    // One line of any terminal, whatever a file is called.
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    this.#io.stderr(text.replaceAll(/[\0-\x1f\x7f]/g, "?").slice(0, 79));
  }
}
