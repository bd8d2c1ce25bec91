// A block of text → the fields of its lines, each with its place in the file.

import { diagnosticAt, type Diagnostic, type SourcePosition, type SourceText } from "@kubehop/kube";

export interface Field {
  readonly text: string;
  readonly position: SourcePosition;
}

export interface Line {
  readonly position: SourcePosition;
  readonly fields: readonly Field[];
}

export interface Scanned {
  readonly lines: readonly Line[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * `text`: the block as YAML reads it, matrix values put in; its lines are those of the file behind line `header`. A field that refers to
 * the matrix is longer or shorter in the file, so places are taken there.
 */
export function scanTable(text: string, source: SourceText, header: number): Scanned {
  const lines: Line[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const [index, read] of text.split("\n").entries()) {
    if (read.trim() === "") continue;
    const number = header + 1 + index;
    const written = source.lineOf(number);
    const position = rangeOf(source.file, number, written, 0, written.length);
    if (/^\s*\|.*\|\s*$/.test(read) && !/^[\s|:-]*$/.test(read))
      lines.push({ position, fields: fieldsOf(read, written, source.file, number) });
    else diagnostics.push(notARow(position, read));
  }
  return { lines, diagnostics };
}

function notARow(position: SourcePosition, read: string): Diagnostic {
  const hint = read.trim().startsWith("#")
    ? "comments stand outside of the block"
    : /^[\s|:-]*$/.test(read)
      ? "take the ruler out: the first line is the head"
      : "a line of a table is | field | field |";
  return diagnosticAt(position, "bad-value", "this line is no row of the table", hint);
}

function fieldsOf(read: string, written: string, file: string, line: number): Field[] {
  const texts = split(read);
  const places = split(written);
  return texts.map(({ text }, index) => {
    const place = places.length === texts.length ? places[index] : undefined;
    const { from, to } = place ?? { from: 0, to: written.length };
    return { text: text.trim(), position: rangeOf(file, line, written, from, to) };
  });
}

/** What stands between the bars; columns are 0-based. */
function split(line: string): { readonly text: string; readonly from: number; readonly to: number }[] {
  const parts: { text: string; from: number; to: number }[] = [];
  let from = line.indexOf("|") + 1;
  for (let bar = line.indexOf("|", from); bar !== -1; bar = line.indexOf("|", from)) {
    parts.push({ text: line.slice(from, bar), from, to: bar });
    from = bar + 1;
  }
  return parts;
}

/** The words of a range, blanks at its ends left out; an empty field is shown by its blanks. */
function rangeOf(file: string, line: number, written: string, from: number, to: number): SourcePosition {
  const part = written.slice(from, to);
  const lead = part.length - part.trimStart().length;
  const words = part.trim().length;
  const col = from + (words === 0 ? 0 : lead) + 1;
  return { file, line, col, endCol: Math.max(col + 1, words === 0 ? to + 1 : col + words) };
}

/** The place of some of a field's words. `at`: 0-based within its text. */
export function within({ position }: Field, at: number, length: number): SourcePosition {
  const col = Math.min(position.col + at, position.endCol - 1);
  return { ...position, col, endCol: Math.max(col + 1, Math.min(col + length, position.endCol)) };
}
