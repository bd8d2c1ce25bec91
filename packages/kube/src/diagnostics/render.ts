// Diagnostics as text: place and message, the source line, a caret run, the hint. The look is that of YAML syntax errors,
// so that a slip of syntax and a slip of meaning read alike.
import { type Diagnostic, sortDiagnostics } from "./diagnostic.ts";
import type { SourcePosition, SourceText } from "./source-text.ts";

/** Longest source line shown whole; a longer one is cut around the caret. */
const WINDOW = 110;

/** The source line and its caret run, two lines without a final newline: `  14 | spec:` over `     | ^^^^`. */
export function sourceExcerpt(source: SourceText, at: SourcePosition): string {
  const whole = source.lineOf(at.line);
  const cut = Math.max(0, Math.min(at.col - 1 - WINDOW / 2, whole.length - WINDOW));
  const line = cropped(whole, cut);
  const col = at.col - 1 - cut;
  const run = line.slice(col, Math.max(at.endCol - 1 - cut, col + 1));
  const gutter = String(at.line).padStart(4);
  const caret = blank(line.slice(0, col)) + "^".repeat(Math.max(1, displayWidth(run)));
  return `${gutter} | ${line}\n${" ".repeat(gutter.length)} | ${caret}`;
}

/** Where something is left out an ellipsis stands for the outermost character. */
function cropped(whole: string, cut: number): string {
  const line = whole.slice(cut, cut + WINDOW);
  const head = cut > 0 ? `…${line.slice(1)}` : line;
  return cut + WINDOW < whole.length ? `${head.slice(0, -1)}…` : head;
}

/** One diagnostic; without its source (a file that is not there) only place, message and hint. */
export function renderDiagnostic(diagnostic: Diagnostic, source?: SourceText): string {
  const { file, line, col, message, hint } = diagnostic;
  const lines = [`${file}:${line}:${col}: ${message}`];
  if (source !== undefined) lines.push(sourceExcerpt(source, diagnostic));
  if (hint !== undefined) lines.push(`hint: ${hint}`);
  return lines.join("\n");
}

/** All diagnostics in reading order, an empty line between two; `sources` are looked up by file name. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], sources: readonly SourceText[]): string {
  const byFile = new Map(sources.map((source) => [source.file, source]));
  return sortDiagnostics(diagnostics)
    .map((d) => renderDiagnostic(d, byFile.get(d.file)))
    .join("\n\n");
}

/** As many columns of white space as the text takes; tabs stay tabs so that the caret stays below its word. */
function blank(text: string): string {
  let out = "";
  for (const char of text) out += char === "\t" ? "\t" : " ".repeat(charWidth(char));
  return out;
}

function displayWidth(text: string): number {
  let width = 0;
  for (const char of text) width += charWidth(char);
  return width;
}

/** Two columns for East Asian wide characters and emoji (the main blocks of UAX #11), else one. */
function charWidth(char: string): number {
  const code = char.codePointAt(0) ?? 0;
  const wide =
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0x1f300 && code <= 0x1faff);
  return wide ? 2 : 1;
}
