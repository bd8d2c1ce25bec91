// Lists of texts held against each other.

export interface Pair {
  readonly recorded: string;
  readonly ours: string;
}

/** The first place where two lists differ; null when they are equal. */
export function firstDifferent(
  recorded: readonly string[],
  ours: readonly string[],
): { at: number; pair: Pair } | null {
  for (let at = 0; at < Math.max(recorded.length, ours.length); at++) {
    const pair = { recorded: recorded[at] ?? "nothing", ours: ours[at] ?? "nothing" };
    if (pair.recorded !== pair.ours) return { at, pair };
  }
  return null;
}

/** Rows that only one side has, equal rows counted one by one; null when both have the same. Order does not matter. */
export function missingRows(recorded: readonly string[], ours: readonly string[]): Pair | null {
  const onlyTheirs = without(recorded, ours);
  const onlyOurs = without(ours, recorded);
  if (onlyTheirs.length === 0 && onlyOurs.length === 0) return null;
  const text = (rows: readonly string[]): string => [...rows].sort().join("\n") || "no further row";
  return { recorded: text(onlyTheirs), ours: text(onlyOurs) };
}

function without(rows: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const row of others) left.set(row, (left.get(row) ?? 0) + 1);
  return rows.filter((row) => {
    const count = left.get(row) ?? 0;
    left.set(row, count - 1);
    return count <= 0;
  });
}
