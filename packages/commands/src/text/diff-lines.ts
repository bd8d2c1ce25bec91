// Line differences: the shortest edit script (Myers 1986, "An O(ND) Difference Algorithm"), with runs slid down as GNU diff does,
// and the two output forms.

/** A run of changed lines: 0-based, half open, in both texts; one side may be empty. */
export interface Change {
  readonly a0: number;
  readonly a1: number;
  readonly b0: number;
  readonly b1: number;
}

/** Changes that turn `a` into `b`, in order. */
export function diffLines(a: readonly string[], b: readonly string[]): Change[] {
  const { deleted, inserted } = editScript(a, b);
  slide(a, deleted, inserted);
  slide(b, inserted, deleted);
  return collect(deleted, inserted);
}

interface Flags {
  /** Per line of the old text: is it gone? Per line of the new one: is it new? */
  readonly deleted: boolean[];
  readonly inserted: boolean[];
}

function editScript(a: readonly string[], b: readonly string[]): Flags {
  const [n, m] = [a.length, b.length];
  const deleted = Array.from({ length: n }, () => false);
  const inserted = Array.from({ length: m }, () => false);
  const trace = furthestPaths(a, b);
  let [x, y] = [n, m];
  for (let d = trace.length - 1; d > 0; d--) {
    const v = trace[d - 1] ?? new Map<number, number>();
    const k = x - y;
    const down = k === -d || (k !== d && (v.get(k - 1) ?? -1) < (v.get(k + 1) ?? -1));
    const px = v.get(down ? k + 1 : k - 1) ?? 0;
    const py = px - (down ? k + 1 : k - 1);
    while (x > px + Number(!down) && y > py + Number(down)) [x, y] = [x - 1, y - 1];
    if (down) inserted[py] = true;
    else deleted[px] = true;
    [x, y] = [px, py];
  }
  return { deleted, inserted };
}

/** Per number of edits: diagonal → furthest x. The last one reaches the end. */
function furthestPaths(a: readonly string[], b: readonly string[]): Map<number, number>[] {
  const trace: Map<number, number>[] = [];
  let v = new Map<number, number>();
  for (let d = 0; d <= a.length + b.length; d++) {
    const next = new Map<number, number>();
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && (v.get(k - 1) ?? -1) < (v.get(k + 1) ?? -1));
      let x = d === 0 ? 0 : down ? (v.get(k + 1) ?? 0) : (v.get(k - 1) ?? 0) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      next.set(k, x);
      if (x >= a.length && x - k >= b.length) return [...trace, next];
    }
    trace.push(next);
    v = next;
  }
  return trace;
}

/**
 * Where a run of changed lines may stand higher or lower, GNU diff (analyze.c, shift_boundaries) joins it with its neighbours, then
 * puts it beside a change of the other text when there is one, else as low as it goes.
 */
function slide(lines: readonly string[], changed: boolean[], other: readonly boolean[]): void {
  const run = new SlidingRun(lines, changed, other);
  while (run.next()) run.settle();
}

class SlidingRun {
  private readonly lines: readonly string[];
  private readonly changed: boolean[];
  private readonly other: readonly boolean[];
  private start = 0;
  private end = 0;
  /** Position in the other text that belongs to `end`. */
  private mate = 0;

  constructor(lines: readonly string[], changed: boolean[], other: readonly boolean[]) {
    this.lines = lines;
    this.changed = changed;
    this.other = other;
  }

  /** The next run at or behind `end`; false when there is none. */
  next(): boolean {
    while (this.end < this.lines.length && this.changed[this.end] !== true) {
      this.end++;
      while (this.other[this.mate++] === true);
    }
    if (this.end >= this.lines.length) return false;
    this.start = this.end;
    while (this.changed[this.end] === true) this.end++;
    while (this.other[this.mate] === true) this.mate++;
    return true;
  }

  settle(): void {
    let length: number;
    let beside: number;
    do {
      length = this.end - this.start;
      while (this.start > 0 && this.lines[this.start - 1] === this.lines[this.end - 1]) this.up(true);
      beside = this.other[this.mate - 1] === true ? this.end : this.lines.length;
      while (this.end < this.lines.length && this.lines[this.start] === this.lines[this.end])
        if (this.down()) beside = this.end;
    } while (length !== this.end - this.start);
    while (beside < this.end) this.up(false);
  }

  private up(join: boolean): void {
    this.changed[--this.start] = true;
    this.changed[--this.end] = false;
    while (join && this.changed[this.start - 1] === true) this.start--;
    do this.mate--;
    while (this.other[this.mate] === true);
  }

  /** True when the run then stands beside a change of the other text. */
  private down(): boolean {
    this.changed[this.start++] = false;
    this.changed[this.end++] = true;
    while (this.changed[this.end] === true) this.end++;
    this.mate++;
    const beside = this.other[this.mate] === true;
    while (this.other[this.mate] === true) this.mate++;
    return beside;
  }
}

function collect(deleted: readonly boolean[], inserted: readonly boolean[]): Change[] {
  const changes: Change[] = [];
  let [i, j] = [0, 0];
  while (i < deleted.length || j < inserted.length) {
    const [a0, b0] = [i, j];
    while (deleted[i] === true) i++;
    while (inserted[j] === true) j++;
    if (i > a0 || j > b0) changes.push({ a0, a1: i, b0, b1: j });
    else [i, j] = [i + 1, j + 1];
  }
  return changes;
}

/** `diff`'s normal form: `3,4c3` and lines with < and >. */
export function normalDiff(a: readonly string[], b: readonly string[]): string {
  let out = "";
  for (const { a0, a1, b0, b1 } of diffLines(a, b)) {
    const kind = a0 === a1 ? "a" : b0 === b1 ? "d" : "c";
    out += `${range(a0, a1)}${kind}${range(b0, b1)}\n`;
    for (let i = a0; i < a1; i++) out += `< ${a[i] ?? ""}\n`;
    if (kind === "c") out += "---\n";
    for (let j = b0; j < b1; j++) out += `> ${b[j] ?? ""}\n`;
  }
  return out;
}

/** 1-based; an empty range names the line before it. */
function range(from: number, to: number): string {
  if (to - from === 1) return `${to}`;
  return to === from ? `${from}` : `${from + 1},${to}`;
}

/** Hunks of `diff -U context`, without the file lines. */
export function unifiedHunks(a: readonly string[], b: readonly string[], context: number): string {
  let out = "";
  for (const group of groups(diffLines(a, b), context)) out += hunk(a, b, group, context);
  return out;
}

function groups(changes: readonly Change[], context: number): Change[][] {
  const out: Change[][] = [];
  for (const change of changes) {
    const last = out.at(-1);
    if (last !== undefined && change.a0 - (last.at(-1)?.a1 ?? 0) <= 2 * context) last.push(change);
    else out.push([change]);
  }
  return out;
}

function hunk(a: readonly string[], b: readonly string[], group: readonly Change[], context: number): string {
  const [first, last] = [group[0], group.at(-1)];
  if (first === undefined || last === undefined) return "";
  const lead = Math.min(context, first.a0, first.b0);
  const tail = Math.min(context, a.length - last.a1);
  let out = `@@ -${unifiedRange(first.a0 - lead, last.a1 + tail)} +${unifiedRange(first.b0 - lead, last.b1 + tail)} @@\n`;
  let at = first.a0 - lead;
  for (const { a0, a1, b0, b1 } of group) {
    for (; at < a0; at++) out += ` ${a[at] ?? ""}\n`;
    for (; at < a1; at++) out += `-${a[at] ?? ""}\n`;
    for (let j = b0; j < b1; j++) out += `+${b[j] ?? ""}\n`;
  }
  for (; at < last.a1 + tail; at++) out += ` ${a[at] ?? ""}\n`;
  return out;
}

function unifiedRange(from: number, to: number): string {
  if (to - from === 1) return `${to}`;
  return `${to === from ? from : from + 1},${to - from}`;
}
