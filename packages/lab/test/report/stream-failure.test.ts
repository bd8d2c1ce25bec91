// Failing streams and repetitions: the story is that of the first request that is not as expected.

import { expect, test } from "vitest";
import { runCase } from "../../src/expect/run-cell.ts";
import { explainScenario } from "../../src/explain/explain.ts";
import type { CellResult, FailureStory } from "../../src/model/outcome.ts";
import type { Scenario } from "../../src/model/scenario.ts";
import { failingStep } from "../../src/expect/wrong-request.ts";
import { nextCommand } from "../../src/report/next-command.ts";
import { cellRunner } from "../../src/steps/run-steps.ts";
import { web } from "../explain/scenarios.ts";

const CUT = `{ id: cut, at: 2s, in: node2, run: "iptables -I FORWARD -d 10.1.6.0/24 -j DROP" }`;

function lab(...steps: readonly string[]): Scenario {
  return web({ steps: steps.map((step) => `  - ${step}`).join("\n") });
}

function result(scenario: Scenario): CellResult {
  const [plan] = scenario.cells;
  if (plan === undefined) throw new Error("no cell");
  return runCase(
    scenario,
    plan,
    1,
    cellRunner(() => undefined),
  );
}

function told(story: FailureStory | undefined): string[] {
  return (story?.lines ?? []).map((line) => line.trim().replaceAll(/ {2,}/g, "  "));
}

const STREAM = `{ id: stream, at: 1s, send: "web#1 > web#2:80", every: 100ms, until: 4s, expect: EXPECT }`;

test.each([
  [`{ stream: { since: cut begun, result: ok } }`],
  [`{ stream: { since: cut begun, lost: 0 } }`],
  [`{ since: cut begun, result: ok }`],
])("%s: time, hops, cause, next", (wanted) => {
  const failed = result(lab(STREAM.replace("EXPECT", wanted), CUT));
  const lines = told(failed.story);
  expect(lines.slice(0, 2)).toEqual([
    "1.000  send web#1 > web#2:80  (every 100 ms)",
    "2.000  node2$ iptables -I FORWARD -d 10.1.6.0/24 -j DROP",
  ]);
  expect(lines[2]?.replaceAll(/ {2,}/g, " ")).toMatch(
    /^▶ 2\.100 10\.1\.5\.2:\d+ \(web#1\) > 10\.1\.6\.2:80 \(web#2\) tcp$/,
  );
  expect(lines.at(-1)).toMatch(/^node2 FORWARD {2}.*DROPPED NETFILTER_DROP/);
  expect(failed.story?.cause).toMatch(/^node2 filter\/FORWARD 1 -d 10\.1\.6\.0\/24 -j DROP/);
  expect(nextCommand(failed)).toMatch(/ --step stream --at 2100ms$/);
});

test("a call beside a stream from the same place: its own packet is told", () => {
  const failed = result(
    lab(
      STREAM.replace("EXPECT", "{ lost: '>=1' }"),
      CUT,
      `{ id: call, at: 3s, in: "web#1", run: "curl -s --max-time 1 10.1.6.2", expect: ok }`,
    ),
  );
  expect(failingStep(failed.steps)?.step.id).toBe("call");
  expect(told(failed.story).find((line) => line.startsWith("▶"))).toMatch(/ > 10\.1\.6\.2:80 \(web#2\) tcp$/);
});

test("a request of a stream behind thousands of packets", () => {
  const failed = result(
    lab(
      `{ id: stream, send: "web#1 > web#2:80", every: 10ms, until: 4s, expect: { lost: 0 } }`,
      `{ id: cut, at: 3s, in: node2, run: "iptables -I FORWARD -d 10.1.6.0/24 -j DROP" }`,
    ),
  );
  expect(failed.story?.at).toBeGreaterThanOrEqual(3000);
  expect(failed.story?.cause).toMatch(/^node2 filter\/FORWARD 1 /);
});

test("a step that was not answered is told before one that was answered otherwise", () => {
  const scenario = lab(
    `{ id: other, in: client, run: "curl -s node1:30080", pick: "web#1", expect: { by: "web#2" } }`,
    `{ id: spread, send: "client > node1:30080", repeat: 40, expect: { share: { "web#1": 1/10, "web#2": 9/10 } } }`,
    CUT,
    `{ id: call, in: "web#1", run: "curl -s --max-time 1 10.1.6.2", expect: ok }`,
  );
  const failed = result(scenario);
  expect(explainScenario(scenario, { level: "summary" })).toMatch(/^call: web#1\$ curl/);
  expect(failed.failures).toHaveLength(3);
  expect(failingStep(failed.steps)?.step.id).toBe("call");
});

test("what is typed next tells the same request", () => {
  const scenario = lab(STREAM.replace("EXPECT", "{ since: cut ended, lost: 0 }"), CUT);
  const { story } = result(scenario);
  if (story?.at === undefined) throw new Error("no time");
  const explained = explainScenario(scenario, { level: "summary", step: "stream", at: story.at });
  expect(explained).toContain(story.lines.find((line) => line.startsWith("▶"))?.match(/10\.1\.5\.2:\d+/)?.[0]);
  expect(explained).toContain("DROPPED NETFILTER_DROP");
});

test("faults are told as they are written", () => {
  const failed = result(
    lab(
      `{ at: 2s, fault: { delete: { in: node1, route: { dst: 10.1.6.0/24 } } } }`,
      `{ id: call, in: "web#1", run: "curl -s --max-time 1 10.1.6.2", expect: ok }`,
    ),
  );
  expect(told(failed.story)[0]).toBe("2.000  fault delete: { in: node1, route: { dst: 10.1.6.0/24 } }");
});

test("a request of the same ms that left before the event does not count", () => {
  expect(result(lab(STREAM.replace("EXPECT", "{ since: cut ended, result: timeout }"), CUT)).failures).toEqual([]);
  const timed = result(lab(STREAM.replace("EXPECT", "{ since: 2s, result: timeout }"), CUT));
  expect(timed.failures.map(({ message }) => message)).toEqual([
    "result: ok, expected timeout (request 1; 1 of 20 like this)",
  ]);
});
