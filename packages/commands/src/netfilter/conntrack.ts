// conntrack (conntrack-tools): the words go to the namespace's connection tracking; -E runs until it is interrupted.

import { conntrackCommand, conntrackEvents, isEventCommand, recordConfig } from "@kubehop/netstack";
import type { ShellCommand, ShellContext } from "../context.ts";
import type { RunningCommand } from "../process.ts";
import { ended, Task } from "../process.ts";
import { passOn } from "../refuse.ts";

export const conntrack: ShellCommand = {
  name: "conntrack",
  summary: "tracked connections: -L -D -F -C -S -E",
  start: (ctx, args) => (isEventCommand(args) ? watch(ctx, args) : ended(runOnce(ctx, args))),
};

function runOnce(ctx: ShellContext, args: readonly string[]): number {
  const result = conntrackCommand(ctx.ns, args);
  recordConfig(ctx.ns, { op: "conntrack", args }, result.exit !== 0);
  return passOn(ctx, result);
}

function watch(ctx: ShellContext, args: readonly string[]): RunningCommand {
  const watching = conntrackEvents(ctx.ns, args, (line) => ctx.stdout(`${line}\n`));
  if ("exit" in watching) return ended(passOn(ctx, watching));
  const task = new Task();
  task.onInterrupt = () => {
    ctx.stderr(watching.stop());
    task.exit(0);
  };
  return task;
}
