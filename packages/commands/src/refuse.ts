// Texts for what is not modelled: said on stderr, by name, with the exit code of wrong usage.

import type { ShellContext } from "./context.ts";
import { EXIT_USAGE } from "./process.ts";

export interface ToolOutput {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number;
  /** The real tool takes it, kubehop does not. */
  readonly unmodelled?: true;
}

/** `tool: what is not modelled by kubehop`. */
export function refuse(ctx: ShellContext, tool: string, what: string): number {
  const text = `${tool}: ${what} is not modelled by kubehop`;
  ctx.stderr(`${text}\n`);
  ctx.refuse(text);
  return EXIT_USAGE;
}

/** What netstack's tools give back: printed, and told on when it was a refusal. The exit code. */
export function passOn(ctx: ShellContext, { stdout, stderr, exit, unmodelled }: ToolOutput): number {
  if (stdout !== "") ctx.stdout(stdout);
  if (stderr !== "") ctx.stderr(stderr);
  if (unmodelled === true) ctx.refuse(stderr.trimEnd());
  return exit;
}

/** The same beside a tool's own complaint: `kubehop: WHAT is not modelled`. */
export function refuseByName(ctx: ShellContext, what: string): void {
  const text = `kubehop: ${what} is not modelled`;
  ctx.stderr(`${text}\n`);
  ctx.refuse(text);
}

/** Print a tool's own complaint and give its exit code. */
export function complain(ctx: ShellContext, text: string, code: number): number {
  ctx.stderr(`${text}\n`);
  return code;
}
