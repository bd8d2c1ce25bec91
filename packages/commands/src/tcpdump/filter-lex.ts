// Words of a pcap filter expression (pcap-filter(7)).

export type FilterToken =
  | { readonly kind: "word"; readonly text: string }
  | { readonly kind: "and" | "or" | "not" | "(" | ")" };

/** The text after `tcpdump: `. */
export class FilterError extends Error {
  override readonly name: string = "FilterError";
}

/** A real filter that kubehop does not have. */
export class FilterNotModelled extends FilterError {
  override readonly name = "FilterNotModelled";

  constructor(word: string, kind = "") {
    super(`filter \`${word}'${kind} is not modelled by kubehop`);
  }
}

const OPERATORS: Readonly<Record<string, FilterToken["kind"]>> = {
  and: "and",
  "&&": "and",
  or: "or",
  "||": "or",
  not: "not",
  "!": "not",
  "(": "(",
  ")": ")",
};

/** Throws FilterNotModelled for what is not modelled (byte access, arithmetic). */
export function lexFilter(text: string): FilterToken[] {
  const words = text.match(/&&|\|\||[()!]|[^\s()!&|]+|[&|]/g) ?? [];
  return words.map((word) => {
    const operator = OPERATORS[word.toLowerCase()];
    if (operator !== undefined) return { kind: operator } as FilterToken;
    if (/[[\]=<>&|+*]/.test(word)) throw new FilterNotModelled(word, " (packet bytes)");
    return { kind: "word", text: word };
  });
}
