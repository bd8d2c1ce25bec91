import { expect, test } from "vitest";
import type { RuleStep } from "../../src/explain/rule-text.ts";
import type { RuleBackground } from "../../src/explain/table-walk.ts";
import { TableWalk } from "../../src/explain/table-walk.ts";

const NOBODY: RuleBackground = { originOf: () => undefined, pickOf: () => undefined };

type Line = readonly [chain: string, rule: number, text: string, verdict: string];

function step([chain, rule, text, verdict]: Line): RuleStep {
  return {
    at: 0,
    pkt: 1,
    parent: 0,
    ns: "n",
    fn: "f",
    kind: "rule",
    backend: "nft",
    table: "nat",
    chain,
    rule,
    text,
    verdict,
  };
}

function walk(
  lines: readonly Line[],
  marks: Readonly<Record<number, number>> = {},
  background: RuleBackground = NOBODY,
): TableWalk {
  const [first] = lines;
  if (first === undefined) throw new Error("no rule");
  const made = new TableWalk(step(first), background);
  for (const [i, line] of lines.entries()) {
    const after = marks[i];
    if (after !== undefined)
      made.mark({ at: 0, pkt: 1, parent: 0, ns: "n", fn: "mark_tg", kind: "mark", before: 0, after });
    made.rule(step(line));
  }
  return made;
}

test("chains that were entered in vain are not told", () => {
  const lines: Line[] = [
    ["PREROUTING", 1, "-j A", "A"],
    ["A", 3, "-j B", "B"],
    ["PREROUTING", 2, "-j C", "C"],
    ["C", 1, "-p tcp -j DNAT --to-destination 10.0.0.1:80", "ACCEPT"],
  ];
  expect(walk(lines).text()).toBe("C");
  expect(walk(lines).natTarget).toBe("DNAT");
});

test("a chain that only marks becomes its mark, at the place where it was called", () => {
  const lines: Line[] = [
    ["PREROUTING", 1, "-j S", "S"],
    ["S", 1, "-j M", "M"],
    ["M", 1, "-j MARK --set-xmark 0x4000/0x4000", "CONTINUE"],
    ["S", 2, "-j E", "E"],
    ["E", 1, "-j DNAT --to-destination 10.0.0.1:80", "ACCEPT"],
  ];
  expect(walk(lines, { 2: 0x4000 }).text()).toBe("S → MARK 0x4000 → E");
});

test("a mark that leads nowhere else is told alone, an idle walk is not", () => {
  const policy: Line = ["FORWARD", 0, "", "ACCEPT"];
  expect(walk([["FORWARD", 1, "-j MARK --set-xmark 0x1/0x1", "CONTINUE"], policy], { 0: 1 }).text()).toBe("MARK 0x1");
  expect(walk([["FORWARD", 1, "-j A", "A"], ["A", 1, "-j RETURN", "RETURN"], policy]).text()).toBe("");
  expect(walk([["FORWARD", 0, "", "DROP"]]).text()).toBe("policy DROP");
});

test("the deciding rule is told with its number and what it asks for, without comments", () => {
  const text = '-m comment --comment "a \\"b\\" c" -m mark --mark 0x4000/0x4000 -j ACCEPT';
  expect(
    walk([
      ["FORWARD", 1, "-j K", "K"],
      ["K", 7, text, "ACCEPT"],
    ]).text(),
  ).toBe("K 7 mark 0x4000/0x4000 ACCEPT");
  expect(walk([["FORWARD", 2, "! -s 10.0.0.0/8 -j DROP", "DROP"]]).text()).toBe("2 ! -s 10.0.0.0/8 DROP");
});

test("a walk goes on in its own table and back end until it is decided", () => {
  const open = walk([["PREROUTING", 1, "-j A", "A"]]);
  expect(open.continues(step(["A", 1, "-j ACCEPT", "ACCEPT"]))).toBe(true);
  expect(open.continues({ ...step(["A", 1, "", "ACCEPT"]), table: "filter" })).toBe(false);
  expect(open.continues({ ...step(["A", 1, "", "ACCEPT"]), backend: "legacy" })).toBe(false);
  expect(walk([["PREROUTING", 1, "-j ACCEPT", "ACCEPT"]]).continues(step(["PREROUTING", 2, "", "ACCEPT"]))).toBe(false);
});

test("origin and choice come from the rules that have them", () => {
  const background: RuleBackground = {
    originOf: ({ chain }) =>
      chain === "S" ? { agent: "p", object: "Service d/web", position: "web.yaml:3" } : undefined,
    pickOf: ({ chain }) => (chain === "S" ? { chosen: 2, of: 3 } : undefined),
  };
  const made = walk(
    [
      ["PREROUTING", 1, "-j S", "S"],
      ["S", 2, "-j E", "E"],
      ["E", 1, "-j DNAT --to-destination 1.2.3.4", "ACCEPT"],
    ],
    {},
    background,
  );
  expect(made.origin).toBe("Service d/web, web.yaml:3");
  expect(made.pick).toEqual({ chosen: 2, of: 3 });
});

test("who wrote a chain that was entered in vain is not named", () => {
  const background: RuleBackground = {
    originOf: ({ rule }) => (rule === 1 ? { agent: "k", object: "k" } : undefined),
    pickOf: () => undefined,
  };
  const lines: Line[] = [
    ["OUTPUT", 1, "-j K", "K"],
    ["OUTPUT", 2, "-j LOG", "CONTINUE"],
    ["OUTPUT", 0, "", "ACCEPT"],
  ];
  expect(walk(lines, {}, background).text()).toBe("LOG");
  expect(walk(lines, {}, background).origin).toBe("");
});

test("a chain that marks and decides tells both", () => {
  const lines: Line[] = [
    ["POSTROUTING", 1, "-j K", "K"],
    ["K", 2, "-j MARK --xor-mark 0x4000", "CONTINUE"],
    ["K", 3, "-j MASQUERADE", "ACCEPT"],
  ];
  expect(walk(lines, { 1: 0 }).text()).toBe("K: MARK 0x0, 3 MASQUERADE");
});
