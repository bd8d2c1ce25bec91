// What commands of this package get beyond netstack's context, and what they are.

import type { Command, CommandContext } from "@kubehop/netstack";
import type { KubeAccess } from "./kube-access.ts";
import type { RunningCommand } from "./process.ts";

export interface ShellContext extends CommandContext {
  /** The API server as seen from here; undefined: no kubectl configuration at this place. */
  readonly kube: KubeAccess | undefined;
  /** Files beside the scenario (manifests named on the command line), after `files`; undefined: no such file. */
  readFile(path: string): string | undefined;
  /** Start another command line at this place, with this context's streams. */
  start(line: string): RunningCommand;
  /**
   * Tell that something typed is not modelled, in a sentence that names it: a mistake of the scenario wherever it stands in a line,
   * unlike a real tool's failure, which is an exit code. What is printed and the exit code are the command's business.
   */
  refuse(text: string): void;
}

/** A command as the shell starts it. Others' commands (netstack's `Command`) come in by `Registry.register`. */
export interface ShellCommand extends Command {
  start(ctx: ShellContext, args: readonly string[]): RunningCommand;
  /**
   * For the right side of a pipe: true when `input` (all so far) is as much as it will read. The left side then gets
   * SIGPIPE's effect: `tcpdump | head -3` ends. Absent: reads everything.
   */
  satisfied?(args: readonly string[], input: string): boolean;
}
