// Texts for what is not modelled: said on stderr, by name, with the exit code of wrong usage.

import type { ShellContext } from "./context.ts";
import { EXIT_USAGE } from "./process.ts";

/** `tool: what is not modelled by kubehop`. */
export function refuse(ctx: ShellContext, tool: string, what: string): number {
  ctx.stderr(`${tool}: ${what} is not modelled by kubehop\n`);
  return EXIT_USAGE;
}

/** Print a tool's own complaint and give its exit code. */
export function complain(ctx: ShellContext, text: string, code: number): number {
  ctx.stderr(`${text}\n`);
  return code;
}
