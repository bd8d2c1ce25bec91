// Small words over the seeded stream.

import type { Random } from "@kubehop/sim";

export class Chooser {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError("nothing to pick from");
    return items[this.#random.below(items.length)] as T;
  }

  /** True with probability p. */
  chance(p: number): boolean {
    return this.#random.float() < p;
  }

  below(n: number): number {
    return this.#random.below(n);
  }

  /** Each item with probability p. */
  some<T>(p: number, items: readonly T[]): T[] {
    return items.filter(() => this.chance(p));
  }

  shuffled<T>(items: readonly T[]): T[] {
    return this.#random.shuffle([...items]);
  }
}
