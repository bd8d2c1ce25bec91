// Where text came from and where in it we are: the ground every diagnostic and every explanation stands on.
// All lines and columns are 1-based and count UTF-16 code units, as editors and the yaml library do.

/** A half-open range on one line of a file: columns `col` (inclusive) to `endCol` (exclusive). */
export interface SourcePosition {
  /** File name as the user gave it. */
  readonly file: string;
  /** 1-based line. */
  readonly line: number;
  /** 1-based column of the first character. */
  readonly col: number;
  /** 1-based column behind the last character on the same line; at least `col + 1`. */
  readonly endCol: number;
}

/** A file's text with an index of its lines. Immutable. */
export class SourceText {
  readonly file: string;
  readonly text: string;
  readonly #lineStarts: readonly number[];

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
    this.#lineStarts = lineStarts(text);
  }

  /** Text of a 1-based line without its line break; empty when there is no such line. */
  lineOf(line: number): string {
    const start = this.#lineStarts[line - 1];
    if (start === undefined) return "";
    const next = this.#lineStarts[line];
    const raw = this.text.slice(start, next === undefined ? undefined : next - 1);
    return raw.endsWith("\r") ? raw.slice(0, -1) : raw;
  }

  /** Position of the range of offsets `[start, end)`; a range over several lines is cut at the end of its first line. */
  positionAt(start: number, end: number = start + 1): SourcePosition {
    const line = this.#lineAt(start);
    const lineStart = this.#lineStarts[line - 1] ?? 0;
    const col = start - lineStart + 1;
    const lineEnd = lineStart + this.lineOf(line).length;
    const endCol = Math.min(end, lineEnd) - lineStart + 1;
    return { file: this.file, line, col, endCol: Math.max(endCol, col + 1) };
  }

  /** The last line that starts at or before an offset (binary search). */
  #lineAt(offset: number): number {
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  }
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}
