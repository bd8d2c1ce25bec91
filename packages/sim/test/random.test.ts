import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hexId, uuid } from "../src/ids.ts";
import { Random } from "../src/random.ts";

const draw = (random: Random, n: number) => Array.from({ length: n }, () => random.u32());
const seed = fc.oneof(fc.string(), fc.integer());

describe("Random", () => {
  it("gives the same stream for the same seed", () => {
    fc.assert(
      fc.property(seed, (s) => {
        expect(draw(new Random(s), 50)).toEqual(draw(new Random(s), 50));
      }),
    );
  });

  it("keeps the stream of a seed over releases", () => {
    expect(draw(new Random("kubehop"), 4)).toMatchInlineSnapshot(`
      [
        3242589837,
        3775945557,
        2224832741,
        826165419,
      ]
    `);
  });

  it("gives other streams for other seeds, close ones too", () => {
    const seeds = [...Array.from({ length: 5000 }, (_, i) => i), "", "a", "b", "aa", "ab", "ba", "a\0"];
    const firsts = new Set(seeds.map((s) => draw(new Random(s), 2).join()));
    expect(firsts.size).toBe(seeds.length);
  });

  it("flips about half of the bits when one character of the seed changes", () => {
    let flipped = 0;
    for (let i = 0; i < 1000; i++) {
      let difference = new Random(`seed ${i}`).u32() ^ new Random(`seed ${i + 1}`).u32();
      for (; difference !== 0; difference &= difference - 1) flipped++;
    }
    expect(flipped / 32_000).toBeGreaterThan(0.48);
    expect(flipped / 32_000).toBeLessThan(0.52);
  });

  it("forks by label alone, not by what was drawn before", () => {
    fc.assert(
      fc.property(seed, fc.string(), fc.nat(20), (s, label, drawn) => {
        const early = new Random(s);
        const late = new Random(s);
        draw(late, drawn);
        expect(draw(late.fork(label), 10)).toEqual(draw(early.fork(label), 10));
      }),
    );
  });

  it("forks into streams that differ from the parent and from each other", () => {
    const parent = new Random(1);
    const streams = ["", "a", "b", "nodes", "ports"].map((label) => draw(parent.fork(label), 8).join());
    expect(new Set([...streams, draw(new Random(1), 8).join()]).size).toBe(6);
    expect(draw(parent.fork("a").fork("b"), 4)).not.toEqual(draw(parent.fork("b").fork("a"), 4));
  });

  it("stays below its bound and reaches every value", () => {
    const random = new Random("dice");
    const counts = [0, 0, 0, 0, 0, 0];
    for (let i = 0; i < 60_000; i++) {
      const n = random.below(6);
      counts[n] = (counts[n] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
    expect(counts).toHaveLength(6);
    expect(random.below(1)).toBe(0);
    expect(() => random.below(0)).toThrow(RangeError);
    expect(() => random.below(2.5)).toThrow(RangeError);
  });

  it("has no modulo bias where it would show most", () => {
    const random = new Random("bias");
    const bound = 3 * 2 ** 30;
    let low = 0;
    for (let i = 0; i < 30_000; i++) if (random.below(bound) < 2 ** 30) low++;
    expect(Math.abs(low - 10_000)).toBeLessThan(500);
  });

  it("draws floats in [0, 1) around one half", () => {
    const random = new Random(7);
    let sum = 0;
    for (let i = 0; i < 10_000; i++) {
      const x = random.float();
      expect(x >= 0 && x < 1).toBe(true);
      sum += x;
    }
    expect(Math.abs(sum / 10_000 - 0.5)).toBeLessThan(0.02);
  });

  it("shuffles into a permutation, each first element equally often", () => {
    fc.assert(
      fc.property(seed, fc.array(fc.integer()), (s, items) => {
        const byValue = (a: number, b: number) => a - b;
        expect(new Random(s).shuffle([...items]).sort(byValue)).toEqual([...items].sort(byValue));
      }),
    );
    const random = new Random("cards");
    const firsts = [0, 0, 0, 0];
    for (let i = 0; i < 8000; i++) {
      const first = random.shuffle([0, 1, 2, 3])[0] ?? 0;
      firsts[first] = (firsts[first] ?? 0) + 1;
    }
    for (const count of firsts) expect(Math.abs(count - 2000)).toBeLessThan(250);
  });
});

describe("ids", () => {
  it("are drawn from the stream", () => {
    expect(hexId(new Random(1), 64)).toMatch(/^[0-9a-f]{64}$/);
    expect(hexId(new Random(1), 13)).toBe(hexId(new Random(1), 64).slice(0, 13));
    const random = new Random(1);
    expect(new Set(Array.from({ length: 100 }, () => uuid(random))).size).toBe(100);
    expect(uuid(random)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
