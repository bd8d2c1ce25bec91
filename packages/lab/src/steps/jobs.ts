// Commands in the background of a scenario, and `fg`, which brings one back. Unlike a shell's, they may be brought back at any place
// and in any later step: the id of a step stands for its job.

import { ended, Task } from "@kubehop/commands";
import { FG } from "../load/commands.ts";
import type { ClientOutcome, RunningCommand, ShellCommand, ShellContext } from "@kubehop/commands";

interface Job {
  readonly id: string;
  readonly process: RunningCommand;
  /** Printed since the start and not shown yet. */
  output: string;
}

/** Where and when a request began. */
export interface RequestStart {
  /** The client's namespace. */
  readonly ns: string;
  /** Requests that servers had seen before. */
  readonly servedBefore: number;
  /** Virtual ms since time 0. */
  readonly at: number;
  /** Events of the cluster that had happened before. */
  readonly eventsBefore: number;
  /** What the observer wants to know it by. */
  readonly token: unknown;
}

export class Jobs {
  readonly #jobs: Job[] = [];
  readonly #starts = new WeakMap<ClientOutcome, RequestStart>();

  /** `fg [ID]`: interrupt a job, the newest without an id, as ^C after fg would, and show what it has printed. */
  readonly fg: ShellCommand = {
    name: FG,
    summary: "end a background command (fg ID OF ITS STEP) and show what it has printed",
    start: (ctx, args) => this.#foreground(ctx, args[0]),
  };

  /** `start`: what `startOf` says of the job's request. `begin` starts the command, printing to what it is given. */
  add(id: string, start: RequestStart, begin: (stdout: (text: string) => void) => RunningCommand): void {
    let early = "";
    let print = (text: string): void => void (early += text);
    const process = begin((text) => print(text));
    const job: Job = { id, process, output: early };
    print = (text) => void (job.output += text);
    process.onExit(() => {
      if (process.outcome !== undefined) this.#starts.set(process.outcome, start);
    });
    this.#jobs.push(job);
  }

  /** How a job's request began; undefined: it is not a job's. */
  startOf(outcome: ClientOutcome): RequestStart | undefined {
    return this.#starts.get(outcome);
  }

  #foreground(ctx: ShellContext, id: string | undefined): RunningCommand {
    const job = id === undefined ? this.#jobs.at(-1) : this.#jobs.find((one) => one.id === id);
    if (job === undefined) {
      ctx.stderr(`bash: fg: ${id ?? "current"}: no such job\n`);
      return ended(1);
    }
    const task = new Task();
    job.process.interrupt();
    job.process.onExit(() => {
      ctx.stdout(job.output);
      job.output = "";
      task.exit(job.process.exitCode ?? 0, job.process.outcome);
    });
    return task;
  }
}
