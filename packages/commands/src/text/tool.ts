// The common frame of coreutils-like filters: options, inputs, complaints about files.

import type { ShellCommand, ShellContext } from "../context.ts";
import { instant } from "../instant.ts";
import type { Options, OptionSpec } from "../options.ts";
import { isOptionError, parseOptions } from "../options.ts";
import { complain, refuse } from "../refuse.ts";
import type { Input } from "./inputs.ts";
import { readInputs } from "./inputs.ts";

export interface Tool {
  readonly name: string;
  readonly summary: string;
  readonly spec: OptionSpec;
  /** Exit code for wrong options and missing files. */
  readonly trouble: number;
  /** Complaint about a file that is not there; `name: FILE: No such file or directory` unless given. */
  readonly missing?: (file: string) => string;
  /** Operands that are no files (grep's pattern). */
  readonly leading?: number;
}

export interface ToolRun {
  readonly ctx: ShellContext;
  readonly options: Options;
  readonly operands: readonly string[];
  readonly inputs: readonly Input[];
  /** Some input could not be read. */
  readonly failed: boolean;
}

/** Options as `tail -5` or `head -20` are `-n 5` and `-n 20`. */
export function numericOption(args: readonly string[]): string[] {
  return args.flatMap((arg, i) => (/^-\d+$/.test(arg) && args[i - 1] !== "-n" ? ["-n", arg.slice(1)] : [arg]));
}

/** Print wrong usage as GNU tools do. */
export function usageError(
  ctx: ShellContext,
  name: string,
  trouble: number,
  error: { readonly error: string; readonly option: string },
): number {
  if (error.error === "refused") return refuse(ctx, name, `option ${error.option}`);
  const long = error.option.startsWith("--");
  const letter = error.option.replace(/^-+/, "");
  const text =
    error.error === "value"
      ? long
        ? `option '${error.option}' requires an argument`
        : `option requires an argument -- '${letter}'`
      : long
        ? `unrecognized option '${error.option}'`
        : `invalid option -- '${letter}'`;
  return complain(ctx, `${name}: ${text}\nTry '${name} --help' for more information.`, trouble);
}

export function tool(t: Tool, run: (r: ToolRun) => number): ShellCommand {
  return instant(t.name, t.summary, (ctx, args) => {
    const options = parseOptions(t.spec, t.spec.short.includes("n:") ? numericOption(args) : args);
    if (isOptionError(options)) return usageError(ctx, t.name, t.trouble, options);
    const leading = t.leading ?? 0;
    const operands = options.operands.slice(0, leading);
    let failed = false;
    const inputs = readInputs(ctx, options.operands.slice(leading), (file) => {
      failed = true;
      ctx.stderr(`${t.missing?.(file) ?? `${t.name}: ${file}: No such file or directory`}\n`);
    });
    const code = run({ ctx, options, operands, inputs, failed });
    return failed ? Math.max(code, t.trouble) : code;
  });
}
