// The little Markdown that the support page needs.

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

export function code(word: string): string {
  return `\`${word}\``;
}

/** Words in code, separated by blanks; a dash for none. */
export function codes(words: readonly string[]): string {
  return words.length === 0 ? "–" : words.map(code).join(" ");
}

export function section(title: string, ...parts: readonly string[]): string {
  return [`## ${title}`, ...parts.filter((part) => part !== "")].join("\n\n");
}
