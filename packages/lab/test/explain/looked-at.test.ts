import { describe, expect, it, test } from "vitest";
import { LookedAt } from "../../src/explain/looked-at.ts";
import type { RuleStep } from "../../src/explain/rule-text.ts";
import { mismatchOf, newView, type PacketView } from "../../src/explain/mismatch.ts";

const VIEW: PacketView = {
  ...newView(),
  protocol: "tcp",
  src: "10.0.0.1",
  dst: "10.0.1.2",
  sport: "40000",
  dport: "80",
  in: "cni0",
  out: "eth0",
  mark: 0x4000,
  state: "NEW",
};

describe("why a rule does not match", () => {
  test.each([
    ["-d 10.0.2.0/24 -j DROP", "destination is 10.0.1.2"],
    ["-d 10.0.1.0/24 -p udp -j DROP", "protocol is tcp"],
    ["! -s 10.0.0.0/8 -j ACCEPT", "source is 10.0.0.1"],
    ["-i eth+ -j DROP", "in by cni0"],
    ["! -o eth0 -j DROP", "out by eth0"],
    ["-p tcp -m tcp --dport 81:90 -j DROP", "to port 80"],
    ["-p tcp -m tcp --sport 1:1023 -j DROP", "from port 40000"],
    ["-m mark --mark 0x8000/0x8000 -j DROP", "mark is 0x4000"],
    ["-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", "conntrack state is NEW"],
    ["-m statistic --mode random --probability 0.5 -j X", "its match statistic says no"],
    ['-m comment --comment "-d 1.2.3.4" -m set --match-set a src -j X', "its match set says no"],
    ["-j X", "no match"],
  ])("%s", (text, why) => {
    expect(mismatchOf(text, VIEW)).toBe(why);
  });
});

const CHAINS: Readonly<Record<string, readonly string[]>> = {
  FORWARD: ["-d 1.1.1.1/32 -j DROP", "-j A", "-j B", "-p udp -j DROP", "-j ACCEPT"],
  A: ["-s 2.2.2.2/32 -j DROP", "-j RETURN", "-s 3.3.3.3/32 -j DROP"],
  B: ["-p udp -j DROP"],
};

const LOOKED = {
  rulesAround: ({ chain }: RuleStep) => CHAINS[chain] ?? [],
  rulesBehind: ({ verdict }: RuleStep) => CHAINS[verdict] ?? [],
};

function rule(chain: string, number: number, verdict: string): RuleStep {
  const text = CHAINS[chain]?.[number - 1] ?? "";
  const base = { at: 0, pkt: 1, parent: 0, ns: "n", fn: "f", kind: "rule", backend: "nft", table: "filter" } as const;
  return { ...base, chain, rule: number, text, verdict };
}

it("all between two matches, the rest of chains that ended without one, nothing behind a RETURN", () => {
  const looked = new LookedAt(LOOKED);
  const walk = [rule("FORWARD", 2, "A"), rule("A", 2, "RETURN"), rule("FORWARD", 3, "B"), rule("FORWARD", 5, "ACCEPT")];
  expect(walk.map((step) => looked.before(step, VIEW))).toEqual([
    ["FORWARD 1: -d 1.1.1.1/32 -j DROP: no, destination is 10.0.1.2"],
    ["A 1: -s 2.2.2.2/32 -j DROP: no, source is 10.0.0.1"],
    [],
    ["B 1: -p udp -j DROP: no, protocol is tcp", "FORWARD 4: -p udp -j DROP: no, protocol is tcp"],
  ]);
});

it("a policy is met behind all rules, and the next walk begins anew", () => {
  const looked = new LookedAt({ ...LOOKED, rulesAround: () => ["-p udp -j DROP"] });
  const line = "FORWARD 1: -p udp -j DROP: no, protocol is tcp";
  expect(looked.before(rule("FORWARD", 0, "ACCEPT"), VIEW)).toEqual([line]);
  expect(looked.before(rule("FORWARD", 0, "ACCEPT"), VIEW)).toEqual([line]);
});

it("many that fail for one reason are one line", () => {
  const many = Array.from({ length: 500 }, (_, i) => `-d 10.9.${i % 250}.1/32 -j X`);
  const looked = new LookedAt({ ...LOOKED, rulesAround: () => many });
  expect(looked.before(rule("FORWARD", 0, "ACCEPT"), VIEW)).toEqual(["FORWARD 1–500: no, destination is 10.0.1.2"]);
});
