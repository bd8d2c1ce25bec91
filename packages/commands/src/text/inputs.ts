// What the text tools read: files by name, `-` or nothing for standard input.

import type { ShellContext } from "../context.ts";
import { readFile } from "../shell/files.ts";

export interface Input {
  readonly name: string;
  readonly text: string;
}

/** All inputs that exist; `missing` is called for every other name. No name: standard input. */
export function readInputs(ctx: ShellContext, names: readonly string[], missing: (name: string) => void): Input[] {
  if (names.length === 0) return [{ name: "-", text: ctx.stdin }];
  const inputs: Input[] = [];
  for (const name of names) {
    const text = readFile(ctx, name);
    if (text === undefined) missing(name);
    else inputs.push({ name, text });
  }
  return inputs;
}

/** Lines without their line ends; a last line without one counts. */
export function linesOf(text: string): string[] {
  if (text === "") return [];
  return (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n");
}
