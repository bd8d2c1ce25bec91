// head and tail: the first or last lines (-n), tail -n +K too.

import type { ShellCommand } from "../context.ts";
import { lastValue, parseOptions, isOptionError } from "../options.ts";
import { complain } from "../refuse.ts";
import { linesOf } from "./inputs.ts";
import type { ToolRun } from "./tool.ts";
import { numericOption, tool } from "./tool.ts";

const SPEC = { short: "n:qv", long: { "lines=": "n", quiet: "q", verbose: "v" }, refusedShort: "czfFs" };
const cannotOpen = (name: string) => (file: string) =>
  `${name}: cannot open '${file}' for reading: No such file or directory`;

/** The number of lines a head takes; undefined when it is not that simple (all but the last K, wrong usage). */
function headLimit(args: readonly string[]): number | undefined {
  const parsed = parseOptions(SPEC, numericOption(args));
  if (isOptionError(parsed) || parsed.operands.length > 0) return undefined;
  const n = lastValue(parsed, "n") ?? "10";
  return /^\d+$/.test(n) ? Number(n) : undefined;
}

export const head: ShellCommand = {
  ...tool({ name: "head", summary: "first lines (-n)", spec: SPEC, trouble: 1, missing: cannotOpen("head") }, (run) => {
    const n = lastValue(run.options, "n") ?? "10";
    if (!/^-?\d+$/.test(n)) return complain(run.ctx, `head: invalid number of lines: '${n}'`, 1);
    return eachInput(run, (lines) => lines.slice(0, Number(n)));
  }),
  satisfied(args, input) {
    const limit = headLimit(args);
    return limit !== undefined && input.split("\n").length > limit;
  },
};

export const tail = tool(
  { name: "tail", summary: "last lines (-n)", spec: SPEC, trouble: 1, missing: cannotOpen("tail") },
  (run) => {
    const n = lastValue(run.options, "n") ?? "10";
    if (!/^[+-]?\d+$/.test(n)) return complain(run.ctx, `tail: invalid number of lines: '${n}'`, 1);
    const count = Math.abs(Number(n));
    return eachInput(run, (lines) =>
      n.startsWith("+") ? lines.slice(Math.max(0, count - 1)) : lines.slice(Math.max(0, lines.length - count)),
    );
  },
);

/** Several files get a title each. */
function eachInput({ ctx, inputs, options }: ToolRun, take: (lines: readonly string[]) => readonly string[]): number {
  const titles = (inputs.length > 1 || options.values.has("v")) && !options.values.has("q");
  for (const [i, input] of inputs.entries()) {
    if (titles) ctx.stdout(`${i > 0 ? "\n" : ""}==> ${input.name === "-" ? "standard input" : input.name} <==\n`);
    for (const line of take(linesOf(input.text))) ctx.stdout(`${line}\n`);
  }
  return 0;
}
