// What the parts of `ip` and `bridge` share: global options, output, changes.

import { applyBatch } from "@kubehop/netstack";
import type { ConfigOp } from "@kubehop/netstack";
import type { ShellContext } from "../context.ts";
import { EXIT_USAGE } from "../process.ts";
import { IpNotModelled, IpUsageError } from "./words.ts";

export interface IpOptions {
  /** -d. */
  readonly details: boolean;
  /** -j. */
  readonly json: boolean;
  /** -4: only addresses of IPv4, no link line. */
  readonly inet: boolean;
  readonly oneline: boolean;
  readonly brief: boolean;
  /** -s. */
  readonly stats: boolean;
}

export interface IpRun {
  readonly ctx: ShellContext;
  readonly options: IpOptions;
  /** The tool's name: `ip` or `bridge`. */
  readonly tool: string;
}

/** Runs a tool of iproute2: its complaints are printed, refusals told on. */
export function withUsage(ctx: ShellContext, run: () => number): number {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof IpUsageError)) throw error;
    ctx.stderr(`${error.message}\n`);
    if (error instanceof IpNotModelled) ctx.refuse(error.message);
    return error.code;
  }
}

/** Apply changes; the exit code iproute2 gives. */
export function change({ ctx, tool }: IpRun, ops: readonly ConfigOp[]): number {
  const error = applyBatch(ctx.ns, { agent: tool, ops, ...(ctx.origin === undefined ? {} : { origin: ctx.origin }) });
  if (error === null) return 0;
  ctx.stderr(`${error.message}\n`);
  if (error.unmodelled === true) ctx.refuse(`${tool}: ${error.message}`);
  return exitCodeOf(error.message);
}

/** The kernel's refusals give 2; wrong arguments -1; names that cannot be resolved 1. */
function exitCodeOf(message: string): number {
  if (message.startsWith("Error: argument")) return 255;
  if (
    message.startsWith("RTNETLINK") ||
    (message.startsWith("Error: ") && !message.includes(" is expected rather than "))
  )
    return EXIT_USAGE;
  return 1;
}

export function printJson({ ctx }: IpRun, rows: readonly unknown[]): number {
  ctx.stdout(`${JSON.stringify(rows)}\n`);
  return 0;
}

function noSuchDevice(name: string): IpUsageError {
  return new IpUsageError(`Device "${name}" does not exist.`, 1);
}

/** Throws unless the device is there. */
export function requireDevice({ ctx }: IpRun, name: string): string {
  if (ctx.ns.devices.byName(name) === undefined) throw noSuchDevice(name);
  return name;
}
