// A row of a table against what is possible: every fate it names, and no other.

import type { FateCheck } from "../model/expect-spec.ts";
import type { StepOutcome } from "../model/outcome.ts";
import type { Problem } from "../expect/problem.ts";
import { explainCommand } from "../report/next-command.ts";

const LABEL_WIDTH = 10;

export function judgeFate(check: FateCheck, { fates: rows }: StepOutcome): Problem | undefined {
  const fates = rows?.[check.row]?.fates ?? [];
  const extra = fates.filter(({ text }) => !check.fates.includes(text));
  const missing = check.fates.filter((wanted) => !fates.some(({ text }) => text === wanted));
  if (extra.length === 0 && missing.length === 0) return undefined;
  const got = fates.map(({ text }) => text).join(" ");
  return {
    message: `${check.flow}: ${got}, expected ${check.fates.join(" ")}`,
    details: [
      ...extra.flatMap(({ text, because }) => labelled(text, ["not expected", ...because])),
      ...missing.flatMap((text) => labelled(text, ["expected, but no random choice leads to it"])),
      ...labelled("next", [explainCommand(check.position.file, check.cell, check.flow, check.step)]),
    ],
  };
}

function labelled(label: string, lines: readonly string[]): string[] {
  return lines.map((line, index) => `${(index === 0 ? `${label} ` : "").padEnd(LABEL_WIDTH)}${line}`);
}
