// Results as JUnit XML, as CI servers read it: a suite per file, a test case per matrix cell. Times are virtual.
import type { CellResult, Failure, FileResult } from "../model/outcome.ts";
import { nextCommand } from "./next-command.ts";
import { storyLines } from "./text.ts";
import { formatCell } from "../model/cells.ts";
import { countCases, type Totals } from "./totals.ts";

/** `suites`: what junitOfFile and junitOfBroken gave. */
export function formatJunit(suites: readonly string[], totals: Totals): string {
  return ['<?xml version="1.0" encoding="UTF-8"?>', `<testsuites name="kubehop" ${counts(totals)}>`, ...suites]
    .concat("</testsuites>", "")
    .join("\n");
}

export function junitOfFile(result: FileResult, seed: number): string {
  const { file, refs, diagnostics, cells } = result;
  const cases = diagnostics.length > 0 ? unreadable(result) : cells.flatMap((cell) => testCase(cell));
  const properties: Property[] = [["seed", String(seed)], ...refs.map((ref): Property => ["ref", ref])];
  return suite(file, countCases([result]), properties, cases);
}

/** A file whose run broke off. */
export function junitOfBroken(file: string, message: string, seed: number): string {
  const cases = testCaseElement(file, "run", 1, "", failureElement(message, [`${file}: ${message}`]));
  return suite(file, { passed: 0, failed: 1, skipped: 0 }, [["seed", String(seed)]], cases);
}

type Property = readonly [name: string, value: string];

function suite(file: string, totals: Totals, properties: readonly Property[], cases: readonly string[]): string {
  return [
    `  <testsuite name="${escape(file)}" ${counts(totals)}>`,
    "    <properties>",
    ...properties.map(([name, value]) => `      <property name="${name}" value="${escape(value)}"/>`),
    "    </properties>",
    ...cases,
    "  </testsuite>",
  ].join("\n");
}

function counts({ passed, failed, skipped }: Totals): string {
  return `tests="${passed + failed + skipped}" failures="${failed}" errors="0" skipped="${skipped}"`;
}

function unreadable(result: FileResult): string[] {
  const lines = result.diagnostics.map(({ file, line, col, message }) => `${file}:${line}:${col}: ${message}`);
  const [first = ""] = lines;
  const { line = 1 } = result.diagnostics[0] ?? {};
  return testCaseElement(result.file, "read", line, "", failureElement(first, lines));
}

function testCase(cell: CellResult): string[] {
  const name = [cell.title, formatCell(cell.cell)].filter((part) => part !== "").join(" ");
  const time = ` time="${(cell.virtualMs / 1000).toFixed(3)}"`;
  return testCaseElement(cell.file, name, lineOf(cell), time, verdict(cell));
}

/** Of the first failure, else of the title. */
function lineOf({ file, failures }: CellResult): number {
  return failures.find(({ position }) => position.file === file)?.position.line ?? 1;
}

function verdict(cell: CellResult): string[] {
  if (cell.status === "passed") return [];
  if (cell.status === "skipped") return [`      <skipped message="${escape(cell.reason ?? "")}"/>`];
  const lines = cell.failures.flatMap((failure) => failureLines(failure));
  const next = nextCommand(cell);
  return failureElement(cell.failures[0]?.message ?? "failed", [
    ...lines,
    ...storyLines(cell),
    ...(next === undefined ? [] : [`next      ${next}`]),
  ]);
}

/** `file` and `line` are what CI servers link to. */
function testCaseElement(file: string, name: string, line: number, more: string, inner: readonly string[]): string[] {
  const open = `    <testcase classname="${escape(file)}" name="${escape(name)}" file="${escape(file)}" line="${line}"${more}`;
  return inner.length === 0 ? [`${open}/>`] : [`${open}>`, ...inner, "    </testcase>"];
}

function failureLines({ position, message, details }: Failure): string[] {
  return [`${position.file}:${position.line}:${position.col}: ${message}`, ...details.map((line) => `  ${line}`)];
}

function failureElement(message: string, lines: readonly string[]): string[] {
  return [`      <failure message="${escape(message)}">${escape(lines.join("\n"))}</failure>`];
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** XML 1.0 has no way to write most control characters, halves of surrogate pairs, U+FFFE and U+FFFF: they become a question mark. */
function escape(text: string): string {
  return (
    text
      .replaceAll(/\p{Cs}/gu, "?")
      // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
      .replaceAll(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, "?")
      .replaceAll(/[&<>"]/g, (char) => ENTITIES[char] ?? char)
  );
}
