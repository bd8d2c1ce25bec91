// Tokens → a list of pipelines.

import type { Token } from "./lex.ts";
import { lex, ShellNotModelled, ShellSyntaxError } from "./lex.ts";

export type Redirect = Extract<Token, { kind: "redirect" }>;

export interface SimpleCommand {
  readonly words: readonly string[];
  readonly redirects: readonly Redirect[];
}

export interface Pipeline {
  /** How it hangs on the one before: `;` always, `&&` after success, `||` after failure. */
  readonly after: ";" | "&&" | "||";
  /** `!` in front: success and failure change places. */
  readonly negated: boolean;
  readonly commands: readonly SimpleCommand[];
}

/** Words with a meaning to the shell that has no counterpart here. */
const KEYWORDS: ReadonlySet<string> = new Set([
  "if",
  "then",
  "else",
  "elif",
  "fi",
  "for",
  "while",
  "until",
  "do",
  "done",
  "case",
  "esac",
  "select",
  "function",
  "{",
  "}",
  "[[",
  "]]",
  "time",
]);
const ASSIGNMENT = /^[A-Za-z_][A-Za-z0-9_]*=/;

/** Throws ShellSyntaxError. */
export function parseLine(text: string): Pipeline[] {
  const pipelines: Pipeline[] = [];
  let after: Pipeline["after"] = ";";
  let part: Token[] = [];
  const close = (next: Pipeline["after"] | undefined): void => {
    if (part.length > 0) pipelines.push(pipeline(after, part));
    else if (after !== ";" || (next !== undefined && next !== ";"))
      throw new ShellSyntaxError(`syntax error near unexpected token \`${next ?? "newline"}'`);
    part = [];
    after = next ?? ";";
  };
  for (const token of lex(text)) {
    // A line end behind `&&`, `||` or `|` goes on with the next line.
    if (token.kind !== "op" || token.op === "|") part.push(token);
    else if (token.op !== ";" || !wantsMore(part, after)) close(token.op);
  }
  close(undefined);
  return pipelines;
}

/** Does the line end where another command must come? */
function wantsMore(part: readonly Token[], after: Pipeline["after"]): boolean {
  const last = part.at(-1);
  return last === undefined ? after !== ";" : last.kind === "op";
}

function pipeline(after: Pipeline["after"], tokens: readonly Token[]): Pipeline {
  const first = tokens[0];
  const negated = first?.kind === "word" && !first.quoted && first.text === "!";
  const commands: SimpleCommand[] = [];
  let part: Token[] = [];
  for (const token of negated ? tokens.slice(1) : tokens) {
    if (token.kind !== "op") part.push(token);
    else {
      commands.push(simpleCommand(part));
      part = [];
    }
  }
  commands.push(simpleCommand(part));
  return { after, negated, commands };
}

function simpleCommand(tokens: readonly Token[]): SimpleCommand {
  const words: string[] = [];
  const redirects: Redirect[] = [];
  for (const token of tokens) {
    if (token.kind === "redirect") redirects.push(token);
    else if (token.kind === "word") takeWord(words, token);
  }
  if (tokens.length === 0) throw new ShellSyntaxError("syntax error near unexpected token `|'");
  return { words, redirects };
}

/** Environment settings before a command (`LANG=C ip a`) say nothing to a command here. */
function takeWord(words: string[], token: Extract<Token, { kind: "word" }>): void {
  if (words.length > 0) {
    words.push(token.text);
    return;
  }
  if (!token.quoted && ASSIGNMENT.test(token.text)) return;
  if (!token.quoted && KEYWORDS.has(token.text))
    throw new ShellNotModelled(`the shell keyword \`${token.text}' is not modelled by kubehop`);
  words.push(token.text);
}
