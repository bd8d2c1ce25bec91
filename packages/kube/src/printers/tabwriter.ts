// Aligned columns exactly as Go's text/tabwriter aligns them, which kubectl prints through: a column is a run of
// consecutive lines that have a cell there, so a line without it ends the column and the next ones align anew.

export interface TabwriterOptions {
  /** Least width of a cell, its padding included. */
  readonly minWidth: number;
  readonly padding: number;
}

/** Lines of cells as text, each line ended by a newline. The last cell of a line is never padded. */
export function tabulate(lines: readonly (readonly string[])[], options: TabwriterOptions): string {
  const widths = lines.map((cells) => cells.slice(0, -1).map(() => 0));
  for (let line = 0; line < lines.length; line++) {
    for (let column = 0; column < (widths[line]?.length ?? 0); column++) {
      // The first line of a block measures all of it.
      if (widths[line]?.[column] === 0) measureBlock(lines, widths, line, column, options);
    }
  }
  return lines
    .map((cells, line) => `${cells.map((cell, column) => cell.padEnd(widths[line]?.[column] ?? 0)).join("")}\n`)
    .join("");
}

function measureBlock(
  lines: readonly (readonly string[])[],
  widths: number[][],
  first: number,
  column: number,
  { minWidth, padding }: TabwriterOptions,
): void {
  let end = first;
  let width = minWidth;
  while (end < lines.length && column < (lines[end]?.length ?? 0) - 1) {
    width = Math.max(width, (lines[end]?.[column]?.length ?? 0) + padding);
    end++;
  }
  for (let line = first; line < end; line++) {
    const row = widths[line];
    if (row !== undefined) row[column] = width;
  }
}
