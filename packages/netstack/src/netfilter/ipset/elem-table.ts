// Elements by one, two or three numbers: a map per number, so that a look-up builds no key. Stands in for the kernel's hash tables.

import type { Elem } from "./ip-set-elem.ts";

export type Depth = 1 | 2 | 3;

type Leaf = Map<number, Elem>;
type Level2 = Map<number, Leaf>;
type Level3 = Map<number, Level2>;

export class ElemTable {
  size = 0;
  private readonly depth: Depth;
  private readonly one: Leaf = new Map();
  private readonly two: Level2 = new Map();
  private readonly three: Level3 = new Map();

  constructor(depth: Depth) {
    this.depth = depth;
  }

  /** First element with these numbers; the unused ones are not looked at. */
  get(a: number, b: number, c: number): Elem | undefined {
    if (this.depth === 1) return this.one.get(a);
    if (this.depth === 2) return this.two.get(a)?.get(b);
    return this.three.get(a)?.get(b)?.get(c);
  }

  insert(e: Elem): void {
    const { leaf, key } = this.leafOf(e);
    const first = leaf.get(key);
    if (first === undefined) leaf.set(key, e);
    else {
      let last = first;
      while (last.next !== null) last = last.next;
      last.next = e;
    }
    this.size++;
  }

  remove(e: Elem): void {
    const { leaf, key } = this.leafOf(e);
    const first = leaf.get(key);
    if (first === undefined) return;
    if (first === e) {
      if (e.next === null) leaf.delete(key);
      else leaf.set(key, e.next);
    } else unlink(first, e);
    e.next = null;
    this.size--;
  }

  private leafOf(e: Elem): { leaf: Leaf; key: number } {
    if (this.depth === 1) return { leaf: this.one, key: e.a };
    if (this.depth === 2) return { leaf: below(this.two, e.a), key: e.b };
    let level = this.three.get(e.a);
    if (level === undefined) this.three.set(e.a, (level = new Map()));
    return { leaf: below(level, e.b), key: e.c };
  }
}

function below(level: Level2, key: number): Leaf {
  let leaf = level.get(key);
  if (leaf === undefined) level.set(key, (leaf = new Map()));
  return leaf;
}

function unlink(first: Elem, e: Elem): void {
  for (let at: Elem | null = first; at !== null; at = at.next) {
    if (at.next === e) at.next = e.next;
  }
}
