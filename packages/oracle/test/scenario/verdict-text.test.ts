import { expect, it } from "vitest";
import type { ScenarioDifference } from "../../src/scenario/play-frames.ts";
import { addVerdict, formatVerdict, formatVerdictTotals, noVerdicts } from "../../src/scenario/verdict-text.ts";
import type { CellVerdict } from "../../src/scenario/verify-scenario.ts";

const verdict = (differences: readonly ScenarioDifference[], more: Partial<CellVerdict> = {}): CellVerdict => ({
  cell: {},
  packets: 1,
  events: 2,
  requests: 1,
  differences,
  notes: [],
  ...more,
});

const difference = (id: string, done: string): ScenarioDifference => ({
  id,
  done,
  what: "frames",
  where: "R/eB, frame 1",
  step: 0,
  kernel: "nothing",
  ours: "out",
});

const ARP = "ffffffffffff0a5800000001080600010800060400010a58000000010a0000010000000000000a000002";

it("a case: what was compared, the first differences and how many more there are", () => {
  const four = [
    difference("step 5", `A/eth0 sends ${ARP}`),
    difference("at the end", ""),
    difference("step 6", "tcp A > 10.0.0.1:80"),
    difference("step 7", ""),
  ];
  const text = formatVerdict("t.yaml", verdict(four));
  expect(text).toMatch(/^✗ t\.yaml {2}1 packet, 2 conntrack events, 1 request's outcome, 4 differences\n/);
  expect(text).toMatch(/\n {2}step 5: A\/eth0 sends .*who-has 10\.0\.0\.2 /);
  expect(text).toContain("\n  at the end:\n");
  expect(text).toContain("\n  step 6: tcp A > 10.0.0.1:80\n");
  expect(text).toMatch(/\n {2}and 1 more\n$/);
});

it("a case that sends nothing is no agreement, and one that broke off is none either", () => {
  const silent = verdict([], { packets: 0, requests: 0 });
  expect(formatVerdict("t.yaml", silent)).toBe("- t.yaml  skipped: it sends nothing that could be compared\n");
  const broken = verdict([difference("step 1", "")], {
    failed: "the agent is gone",
    notes: ["as kernel 6.18, not 3.10"],
  });
  expect(formatVerdict("t.yaml", broken)).toMatch(
    /1 difference; as kernel 6\.18, not 3\.10\n {2}not compared to the end: the agent is gone\n/,
  );
  const totals = noVerdicts();
  for (const one of [silent, broken]) addVerdict(totals, one);
  expect(totals).toMatchObject({ cases: 0, skipped: 1, wrong: 1, differences: 1 });
});

it("the last line tells what was skipped and what is wrong", () => {
  const totals = noVerdicts();
  addVerdict(totals, verdict([difference("step 1", "")]));
  addVerdict(totals, verdict([], { skipped: "no such device" }));
  totals.wrong++;
  expect(formatVerdictTotals("Linux", totals)).toBe(
    "Linux: 0 scenarios (1 case), 1 packet, 2 conntrack events and 1 request's outcome compared, 1 difference, 1 skipped, 1 wrong\n",
  );
});
