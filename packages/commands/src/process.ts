// Running commands. Nothing waits: a command ends by calling `exit`, and who wants to know has left a function.

import type { Process } from "@kubehop/netstack";
import type { ClientOutcome } from "./outcome.ts";

/** Exit code of a command that was ended by SIGINT. */
export const EXIT_INTERRUPTED = 130;
/** Exit code for wrong usage and for everything that is refused because it is not modelled. */
export const EXIT_USAGE = 2;

export interface RunningCommand extends Process {
  /** Of the (last) request it made; undefined when it made none or has not ended. */
  readonly outcome: ClientOutcome | undefined;
  /** Calls `fn` once when the command has ended; at once if it has. */
  onExit(fn: () => void): void;
}

/** The usual process: `exit` ends it, `onInterrupt` says what SIGINT does (default: it ends with 130). */
export class Task implements RunningCommand {
  exitCode: number | undefined;
  outcome: ClientOutcome | undefined;
  onInterrupt: () => void = () => this.exit(EXIT_INTERRUPTED);
  private listeners: (() => void)[] = [];

  exit(code: number, outcome?: ClientOutcome): void {
    if (this.exitCode !== undefined) return;
    this.exitCode = code;
    if (outcome !== undefined) this.outcome = outcome;
    const listeners = this.listeners;
    this.listeners = [];
    for (const fn of listeners) fn();
  }

  interrupt(): void {
    if (this.exitCode === undefined) this.onInterrupt();
  }

  onExit(fn: () => void): void {
    if (this.exitCode === undefined) this.listeners.push(fn);
    else fn();
  }
}

/** A command that has already ended. */
export function ended(code: number, outcome?: ClientOutcome): RunningCommand {
  const task = new Task();
  task.exit(code, outcome);
  return task;
}
