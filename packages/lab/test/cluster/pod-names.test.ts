// One pod has one name in a report, whoever tells of it.

import { expect, test } from "vitest";
import { explainScenario } from "../../src/explain/explain.ts";
import { runCase } from "../../src/expect/run-cell.ts";
import { formatFileResult } from "../../src/report/text.ts";
import { cellRunner } from "../../src/steps/run-steps.ts";
import { web } from "../explain/scenarios.ts";

const STEPS = '  - { id: call, in: client, run: "curl -s node1:30080", pick: "web#2", expect: { by: "web#1" } }';

function told(head: string): string {
  const scenario = web({ head, steps: STEPS });
  const run = cellRunner(() => undefined);
  const cells = scenario.cells.map((plan) => runCase(scenario, plan, 1, run));
  const result = { file: "web.yaml", title: "", refs: [], cells, diagnostics: [], sources: [] };
  const levels = (["minimal", "summary", "full"] as const).map((level) => explainScenario(scenario, { level }));
  return [formatFileResult(result, undefined, true), ...levels].join("\n");
}

/** Those that a person reads; the pod prints its own name. */
const OTHERS = /default\/web-b|\(web-b\)|by web-b|^ *\d* web-b/m;

test("without an alias: the shortest reference", () => {
  expect(told("")).toContain("by: web#2, expected web#1");
  expect(told("")).toContain("→ ok by web#2");
  expect(told("")).not.toMatch(OTHERS);
});

test("with an alias: the alias, at every level", () => {
  const all = told("names: { remote: web#2 }");
  expect(all).toContain("by: remote, expected web#1");
  expect(all).toContain("→ ok by remote");
  expect(all.match(/\(remote\)/g)?.length).toBeGreaterThan(5);
  expect(all.replaceAll("by: web#1", "").replaceAll('pick: "web#2"', "")).not.toMatch(/web#2/);
  expect(all).not.toMatch(OTHERS);
});
