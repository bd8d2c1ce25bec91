// Long texts of a difference under each other.

const LINE = 260;

/** Further lines stand under the first; none is longer than a screen can take. */
export function indented(text: string): string {
  const lines = text.split("\n").map((line) => (line.length > LINE ? `${line.slice(0, LINE)}…` : line));
  return lines.join("\n            ");
}
