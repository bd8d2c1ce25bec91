import fc from "fast-check";
import { expect, test } from "vitest";
import {
  formatSelector,
  type Labels,
  type LabelSelector,
  matchesLabels,
  matchesSelector,
  parseSelector,
} from "../../src/index.ts";

const key = fc.constantFrom("a", "b", "c");
const value = fc.constantFrom("", "x", "y");
const labels = fc.dictionary(key, value) as fc.Arbitrary<Labels>;

test("matchLabels is the same as the equality selector", () => {
  fc.assert(
    fc.property(labels, labels, (selector, on) => {
      expect(matchesSelector({ matchLabels: selector }, on)).toBe(matchesLabels(selector, on));
    }),
  );
});

test("In and NotIn, Exists and DoesNotExist are each other's opposite", () => {
  fc.assert(
    fc.property(labels, key, fc.array(value, { minLength: 1 }), (on, k, values) => {
      const one = (operator: "In" | "NotIn" | "Exists" | "DoesNotExist"): boolean =>
        matchesSelector({ matchExpressions: [{ key: k, operator, values }] }, on);
      expect(one("In")).toBe(!one("NotIn"));
      expect(one("Exists")).toBe(!one("DoesNotExist"));
    }),
  );
});

test("what formatSelector prints, parseSelector reads back with the same meaning", () => {
  const expression = fc.record({
    key,
    operator: fc.constantFrom("In", "NotIn", "Exists", "DoesNotExist"),
    values: fc.array(fc.constantFrom("x", "y"), { minLength: 1 }),
  });
  const selector = fc.record({
    matchLabels: labels,
    matchExpressions: fc.array(expression),
  }) as fc.Arbitrary<LabelSelector>;
  fc.assert(
    fc.property(selector, labels, (original, on) => {
      const text = formatSelector(original);
      const parsed = parseSelector(text === "<none>" ? "" : text);
      if ("error" in parsed) throw new Error(parsed.error);
      expect(matchesSelector(parsed.selector, on)).toBe(matchesSelector(original, on));
    }),
  );
});

test.each(["a in x", "=b", "a b", "!"])("%s is no selector", (text) => {
  expect(parseSelector(text)).toHaveProperty("error");
});
