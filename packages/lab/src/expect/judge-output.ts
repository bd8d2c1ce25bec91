// What a command printed against what it should have.
import type { OutputCheck } from "../model/expect-spec.ts";
import type { StepOutcome } from "../model/outcome.ts";
import { diffRows, firstDifference, normaliseLines } from "./golden.ts";
import type { Problem } from "./problem.ts";

const SHOWN_ROWS = 20;

export function judgeOutput(check: OutputCheck, outcome: StepOutcome): Problem | undefined {
  const text = outcome[check.stream];
  switch (check.how) {
    case "contains":
      return text.includes(check.value) ? undefined : says(check, "does not contain", text);
    case "lacks":
      return text.includes(check.value) ? says(check, "contains", text) : undefined;
    case "matches":
      return new RegExp(check.value, "m").test(text) ? undefined : says(check, "does not match", text);
    case "equals":
      return judgeLines(check, check.value.trimEnd().split("\n"), text.trimEnd().split("\n"));
    case "text":
      return judgeLines(check, normaliseLines(check.value, check.ignore), normaliseLines(text, check.ignore));
    case "rows":
    case "has":
      return judgeRows(check, text);
  }
}

function says(check: OutputCheck, verb: string, text: string): Problem {
  return { message: `${check.stream} ${verb} ${JSON.stringify(check.value)}`, details: shown(text) };
}

function shown(text: string): string[] {
  const lines = text.trimEnd().split("\n");
  if (text.trim() === "") return ["found     (nothing printed)"];
  const rest = lines.length - SHOWN_ROWS;
  const head = lines.slice(0, SHOWN_ROWS).map((line) => `found     ${line}`);
  return rest > 0 ? [...head, `          … ${rest} more lines`] : head;
}

function judgeLines(check: OutputCheck, wanted: readonly string[], found: readonly string[]): Problem | undefined {
  const details = firstDifference(wanted, found);
  return details.length === 0 ? undefined : { message: `${check.stream} differs${masks(check)}`, details };
}

function judgeRows(check: OutputCheck, text: string): Problem | undefined {
  const wanted = normaliseLines(check.value, check.ignore);
  const { missing, extra } = diffRows(wanted, normaliseLines(text, check.ignore));
  const tooMany = check.how === "rows" ? extra : [];
  if (missing.length === 0 && tooMany.length === 0) return undefined;
  const counts = [
    missing.length > 0 ? `${missing.length} missing` : "",
    tooMany.length > 0 ? `${tooMany.length} not expected` : "",
  ];
  // For `has` the other lines are where a near miss stands.
  const near = check.how === "has" ? missing.flatMap((row) => nearestRow(row, extra)) : [];
  return {
    message: `${check.stream} rows: ${counts.filter((part) => part !== "").join(", ")}${masks(check)}`,
    details: [...limited("- ", missing), ...limited("+ ", tooMany), ...near],
  };
}

function limited(sign: string, rows: readonly string[]): string[] {
  const head = rows.slice(0, SHOWN_ROWS).map((row) => sign + row);
  return rows.length > SHOWN_ROWS ? [...head, `${sign}… ${rows.length - SHOWN_ROWS} more`] : head;
}

/** The printed line that shares most words with a missing one. */
function nearestRow(row: string, rows: readonly string[]): string[] {
  const words = new Set(row.split(" "));
  let best: string | undefined;
  let most = words.size / 3;
  for (const candidate of rows) {
    const common = candidate.split(" ").filter((word) => words.has(word)).length;
    if (common > most) [best, most] = [candidate, common];
  }
  return best === undefined ? [] : [`~ ${best}`];
}

function masks(check: OutputCheck): string {
  return check.ignore.length === 0 ? "" : ` (ignoring ${check.ignore.join(", ")})`;
}
