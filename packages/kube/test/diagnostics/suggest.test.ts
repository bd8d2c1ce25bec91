import fc from "fast-check";
import { expect, test } from "vitest";
import { didYouMean, editDistance, nearest } from "../../src/index.ts";

test.each([
  ["tagetPort", "targetPort"],
  ["prots", "ports"],
  ["TYPE", "type"],
  ["selectors", "selector"],
])("%s is near %s", (typed, meant) => {
  expect(nearest(typed, ["name", "type", "ports", "targetPort", "selector"])).toBe(meant);
});

test("a word like none of the known ones gets no suggestion", () => {
  expect(didYouMean("banana", ["ports", "type"])).toBeUndefined();
});

test("edit distance is a metric for short words", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 6 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, b) === 0).toBe(a === b);
      expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
    }),
  );
});
