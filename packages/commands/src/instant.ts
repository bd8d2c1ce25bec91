// Commands that end at once: a function of context and words to an exit code.

import type { ShellCommand, ShellContext } from "./context.ts";
import { ended } from "./process.ts";

export type Instant = (ctx: ShellContext, args: readonly string[]) => number;

export function instant(name: string, summary: string, run: Instant): ShellCommand {
  return { name, summary, start: (ctx, args) => ended(run(ctx, args)) };
}
