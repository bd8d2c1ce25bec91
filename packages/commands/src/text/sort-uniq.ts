// sort (-r -n -u -k F[,F] -t C) in the C locale, and uniq (-c -d -u).

import type { Options } from "../options.ts";
import { lastValue } from "../options.ts";
import { refuse } from "../refuse.ts";
import { linesOf } from "./inputs.ts";
import { tool } from "./tool.ts";

const KEY = /^(\d+)(n?)(?:,(\d+)(n?))?$/;

export const sort = tool(
  {
    name: "sort",
    summary: "order lines",
    spec: {
      short: "rnuk:t:",
      long: { reverse: "r", "numeric-sort": "n", unique: "u", "key=": "k" },
      refusedShort: "bdfgiMhRVcCmoSszT",
    },
    trouble: 2,
    missing: (file) => `sort: cannot read: ${file}: No such file or directory`,
  },
  ({ ctx, options, inputs, failed }) => {
    if (failed) return 2;
    const key = lastValue(options, "k");
    if (key !== undefined && !KEY.test(key)) return refuse(ctx, "sort", `key ${key}`);
    const compare = comparison(options, key);
    const lines = inputs
      .flatMap((input) => linesOf(input.text))
      .sort((a, b) => compare(a, b) || compareBytes(a, b) * sign(options));
    const unique = options.values.has("u")
      ? lines.filter((line, i) => i === 0 || compare(lines[i - 1] ?? "", line) !== 0)
      : lines;
    for (const line of unique) ctx.stdout(`${line}\n`);
    return 0;
  },
);

function sign(options: Options): number {
  return options.values.has("r") ? -1 : 1;
}

function compareBytes(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function comparison(options: Options, key: string | undefined): (a: string, b: string) => number {
  const [, from, n1, to, n2] = KEY.exec(key ?? "") ?? [];
  const numeric = options.values.has("n") || n1 === "n" || n2 === "n";
  const separator = lastValue(options, "t");
  const part = (line: string): string =>
    from === undefined ? line : fieldsOf(line, Number(from), to === undefined ? undefined : Number(to), separator);
  const number = (text: string): number => Number(/^\s*(-?\d+(\.\d+)?)/.exec(text)?.[1] ?? 0);
  return (a, b) => sign(options) * (numeric ? number(part(a)) - number(part(b)) : compareBytes(part(a), part(b)));
}

/** Without -t a field begins with the blanks in front of it. */
function fieldsOf(line: string, from: number, to: number | undefined, separator: string | undefined): string {
  const fields = separator === undefined ? (line.match(/\s*\S+/g) ?? []) : line.split(separator);
  return fields.slice(from - 1, to).join(separator ?? "");
}

export const uniq = tool(
  {
    name: "uniq",
    summary: "join equal neighbouring lines",
    spec: { short: "cdu", long: { count: "c", repeated: "d", unique: "u" }, refusedShort: "Dfiswz" },
    trouble: 1,
  },
  ({ ctx, options, inputs }) => {
    const runs: { line: string; count: number }[] = [];
    for (const line of linesOf(inputs[0]?.text ?? "")) {
      const last = runs.at(-1);
      if (last?.line === line) last.count++;
      else runs.push({ line, count: 1 });
    }
    const has = (key: string): boolean => options.values.has(key);
    for (const { line, count } of runs) {
      if ((has("d") && count === 1) || (has("u") && count > 1)) continue;
      ctx.stdout(has("c") ? `${String(count).padStart(7)} ${line}\n` : `${line}\n`);
    }
    return 0;
  },
);
