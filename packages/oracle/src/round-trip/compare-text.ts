// Two texts of the save programs: what may differ is left out, the rest must be the same.

export interface LinePair {
  readonly real: string;
  readonly ours: string;
}

/** Without the comment lines that carry a date. */
export function ruleLines(text: string): readonly string[] {
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

/** The first line that differs; null: none does. */
export function compareLines(real: readonly string[], ours: readonly string[]): LinePair | null {
  for (let i = 0; i < Math.max(real.length, ours.length); i++)
    if (real[i] !== ours[i]) return { real: real[i] ?? "(no more lines)", ours: ours[i] ?? "(no more lines)" };
  return null;
}

/** Seconds by which a timeout may have run while the texts were made. */
const TIMEOUT_SLACK = 10;

interface SetText {
  readonly create: string;
  readonly rows: readonly string[];
}

/** Sets in their order; the elements of a hash in an order of ours, as the kernel's is that of the hash. */
function setsOf(text: string): readonly SetText[] {
  const sets: { create: string; rows: string[] }[] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("create ")) sets.push({ create: line, rows: [] });
    else if (line !== "") sets.at(-1)?.rows.push(line);
  }
  return sets.map((set) => (set.create.includes(" hash:") ? { ...set, rows: set.rows.toSorted(byElement) } : set));
}

/** The element stands before everything that could differ by time. */
function byElement(a: string, b: string): number {
  const [x, y] = [a, b].map((row) => row.replace(/ timeout \d+/, "")) as [string, string];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** `initval` is drawn by the kernel unless it is given. */
export function compareSets(real: string, ours: string, options: { initval: boolean }): LinePair | null {
  const masked = (line: string): string => (options.initval ? line : line.replace(/ initval 0x\w+/, ""));
  const [theirs, mine] = [setsOf(real), setsOf(ours)];
  for (let i = 0; i < Math.max(theirs.length, mine.length); i++) {
    const [a, b] = [theirs[i], mine[i]];
    if (a === undefined || b === undefined || masked(a.create) !== masked(b.create))
      return { real: a?.create ?? "(no more sets)", ours: b?.create ?? "(no more sets)" };
    const rows = compareLines(a.rows, agingRows(a.rows, b.rows));
    if (rows !== null) return rows;
  }
  return null;
}

/** Our rows with the kernel's timeouts where those have merely run on. */
function agingRows(real: readonly string[], ours: readonly string[]): readonly string[] {
  return ours.map((row, i) => {
    const [mine, theirs] = [row, real[i] ?? ""].map((text) => / timeout (\d+)/.exec(text)?.[1]);
    if (mine === undefined || theirs === undefined || mine === "0" || theirs === "0") return row;
    const age = Number(mine) - Number(theirs);
    return age >= 0 && age <= TIMEOUT_SLACK ? row.replace(` timeout ${mine}`, ` timeout ${theirs}`) : row;
  });
}
