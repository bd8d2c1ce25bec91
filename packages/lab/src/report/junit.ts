// Results as JUnit XML, as CI servers read it: a suite per file, a test case per matrix cell. Times are virtual.
import type { CellResult, Failure, FileResult } from "../model/outcome.ts";
import { countCases, formatCell } from "./totals.ts";

export function formatJunit(results: readonly FileResult[]): string {
  const { passed, failed, skipped } = countCases(results);
  const head = `<testsuites name="kubehop" tests="${passed + failed + skipped}" failures="${failed}" skipped="${skipped}">`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    head,
    ...results.flatMap((result) => suite(result)),
    "</testsuites>",
    "",
  ].join("\n");
}

function suite(result: FileResult): string[] {
  const { passed, failed, skipped } = countCases([result]);
  const cases = result.diagnostics.length > 0 ? unreadable(result) : result.cells.flatMap((cell) => testCase(cell));
  const head = `  <testsuite name="${escape(result.file)}" tests="${passed + failed + skipped}" failures="${failed}" skipped="${skipped}">`;
  return [head, ...cases, "  </testsuite>"];
}

function unreadable(result: FileResult): string[] {
  const lines = result.diagnostics.map(({ file, line, col, message }) => `${file}:${line}:${col}: ${message}`);
  const [first = ""] = lines;
  return [
    `    <testcase classname="${escape(result.file)}" name="read">`,
    ...failureElement(first, lines),
    "    </testcase>",
  ];
}

function testCase(cell: CellResult): string[] {
  const name = [cell.title, formatCell(cell.cell)].filter((part) => part !== "").join(" ");
  const open = `    <testcase classname="${escape(cell.file)}" name="${escape(name)}" time="${(cell.virtualMs / 1000).toFixed(3)}"`;
  if (cell.status === "passed") return [`${open}/>`];
  if (cell.status === "skipped")
    return [`${open}>`, `      <skipped message="${escape(cell.reason ?? "")}"/>`, "    </testcase>"];
  const lines = cell.failures.flatMap((failure) => failureLines(failure));
  return [`${open}>`, ...failureElement(cell.failures[0]?.message ?? "failed", lines), "    </testcase>"];
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
