// Two labs in one process must not meet: modules of the engine hold no state.
import { describe, expect, it } from "vitest";
import { packageNames, sourceFiles } from "./sources.ts";

/** A variable at the left margin, or a collection that can be filled and is not declared read-only. */
const MODULE_STATE =
  /^(?:export )?(?:(?:let|var)\s+(\w+)|const (\w+)(?:: (?:Map|Set|WeakMap|WeakSet)<.*)? = new (?:Map|Set|WeakMap|WeakSet)(?:<.*>)?\(\))/gm;

function stateIn(text: string): string[] {
  return [...text.matchAll(MODULE_STATE)].map((match) => match[1] ?? match[2] ?? "");
}

describe("modules of the engine", () => {
  const engine = packageNames().filter((name) => name !== "cli" && name !== "oracle");
  it.each(engine)("hold no state in %s", (name) => {
    const found = sourceFiles(`packages/${name}/src`).flatMap(({ path, text }) =>
      stateIn(text).map((variable) => `${path}: ${variable}`),
    );
    expect(found).toEqual([]);
  });

  it("would be caught", () => {
    const text = [
      "let counter = 0;",
      "export let current: Lab | undefined;",
      "const cache = new Map<string, number>();",
      "const seen: Set<string> = new Set();",
      "const NAMES: ReadonlyMap<string, number> = new Map([['a', 1]]);",
      "const LIMIT = 3;",
      "  let inner = 1;",
    ].join("\n");
    expect(stateIn(text)).toEqual(["counter", "current", "cache", "seen"]);
  });
});
