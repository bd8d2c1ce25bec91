// conntrack (conntrack-tools): the words go to the namespace's connection tracking; -E runs until it is interrupted.

import { conntrackCommand, conntrackEvents, isEventCommand } from "@kubehop/netstack";
import type { ShellCommand, ShellContext } from "../context.ts";
import type { RunningCommand } from "../process.ts";
import { ended, Task } from "../process.ts";

export const conntrack: ShellCommand = {
  name: "conntrack",
  summary: "tracked connections: -L -D -F -C -S -E",
  start: (ctx, args) => (isEventCommand(args) ? watch(ctx, args) : ended(print(ctx, conntrackCommand(ctx.ns, args)))),
};

function print(
  ctx: ShellContext,
  { stdout, stderr, exit }: { readonly stdout: string; readonly stderr: string; readonly exit: number },
): number {
  if (stdout !== "") ctx.stdout(stdout);
  if (stderr !== "") ctx.stderr(stderr);
  return exit;
}

function watch(ctx: ShellContext, args: readonly string[]): RunningCommand {
  const watching = conntrackEvents(ctx.ns, args, (line) => ctx.stdout(`${line}\n`));
  if ("exit" in watching) return ended(print(ctx, watching));
  const task = new Task();
  task.onInterrupt = () => {
    ctx.stderr(watching.stop());
    task.exit(0);
  };
  return task;
}
