// What is called proven live is what the live checks write into their labs and states: read here from those texts, with other seeds.
import { Random } from "@kubehop/sim";
import { xtablesSupport } from "@kubehop/netstack";
import { describe, expect, it } from "vitest";
import { Chooser } from "../../src/fuzz/choose.ts";
import { KINDS } from "../../src/fuzz/kinds.ts";
import { ruleKit, RuleWriter } from "../../src/fuzz/rules.ts";
import { drawSets } from "../../src/fuzz/sets.ts";
import { OurKernel } from "../../src/live/our-kernel.ts";
import { MATCH_DRAWS } from "../../src/round-trip/match-draws.ts";
import { drawRuleState } from "../../src/round-trip/rule-state.ts";
import { drawSetState } from "../../src/round-trip/set-draws.ts";
import { TARGET_DRAWS } from "../../src/round-trip/target-draws.ts";
import { Words } from "../../src/round-trip/words.ts";
import {
  liveEvidence,
  setTypes,
  thingsOfLabs,
  thingsOfOp,
  thingsOfRoundTrip,
  thingsOfRules,
} from "../../src/support/live-evidence.ts";

const isRule = (thing: string): boolean => /^(matches|targets) /.test(thing);
const sorted = (things: Iterable<string>): string[] => [...new Set(things)].toSorted();
const rulesIn = (texts: readonly string[]): string[] => thingsOfRules(texts.flatMap((text) => text.split("\n")));

describe("random labs", () => {
  it("write every match, target and option that they are said to, and no other", () => {
    const kit = ruleKit([new OurKernel()]);
    const texts = Array.from({ length: 400 }, (_, i) => {
      const c = new Chooser(new Random(`labs ${i}`));
      const lab = KINDS.bridged(c);
      return new RuleWriter(c, kit, lab, drawSets(c, lab).sets).text();
    });
    expect(sorted(rulesIn(texts))).toEqual(sorted(liveEvidence("labs")).filter(isRule));
  });

  it("draw the same things whatever the seed", () => {
    expect(sorted(thingsOfLabs("another"))).toEqual(sorted(liveEvidence("labs")));
  });

  it("are said to hold what their operations set, under the page's names", () => {
    expect(thingsOfOp({ op: "sysctl", key: "net.ipv4.conf.flannel.1.rp_filter", value: "1" })).toEqual([
      "op sysctl",
      "sysctl net.ipv4.conf.DEV.rp_filter",
    ]);
    expect(thingsOfOp({ op: "route-add", dst: "default", via: "10.0.0.1" })).toEqual([
      "op route-add",
      "route type unicast",
      "route dst",
      "route via",
    ]);
    expect(thingsOfOp({ op: "link-add", name: "v", link: { type: "vxlan", id: 1, dstport: 4789 } })).toEqual([
      "op link-add",
      "device vxlan",
      "device vxlan id",
      "device vxlan dstport",
    ]);
  });

  it("are not said to hold what nobody draws", () => {
    const things = liveEvidence("labs");
    const undrawn = ["device dummy", "device nic", "route type throw", "targets LOG", "targets CT --zone-orig"];
    expect(undrawn.filter((thing) => things.has(thing))).toEqual([]);
  });
});

describe("the round trip", () => {
  it("writes every match, target, option and type of set that it is said to, and no other", () => {
    const kit = { matches: Object.keys(MATCH_DRAWS), targets: Object.keys(TARGET_DRAWS) };
    const words = (i: number): Words => new Words(new Random(`trip ${i}`));
    const rules = Array.from({ length: 800 }, (_, i) => drawRuleState(words(i), kit, i % 2 === 0 ? "legacy" : "nft"));
    const sets = Array.from({ length: 200 }, (_, i) => drawSetState(words(i)));
    expect(sorted([...rulesIn(rules), ...sets.flatMap(setTypes)])).toEqual(sorted(liveEvidence("text")));
  });

  it("draws the same things whatever the seed", () => {
    expect(sorted(thingsOfRoundTrip("another"))).toEqual(sorted(liveEvidence("text")));
  });

  it("takes every option that is modelled", () => {
    const { matches, targets } = xtablesSupport();
    const all = Object.entries({ matches, targets }).flatMap(([kind, list]) =>
      list.flatMap(({ name, options }) =>
        options.filter((o) => !o.refused).map((option) => `${kind} ${name} --${option.name}`),
      ),
    );
    expect(all.filter((thing) => !liveEvidence("text").has(thing))).toEqual([]);
  });
});
