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
  return sorted.filter((d) => {
    const key = `${d.file}:${d.line}:${d.col}:${d.message}`;
    return seen.has(key) ? false : (seen.add(key), true);
  });
}
