// diff FILE FILE: normal form and -u. The files have no time of change, so the two header lines of -u carry names only.

import type { ShellContext } from "../context.ts";
import { instant } from "../instant.ts";
import { isOptionError, lastValue, parseOptions } from "../options.ts";
import { complain } from "../refuse.ts";
import { readFile } from "../shell/files.ts";
import { normalDiff, unifiedHunks } from "./diff-lines.ts";
import { linesOf } from "./inputs.ts";
import { usageError } from "./tool.ts";

export const DIFF_SPEC = {
  short: "uqU:sN",
  long: { unified: "u", "unified=": "U", brief: "q", "report-identical-files": "s", "new-file": "N" },
  refusedShort: "abBcCdeEHiIlLnprStTwWxXyZ",
  refusedLong: ["color", "side-by-side", "context", "label"],
};
const TROUBLE = 2;
const CONTEXT = 3;

export const diff = instant("diff", "differences of two files (-u)", (ctx, args) => {
  const parsed = parseOptions(DIFF_SPEC, args);
  if (isOptionError(parsed)) return usageError(ctx, "diff", TROUBLE, parsed);
  const [left, right, ...more] = parsed.operands;
  if (left === undefined || right === undefined)
    return complain(
      ctx,
      `diff: missing operand after '${left ?? "diff"}'\ndiff: Try 'diff --help' for more information.`,
      TROUBLE,
    );
  if (more.length > 0)
    return complain(
      ctx,
      `diff: extra operand '${more[0] ?? ""}'\ndiff: Try 'diff --help' for more information.`,
      TROUBLE,
    );
  const has = (key: string): boolean => parsed.values.has(key);
  const texts = [left, right].map((name) => read(ctx, name, has("N")));
  const [a, b] = texts;
  if (a === undefined || b === undefined) return TROUBLE;
  if (a === b) {
    if (has("s")) ctx.stdout(`Files ${left} and ${right} are identical\n`);
    return 0;
  }
  if (has("q")) ctx.stdout(`Files ${left} and ${right} differ\n`);
  else if (has("u") || has("U")) {
    const hunks = unifiedHunks(markedLines(a), markedLines(b), Number(lastValue(parsed, "U") ?? CONTEXT));
    ctx.stdout(`--- ${left}\n+++ ${right}\n${hunks}`);
  } else ctx.stdout(normalDiff(markedLines(a), markedLines(b)));
  return 1;
});

function read(ctx: ShellContext, name: string, emptyIfMissing: boolean): string | undefined {
  const text = readFile(ctx, name);
  if (text !== undefined || emptyIfMissing) return text ?? "";
  ctx.stderr(`diff: ${name}: No such file or directory\n`);
  return undefined;
}

/** A last line without line end differs from the same one with it. */
function markedLines(text: string): string[] {
  const lines = linesOf(text);
  const last = lines.pop();
  if (last === undefined) return lines;
  return [...lines, text.endsWith("\n") ? last : `${last}\n\\ No newline at end of file`];
}
