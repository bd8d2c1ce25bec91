// A mistake in something the user wrote, with its place. Operator mistakes (errno) and our own bugs are other things.
import type { SourcePosition } from "./source-text.ts";

/** What kind of mistake it is: stable words for tests and for `--json`. */
export type DiagnosticCode =
  | "syntax"
  | "duplicate-key"
  | "unknown-key"
  | "missing-key"
  | "wrong-type"
  | "bad-value"
  | "not-modelled"
  | "conflict"
  | "unresolved"
  | "trap";

/** One mistake. `message` is a phrase without position; `hint` says what to write instead. */
export interface Diagnostic extends SourcePosition {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly hint?: string;
  /** An unknown key that is a slip for this one, and where the map is that it stands in. */
  readonly standsFor?: { readonly key: string; readonly line: number; readonly col: number };
}

/** Builds a diagnostic; `hint` may be undefined and is then left out. */
export function diagnosticAt(at: SourcePosition, code: DiagnosticCode, message: string, hint?: string): Diagnostic {
  const { file, line, col, endCol } = at;
  const plain = { file, line, col, endCol, code, message };
  return hint === undefined ? plain : { ...plain, hint };
}

/** Reading order: files in order of first appearance, then line, column; the same mistake twice is said once. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const files = [...new Set(diagnostics.map((d) => d.file))];
  const rank = new Map(files.map((file, index) => [file, index]));
  const sorted = diagnostics.toSorted(
    (a, b) => (rank.get(a.file) ?? 0) - (rank.get(b.file) ?? 0) || a.line - b.line || a.col - b.col,
  );
  const seen = new Set<string>();
  return withoutFollowUps(sorted).filter((d) => {
    const key = `${d.file}:${d.line}:${d.col}:${d.message}`;
    return seen.has(key) ? false : (seen.add(key), true);
  });
}

/** A key that is missing because it was mistyped is not told again, nor what is wrong with text that YAML could not read. */
function withoutFollowUps(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const slips = diagnostics.flatMap(({ file, standsFor }) => (standsFor === undefined ? [] : [{ file, ...standsFor }]));
  const unreadable = new Set(diagnostics.flatMap((d) => (d.code === "syntax" ? [placeOf(d)] : [])));
  return diagnostics.filter((d) => {
    if (d.code !== "missing-key") return d.code === "syntax" || !unreadable.has(placeOf(d));
    return !slips.some((slip) => placeOf(slip) === placeOf(d) && names(d.message, slip.key));
  });
}

function placeOf({ file, line, col }: { readonly file: string; readonly line: number; readonly col: number }): string {
  return `${file}:${line}:${col}`;
}

/** `missing key "run"`, `a step needs one of run, send`. */
function names(message: string, key: string): boolean {
  return message.split(/[\s",]+/).includes(key);
}
