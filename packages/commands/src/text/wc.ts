// wc: lines, words, bytes.

import { encodeUtf8 } from "@kubehop/sim";
import type { Input } from "./inputs.ts";
import { tool } from "./tool.ts";

const COUNTS: readonly { readonly key: string; readonly count: (text: string) => number }[] = [
  { key: "l", count: (text) => text.split("\n").length - 1 },
  { key: "w", count: (text) => text.split(/\s+/).filter((word) => word !== "").length },
  { key: "c", count: (text) => encodeUtf8(text).length },
];

export const wc = tool(
  {
    name: "wc",
    summary: "count lines, words, bytes",
    spec: { short: "lwc", long: { lines: "l", words: "w", bytes: "c" }, refusedShort: "mL" },
    trouble: 1,
  },
  ({ ctx, options, inputs }) => {
    const chosen = COUNTS.filter(({ key }) => options.values.size === 0 || options.values.has(key));
    const total: Input = { name: "total", text: inputs.map((input) => input.text).join("") };
    const rows = (inputs.length > 1 ? [...inputs, total] : inputs).map(({ name, text }) => ({
      name,
      counts: chosen.map(({ count }) => count(text)),
    }));
    // One number from standard input stands alone; else columns are as wide as the largest, from a pipe at least seven.
    const piped = inputs.some((input) => input.name === "-");
    const widest = Math.max(...rows.flatMap(({ counts }) => counts.map((n) => String(n).length)), 1);
    const width = chosen.length * rows.length === 1 ? 1 : Math.max(widest, piped ? 7 : 1);
    for (const { name, counts } of rows)
      ctx.stdout(`${counts.map((n) => String(n).padStart(width)).join(" ")}${name === "-" ? "" : ` ${name}`}\n`);
    return 0;
  },
);
