// Commands by name. A registry belongs to one lab; packages above may add theirs.

import type { Command } from "@kubehop/netstack";
import type { ShellCommand, ShellContext } from "./context.ts";
import type { RunningCommand } from "./process.ts";
import { Task } from "./process.ts";

/** How often a foreign process without a bell is looked at, virtual ms. */
const POLL_MS = 1;

export class Registry {
  private readonly commands = new Map<string, ShellCommand>();

  /** Take commands in under their names; a later one of the same name replaces it. */
  add(...commands: readonly ShellCommand[]): this {
    for (const command of commands) this.commands.set(command.name, command);
    return this;
  }

  /** Take in a command written against netstack's contract alone: its end is noticed by the clock. */
  register(command: Command): this {
    return this.add({
      name: command.name,
      summary: command.summary,
      start: (ctx, args) => watched(command, ctx, args),
    });
  }

  get(name: string): ShellCommand | undefined {
    return this.commands.get(name);
  }

  /** In order of name. */
  list(): readonly ShellCommand[] {
    return [...this.commands.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}

function watched(command: Command, ctx: ShellContext, args: readonly string[]): RunningCommand {
  const process = command.start(ctx, args);
  const task = new Task();
  const clock = ctx.ns.world.clock;
  task.onInterrupt = () => process.interrupt();
  const look = (): void => {
    if (process.exitCode === undefined) clock.schedule(POLL_MS, look);
    else task.exit(process.exitCode);
  };
  look();
  return task;
}
