// grep, egrep, fgrep: GNU's output for lines of files or of standard input.

import type { ShellCommand, ShellContext } from "../context.ts";
import { instant } from "../instant.ts";
import type { Options } from "../options.ts";
import { isOptionError, lastValue, parseOptions } from "../options.ts";
import { complain } from "../refuse.ts";
import type { Input } from "./inputs.ts";
import { linesOf, readInputs } from "./inputs.ts";
import { posixToJs, RegexError } from "./posix-regex.ts";
import { usageError } from "./tool.ts";

export const GREP_SPEC = {
  short: "EFGvcinohqwxsHlLe:A:B:C:m:",
  long: {
    "extended-regexp": "E",
    "fixed-strings": "F",
    "invert-match": "v",
    count: "c",
    "ignore-case": "i",
    "line-number": "n",
    "only-matching": "o",
    quiet: "q",
    "regexp=": "e",
    color: "color",
    "color=": "color",
    "word-regexp": "w",
  },
  refusedShort: "PrRzbfaUT",
};
const TROUBLE = 2;

export const grep = grepCommand("grep", []);
export const egrep = grepCommand("egrep", ["-E"]);
export const fgrep = grepCommand("fgrep", ["-F"]);

function grepCommand(name: string, given: readonly string[]): ShellCommand {
  return instant(name, "print lines that match a pattern", (ctx, args) => {
    const parsed = parseOptions(GREP_SPEC, [...given, ...args]);
    if (isOptionError(parsed)) return usageError(ctx, name, TROUBLE, parsed);
    const patterns = parsed.values.get("e") ?? parsed.operands.slice(0, 1);
    if (patterns.length === 0)
      return complain(
        ctx,
        "Usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.",
        TROUBLE,
      );
    const files = parsed.values.has("e") ? parsed.operands : parsed.operands.slice(1);
    try {
      return search(ctx, parsed, new RegExp(sourceOf(parsed, patterns), parsed.values.has("i") ? "gi" : "g"), files);
    } catch (error) {
      if (error instanceof RegexError || error instanceof SyntaxError)
        return complain(ctx, `${name}: ${error.message}`, TROUBLE);
      throw error;
    }
  });
}

/** Each -e, and each line of a pattern, is an alternative. */
function sourceOf(options: Options, patterns: readonly string[]): string {
  const has = (key: string): boolean => options.values.has(key);
  const one = (text: string): string =>
    has("F") ? text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&") : posixToJs(text, has("E"));
  const source = patterns
    .flatMap((p) => p.split("\n"))
    .map(one)
    .join("|");
  if (has("x")) return `^(?:${source})$`;
  return has("w") ? `(?<!\\w)(?:${source})(?!\\w)` : source;
}

function search(ctx: ShellContext, options: Options, regex: RegExp, files: readonly string[]): number {
  let failed = false;
  const inputs = readInputs(ctx, files, (file) => {
    failed = true;
    if (!options.values.has("s")) ctx.stderr(`grep: ${file}: No such file or directory\n`);
  });
  const withName = (files.length > 1 || options.values.has("H")) && !options.values.has("h");
  let found = false;
  for (const input of inputs) if (searchInput(ctx, options, regex, input, withName)) found = true;
  return failed ? TROUBLE : Number(!found);
}

function searchInput(ctx: ShellContext, options: Options, regex: RegExp, input: Input, withName: boolean): boolean {
  const has = (key: string): boolean => options.values.has(key);
  const lines = linesOf(input.text);
  const limit = Number(lastValue(options, "m") ?? Number.POSITIVE_INFINITY);
  const hits = lines.flatMap((line, i) => (matches(regex, line) === has("v") ? [] : [i])).slice(0, limit);
  const name = input.name === "-" ? "(standard input)" : input.name;
  if (has("q")) return hits.length > 0;
  if (has("l") || has("L")) {
    if (hits.length > 0 === has("l")) ctx.stdout(`${name}\n`);
  } else if (has("c")) ctx.stdout(`${withName ? `${name}:` : ""}${hits.length}\n`);
  else printHits(ctx, options, regex, lines, hits, withName ? name : undefined);
  return hits.length > 0;
}

function matches(regex: RegExp, line: string): boolean {
  regex.lastIndex = 0;
  return regex.test(line);
}

function printHits(
  ctx: ShellContext,
  options: Options,
  regex: RegExp,
  lines: readonly string[],
  hits: readonly number[],
  name: string | undefined,
): void {
  const context = Number(lastValue(options, "C") ?? 0);
  const before = Number(lastValue(options, "B") ?? context);
  const after = Number(lastValue(options, "A") ?? context);
  const isHit = new Set(hits);
  let last = -1;
  const print = (i: number, text: string): void => {
    const sep = isHit.has(i) ? ":" : "-";
    ctx.stdout(`${name === undefined ? "" : name + sep}${options.values.has("n") ? `${i + 1}${sep}` : ""}${text}\n`);
  };
  for (const hit of hits) {
    if (options.values.has("o")) {
      regex.lastIndex = 0;
      for (const match of (lines[hit] ?? "").matchAll(regex)) if (match[0] !== "") print(hit, match[0]);
      continue;
    }
    const from = Math.max(last + 1, hit - before);
    if (before + after > 0 && last >= 0 && from > last + 1) ctx.stdout("--\n");
    for (let i = from; i <= Math.min(hit + after, lines.length - 1); i++) {
      if (i > hit && isHit.has(i)) break;
      print(i, lines[i] ?? "");
      last = i;
    }
  }
}
