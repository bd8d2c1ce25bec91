// What can be said of a command line before it runs anywhere: programs that are not there, and grammar that is not modelled.

import { ShellNotModelled, ShellSyntaxError } from "./lex.ts";
import { notModelledHint } from "./not-modelled.ts";
import { parseLine } from "./parse.ts";
import { commandName, noSuchCommand, withoutSudo } from "./run.ts";

export interface LineRefusal {
  /** As running the line says it. */
  readonly message: string;
  /** The program's name as it is typed; undefined: the shell's grammar. */
  readonly word: string | undefined;
  /** kubehop knows the program by its name only: the message says what to do instead. */
  readonly isKnown: boolean;
}

/** Is there a command of this name? */
export type HasCommand = (name: string) => boolean;

/** The first refusal that running the whole line would meet; undefined: none that shows before. What a real shell refuses too is none. */
export function refusalOfLine(text: string, has: HasCommand): LineRefusal | undefined {
  try {
    for (const { commands } of parseLine(text))
      for (const { words } of commands) {
        const found = refusalOfWords(words, has);
        if (found !== undefined) return found;
      }
    return undefined;
  } catch (error) {
    if (error instanceof ShellNotModelled) return { message: `bash: ${error.message}`, word: undefined, isKnown: true };
    if (error instanceof ShellSyntaxError) return undefined;
    throw error;
  }
}

function refusalOfWords(words: readonly string[], has: HasCommand): LineRefusal | undefined {
  const [name, ...args] = withoutSudo(words);
  if (name === undefined) return undefined;
  const command = commandName(name);
  if (!has(command))
    return { message: noSuchCommand(name), word: name, isKnown: notModelledHint(command) !== undefined };
  return INNER[command]?.(args, has);
}

/** Commands that start another one. */
const INNER: Readonly<Record<string, (args: readonly string[], has: HasCommand) => LineRefusal | undefined>> = {
  timeout: ([limit = "", ...words], has) => (limit.startsWith("-") ? undefined : refusalOfWords(words, has)),
  sh: ofShell,
  bash: ofShell,
  kubectl(args, has) {
    const behind = args.indexOf("--");
    return args.includes("exec") && behind >= 0 ? refusalOfWords(args.slice(behind + 1), has) : undefined;
  },
};

function ofShell([flag, line]: readonly string[], has: HasCommand): LineRefusal | undefined {
  return flag === "-c" && line !== undefined ? refusalOfLine(line, has) : undefined;
}
