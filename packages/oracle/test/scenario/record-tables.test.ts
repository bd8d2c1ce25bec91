// Tables of flows in a script: requests like any others, unless steps behind them have their times.
import { loadScenario } from "@kubehop/lab";
import type { CellPlan } from "@kubehop/lab";
import { describe, expect, it } from "vitest";
import { recordScript, tablesStandStill } from "../../src/scenario/record-script.ts";

const POD = (name: string): string => `apiVersion: v1
kind: Pod
metadata: { name: ${name}, labels: { app: web } }
spec: { containers: [{ name: c, image: nginx }] }
---
`;
const MANIFEST = `${POD("a")}${POD("b")}apiVersion: v1
kind: Service
metadata: { name: web }
spec: { clusterIP: 10.96.0.80, selector: { app: web }, ports: [{ port: 80 }] }
`;
const readFile = (path: string): string | undefined => (path === "web.yaml" ? MANIFEST : undefined);

function planOf(last: string): CellPlan {
  const text = `scenario: x
cluster: { nodes: [node1, node2] }
manifests: [web.yaml]
place: { a: node1, b: node2 }
steps:
  - flows: |
      | flow               | reach |
      | node2 > svc/web:80 | a* b* |
${last}`;
  const loaded = loadScenario("lab.yaml", text, readFile);
  const [plan] = loaded.ok ? loaded.scenario.cells : [];
  if (plan === undefined) throw new Error(loaded.ok ? "no cell" : loaded.diagnostics.map((d) => d.message).join("\n"));
  return plan;
}

/** `step: server` of every request. */
function requests(plan: CellPlan): string[] {
  let id = "";
  return recordScript(plan, 1, readFile).items.flatMap((item) => {
    if (item.kind === "step") id = item.id;
    return item.kind === "end" ? [`${id}: ${item.client.ours?.served?.replace(/ .*/, "") ?? "-"}`] : [];
  });
}

describe("a table of flows in a script", () => {
  it("is a request for each choice, which other kernels are told of", () => {
    const plan = planOf(`  - { id: again, send: "node2 > a:80" }\n`);
    expect(tablesStandStill(plan)).toBe(false);
    expect(requests(plan)).toEqual(["step 1: default.a", "step 1: default.b", "again: default.a"]);
    const pins = recordScript(plan, 1, readFile).items.flatMap((item) =>
      item.kind === "end" ? [item.client.pins.map(({ hit }) => hit)] : [],
    );
    expect(pins).toEqual([[true], [false], []]);
  });

  it("is left out where a step has its time", () => {
    const plan = planOf(`  - { id: again, at: 10s, send: "node2 > a:80" }\n`);
    expect(tablesStandStill(plan)).toBe(true);
    expect(requests(plan)).toEqual(["again: default.a"]);
  });
});

it("a request that has no way to go comes from nowhere", () => {
  const plan = planOf(`  - { in: node2, run: ip route del default }
  - flows: |
      | flow               | reach       |
      | node2 > svc/web:80 | unreachable |
`);
  const { items } = recordScript(plan, 1, readFile);
  const from = items.flatMap((item) => (item.kind === "end" ? [item.client.ours?.from ?? "nowhere"] : []));
  expect(from.slice(2)).toEqual(["nowhere"]);
});
