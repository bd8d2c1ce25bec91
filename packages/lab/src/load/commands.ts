// Text of commands, as `run` has it → single commands with their places.
import { defaultRegistry, refusalOfLine, splitScript } from "@kubehop/commands";
import { didYouMean, type Path, type SourcePosition } from "@kubehop/kube";
import type { CommandLine } from "../model/step-spec.ts";
import type { LoadContext } from "./context.ts";

/** One command per line; `\` at the end of a line joins it with the next, a here-document stays whole, `#` lines are comments. */
export function splitCommands(context: LoadContext, text: string, path: Path): CommandLine[] {
  const lines = commandLines(text, (line) => linePosition(context, path, line));
  for (const line of lines) checkPrograms(context, line);
  return lines;
}

/** Brings a background command back: a lab has it beside the usual commands. */
export const FG = "fg";

const NAMES = [
  FG,
  ...defaultRegistry()
    .list()
    .map(({ name }) => name),
];

/** A program that is not there is told before anything runs. */
function checkPrograms(context: LoadContext, { text, position }: CommandLine): void {
  // A name of the matrix that has no value was told already.
  if (text.includes("${")) return;
  const found = refusalOfLine(text, (name) => NAMES.includes(name));
  if (found === undefined) return;
  const { message, word, isKnown } = found;
  const hint = word === undefined || isKnown ? undefined : didYouMean(word, NAMES);
  context.reportAt(position, message, { code: "not-modelled", hint, within: word });
}

/** The same for text that stands in no file. `positionAt`: where a line of it stands, counted from 0. */
export function commandLines(text: string, positionAt: (line: number) => SourcePosition): CommandLine[] {
  return splitScript(text).map(({ text: written, line }) => {
    // A here-document keeps its lines as they are.
    const trimmed = (written.includes("<<") ? written : written.replaceAll(/\s*\\\n\s*/g, " ")).trim();
    const background = /(?:^|[^&])&$/.test(trimmed);
    const position = positionAt(line);
    return { text: background ? trimmed.slice(0, -1).trim() : trimmed, background, position };
  });
}

/** A line of a literal block (`|`), counted from 0; other scalars fold their lines, so they stand for themselves. */
function linePosition({ document }: LoadContext, path: Path, line: number): SourcePosition {
  const position = document.position(path);
  if (!document.source.lineOf(position.line).startsWith("|", position.col - 1)) return position;
  const at = position.line + 1 + line;
  const text = document.source.lineOf(at);
  const col = text.length - text.trimStart().length + 1;
  return { file: position.file, line: at, col, endCol: Math.max(text.trimEnd().length + 1, col + 1) };
}
