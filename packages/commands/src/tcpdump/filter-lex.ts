// Words of a pcap filter expression (pcap-filter(7)).

export type FilterToken =
  | { readonly kind: "word"; readonly text: string }
  | { readonly kind: "and" | "or" | "not" | "(" | ")" };

/** The text after `tcpdump: `. */
export class FilterError extends Error {
  override readonly name = "FilterError";
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

/** Throws FilterError for what is not modelled (byte access, arithmetic). */
export function lexFilter(text: string): FilterToken[] {
  const words = text.match(/&&|\|\||[()!]|[^\s()!&|]+|[&|]/g) ?? [];
  return words.map((word) => {
    const operator = OPERATORS[word.toLowerCase()];
    if (operator !== undefined) return { kind: operator } as FilterToken;
    if (/[[\]=<>&|+*]/.test(word)) throw new FilterError(`filter \`${word}' (packet bytes) is not modelled by kubehop`);
    return { kind: "word", text: word };
  });
}
