// A frame that went to a MAC that is nobody's, or not that of the machine with the address: whose row sent it there.

import { expect, test } from "vitest";
import { explainScenario } from "../../src/explain/explain.ts";
import { runCase } from "../../src/expect/run-cell.ts";
import { cellRunner } from "../../src/steps/run-steps.ts";
import { web } from "./scenarios.ts";

const CALL = '  - { id: call, send: "web#1 > web#2:80", expect: ok }';
const STALE = "ip neigh replace 10.1.6.0 lladdr 0e:00:00:00:00:99 dev flannel.1 nud permanent";
const THERE = "bridge fdb replace 0e:00:00:00:00:99 dev flannel.1 dst 192.168.120.227";

function typed(...lines: string[]): ReturnType<typeof web> {
  return web({
    steps: `  - id: stale\n    in: node1\n    run: |\n${lines.map((l) => `      ${l}`).join("\n")}\n${CALL}`,
  });
}

function causeOf(scenario: ReturnType<typeof web>): string {
  const [plan] = scenario.cells;
  if (plan === undefined) throw new Error("no cell");
  return (
    runCase(
      scenario,
      plan,
      1,
      cellRunner(() => undefined),
    ).story?.cause ?? ""
  );
}

test("OTHERHOST: the neighbour row of the sender, with the MAC that its address has", () => {
  expect(causeOf(typed(STALE, THERE))).toMatch(
    /^node2 OTHERHOST in ip_rcv_core ← neigh 10\.1\.6\.0 on node1 = 0e:00:00:00:00:99, but node2 flannel\.1 has \S+ ← typed in stale ← web\.yaml:35$/,
  );
});

test("no forwarding entry for the MAC: the neighbour row that has it", () => {
  expect(causeOf(typed(STALE))).toMatch(
    /^node1 NO_TX_TARGET .* ← neigh 10\.1\.6\.0 on node1 = 0e:00:00:00:00:99, but node2 flannel\.1 has \S+ ← typed in stale/,
  );
});

test("the right MAC, and no forwarding entry for it", () => {
  const gone = web({
    steps: `  - { fault: { delete: { in: node1, fdb: { dev: flannel.1, dst: node2 } } } }\n${CALL}`,
  });
  expect(causeOf(gone)).toMatch(/ ← the fdb of flannel\.1 has no row for node2 flannel\.1$/);
});

test("the right MAC at the wrong machine: the forwarding entry", () => {
  const cluster = `
  nodes: { node1: {}, node2: { vtepMac: "0e:00:00:00:00:02" }, node3: {} }`;
  const steps = `  - { id: wrong, in: node1, run: bridge fdb replace 0e:00:00:00:00:02 dev flannel.1 dst 192.168.99.13 }\n${CALL}`;
  expect(causeOf(web({ cluster, steps }))).toMatch(
    /^node3 OTHERHOST in ip_rcv_core ← fdb 0e:00:00:00:00:02 dev flannel\.1 on node1 → 192\.168\.99\.13 \(node3\) ← typed in wrong ← web\.yaml:\d+$/,
  );
});

test("the story says what the address's own device has; golden ones hold no MACs", () => {
  const told = (level: "summary" | "minimal"): string => explainScenario(typed(STALE, THERE), { level, step: "call" });
  expect(told("summary")).toMatch(
    /= 0e:00:00:00:00:99 \[typed in stale, web\.yaml:35\], but node2 flannel\.1 has (?!0e:00)\S+; fdb/,
  );
  expect(told("minimal")).toContain("neigh 10.1.6.0 (node2 flannel.1), whose MAC is another; fdb");
});
