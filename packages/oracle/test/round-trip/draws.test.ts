import { Random } from "@kubehop/sim";
import { setTypeSupport, xtablesSupport } from "@kubehop/netstack";
import { describe, expect, it } from "vitest";
import { MATCH_DRAWS } from "../../src/round-trip/match-draws.ts";
import type { Draw } from "../../src/round-trip/match-draws.ts";
import { drawRuleState } from "../../src/round-trip/rule-state.ts";
import { drawSetState, SET_DRAWS } from "../../src/round-trip/set-draws.ts";
import { TARGET_DRAWS } from "../../src/round-trip/target-draws.ts";
import { loadOurs } from "../../src/round-trip/trip.ts";
import { Words } from "../../src/round-trip/words.ts";

const { matches, targets } = xtablesSupport();
const DRAWN = 600;

/** Many drawings of one extension, from chains of the first and the last hook. */
function drawings(name: string, draw: Draw): string {
  const w = new Words(new Random(name));
  const protocol = draw.protocols?.[0] ?? "tcp";
  const hooks = [draw.hooks ?? ["PREROUTING"], draw.hooks ?? ["POSTROUTING"], draw.hooks ?? ["OUTPUT"]];
  return Array.from({ length: DRAWN }, (_, i) => {
    const words = draw.words(w, { kind: "legacy", table: "filter", hooks: hooks[i % 3] ?? [], protocol });
    return ` ${words} `;
  }).join("\n");
}

// What is registered and cannot be drawn would never make the round trip.
describe.each([
  ["match", matches, MATCH_DRAWS],
  ["target", targets, TARGET_DRAWS],
] as const)("every modelled %s", (_, modelled, draws) => {
  it("can be drawn", () => {
    expect(Object.keys(draws).toSorted()).toEqual(modelled.map(({ name }) => name).toSorted());
  });

  it.each(modelled.map((one) => [one.name, one.options] as const))("%s is drawn with every option", (name, options) => {
    const text = drawings(name, draws[name] as Draw);
    const isDrawn = (spellings: readonly string[], before = ""): boolean =>
      spellings.some((spelling) => text.includes(` ${before}--${spelling} `));
    const taken = options.filter((option) => !option.refused);
    expect(taken.filter(({ spellings }) => !isDrawn(spellings)).map((option) => option.name)).toEqual([]);
    // --return-nomatch is read with a `!`, and refused.
    const turned = taken.filter((option) => option.invert && option.name !== "return-nomatch");
    expect(turned.filter(({ spellings }) => !isDrawn(spellings, "! ")).map((option) => option.name)).toEqual([]);
  });
});

it("every modelled type of set can be drawn", () => {
  expect(Object.keys(SET_DRAWS).toSorted()).toEqual(setTypeSupport().modelled.toSorted());
});

/** What the kernel says to a limit's burst, without a reason. */
const TOO_LARGE = /^iptables-restore: line \d+ failed$/;

describe("what is drawn", () => {
  const kit = { matches: Object.keys(MATCH_DRAWS), targets: Object.keys(TARGET_DRAWS) };
  it.each(["legacy", "nft"] as const)("is taken by our %s, and what is saved reads the same again", (kind) => {
    for (let i = 0; i < 100; i++) {
      const text = drawRuleState(new Words(new Random(`${kind} ${i}`)), kit, kind);
      const first = loadOurs({ kind, text });
      if (kind === "legacy" && TOO_LARGE.test(first.error)) continue;
      expect(first.error).toBe("");
      expect(loadOurs({ kind, text: first.saved })).toEqual(first);
    }
  });

  it("is taken as sets, and what is saved reads the same again", () => {
    for (let i = 0; i < 100; i++) {
      const first = loadOurs({ kind: "ipset", text: drawSetState(new Words(new Random(i))) });
      expect(first.error).toBe("");
      expect(loadOurs({ kind: "ipset", text: first.saved })).toEqual(first);
    }
  });
});
