// One line of iptables-restore input → words (add_param_to_argv of iptables/xshared.c): blanks separate, double quotes group, a
// backslash inside quotes takes the next character as it is, and a closing quote ends the word.

import { parameterError } from "./xt-error.ts";

const TAB = 9;
const NEWLINE = 10;
const SPACE = 32;
const QUOTE = 34;

export function tokenize(line: string): string[] {
  const words: string[] = [];
  /** Start of the word that is being read, -1 between words. */
  let start = -1;
  let i = 0;
  while (i < line.length) {
    const code = line.charCodeAt(i);
    if (code === SPACE || code === TAB || code === NEWLINE) {
      if (start >= 0) words.push(line.slice(start, i));
      start = -1;
      i++;
    } else if (code === QUOTE) {
      const quoted = readQuoted(line, i + 1);
      words.push((start >= 0 ? line.slice(start, i) : "") + quoted.text);
      start = -1;
      i = quoted.end;
    } else {
      if (start < 0) start = i;
      i++;
    }
  }
  if (start >= 0) words.push(line.slice(start));
  return words;
}

function readQuoted(line: string, from: number): { text: string; end: number } {
  const close = line.indexOf('"', from);
  const escape = line.indexOf("\\", from);
  if (close >= 0 && (escape < 0 || escape > close)) return { text: line.slice(from, close), end: close + 1 };
  let text = "";
  for (let i = from; i < line.length; i++) {
    const char = line.charAt(i);
    if (char === '"') return { text, end: i + 1 };
    text += char === "\\" ? line.charAt(++i) : char;
  }
  throw parameterError("Unmatched quote");
}
