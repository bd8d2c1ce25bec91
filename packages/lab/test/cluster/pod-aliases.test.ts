import { expect, it } from "vitest";
import { cellRunner } from "../../src/steps/run-steps.ts";
import type { StepOutcome } from "../../src/model/outcome.ts";
import { scenarioOf, WEB } from "../load/read.ts";

const TEXT = `scenario: x
cluster: { nodes: [node1, node2] }
manifests: [./web.yaml]
names: { first: web#1 }
place: { first: node2 }
pin: { pods: { first: { name: web-one, ip: 10.244.1.77, veth: vethfirst } } }
serve: { first: { http: 80, body: hello } }
steps:
  - { in: node2, run: ip -br link show vethfirst }
  - { in: node1, run: curl -s http://10.244.1.77/ }
  - { run: kubectl get pod web-one -o wide }
`;

it("place, pin and serve know a pod by its alias", () => {
  const outcomes: StepOutcome[] = [];
  for (const cell of scenarioOf(TEXT, { "./web.yaml": WEB }).cells)
    cellRunner(() => undefined)(cell, 1, (_step, outcome) => void outcomes.push(outcome));
  expect(outcomes.map(({ stdout }) => stdout)).toEqual([
    expect.stringContaining("vethfirst@if2"),
    "hello",
    expect.stringMatching(/^web-one .* 10\.244\.1\.77 +node2 /m),
  ]);
});
