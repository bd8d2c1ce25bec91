import { expect, test } from "vitest";
import { atLeast, compareReleases } from "../src/index.ts";

test.each([
  ["0.9.1", "0.9.1", true],
  ["0.9.1", "0.10.0", false],
  ["0.10.0", "0.9.1", true],
  ["1.0", "1.0.0", true],
  ["0.28.9", "0.28.10", false],
  ["v1.28", "1.9", true],
])("%s is at least %s: %s", (version, floor, wanted) => {
  expect(atLeast(version, floor)).toBe(wanted);
});

test("releases sort by number", () => {
  expect(["1.10", "1.9", "v1.28", "1.9.3"].toSorted(compareReleases)).toEqual(["1.9", "1.9.3", "1.10", "v1.28"]);
});
