// A line of a restore text → words (libipset's ipset.c: build_argv): blanks separate, double quotes keep them, an empty word vanishes.

import { parameterError } from "./ip-set-error.ts";

/** A word whose quote stays open is lost, but on a line without an end it is an error: throws IpSetError. */
export function splitLine(line: string, hasEnd: boolean): string[] {
  const words: string[] = [];
  let word = "";
  let isQuoted = false;
  for (const char of line) {
    if (char === '"') isQuoted = !isQuoted;
    else if (isQuoted || !/[ \t\r\n]/.test(char)) word += char;
    else {
      if (word !== "") words.push(word);
      word = "";
    }
  }
  if (isQuoted && hasEnd) return words;
  if (isQuoted) throw parameterError("Missing close quote!");
  if (word !== "") words.push(word);
  return words;
}
