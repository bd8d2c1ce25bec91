// One line of iptables-restore input → words (add_param_to_argv of iptables/xshared.c): blanks separate, double quotes group, a
// backslash inside quotes takes the next character as it is, and a closing quote ends the word.

import { parameterError } from "./xt-error.ts";

const BLANK = /[ \t\n]/;

export function tokenize(line: string): string[] {
  const words: string[] = [];
  let word = "";
  let i = 0;
  const flush = (): void => {
    if (word !== "") words.push(word);
    word = "";
  };
  while (i < line.length) {
    const char = line.charAt(i++);
    if (BLANK.test(char)) flush();
    else if (char !== '"') word += char;
    else {
      const quoted = readQuoted(line, i);
      words.push(word + quoted.text);
      word = "";
      i = quoted.end;
    }
  }
  flush();
  return words;
}

function readQuoted(line: string, from: number): { text: string; end: number } {
  let text = "";
  for (let i = from; i < line.length; i++) {
    const char = line.charAt(i);
    if (char === '"') return { text, end: i + 1 };
    text += char === "\\" ? line.charAt(++i) : char;
  }
  throw parameterError("Unmatched quote");
}
