// Seeded chance: sfc32 (Chris Doty-Humphrey's Small Fast Counting generator, 128 bits of state; PractRand).

type Words = readonly [number, number, number, number];

/** Rounds after seeding until every output bit depends on every seed bit. */
const WARM_UP = 16;

/** One stream of random numbers; the same seed gives the same stream on every platform. */
export class Random {
  readonly #seed: Words;
  #a: number;
  #b: number;
  #c: number;
  #counter: number;

  constructor(seed: number | string) {
    this.#seed = hashWords(String(seed), [0, 0, 0, 0]);
    [this.#a, this.#b, this.#c, this.#counter] = this.#seed;
    for (let i = 0; i < WARM_UP; i++) this.u32();
  }

  /** Uniform in 0 … 2^32 − 1. */
  u32(): number {
    const out = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + out) | 0;
    return out >>> 0;
  }

  /** Uniform in 0 … n − 1, without the bias of a bare modulo; n is 1 … 2^32. */
  below(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > 2 ** 32) throw new RangeError(`no number below ${n}`);
    const limit = 2 ** 32 - (2 ** 32 % n);
    let x = this.u32();
    while (x >= limit) x = this.u32();
    return x % n;
  }

  /** Uniform in [0, 1) with 53 bits. */
  float(): number {
    const high = this.u32() >>> 5;
    const low = this.u32() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /**
   * A stream of its own, named by `label`. It depends on the seed and the label alone, not on what was drawn so
   * far: a new consumer does not shift the others. The same label gives the same stream again.
   */
  fork(label: string): Random {
    return new Random(hashWords(label, this.#seed).join(":"));
  }

  /** Shuffles in place (Fisher–Yates) and returns the same array. */
  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const held = items[i] as T;
      items[i] = items[j] as T;
      items[j] = held;
    }
    return items;
  }
}

// Odd constants of MurmurHash3 x86_128, one per lane.
const LANES: Words = [0x239b961b, 0xab0e9789, 0x38b34ae5, 0xa1e38b93];

/** 128-bit hash of a text: four multiplicative lanes fed in turn with each other, each finished by fmix32. */
function hashWords(text: string, key: Words): Words {
  let [a, b, c, d] = key;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = b ^ Math.imul(a ^ unit, LANES[0]);
    b = c ^ Math.imul(b ^ unit, LANES[1]);
    c = d ^ Math.imul(c ^ unit, LANES[2]);
    d = a ^ Math.imul(d ^ unit, LANES[3]);
  }
  a ^= text.length;
  const sum = a ^ b ^ c ^ d;
  return [fmix32(sum ^ a), fmix32(sum ^ Math.imul(b, 3)), fmix32(sum ^ Math.imul(c, 5)), fmix32(sum ^ Math.imul(d, 7))];
}

/** MurmurHash3's finaliser: every input bit flips each output bit with probability one half. */
function fmix32(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
