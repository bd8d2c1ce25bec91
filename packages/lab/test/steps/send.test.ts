// Requests without a tool that end before they have begun.
import { expect, it } from "vitest";
import { web } from "../explain/scenarios.ts";
import { brief } from "../load/read.ts";
import { ExplainError, explainScenario } from "../../src/explain/explain.ts";
import { runLoaded } from "../../src/expect/run-file.ts";
import { cellRunner } from "../../src/steps/run-steps.ts";

function failuresOf(steps: string): string[] {
  const { cells } = runLoaded(
    web({ steps }),
    1,
    cellRunner(() => undefined),
  );
  return cells.flatMap(({ failures }) => failures.map(({ message }) => message));
}

it.each(["tcp", "udp", "icmp"])("without a route: %s", (protocol) => {
  const to = protocol === "icmp" ? "203.0.113.1/icmp" : `203.0.113.1:80/${protocol}`;
  const steps = `  - { in: client, run: ip route del default }
  - { send: "client > ${to}", expect: unreachable }`;
  expect(failuresOf(steps)).toEqual([]);
});

it.each(["udp", "icmp"])("refused by OUTPUT: %s", (protocol) => {
  const to = protocol === "icmp" ? "web#1/icmp" : `web#1:53/${protocol}`;
  expect(
    failuresOf(`  - { in: node2, run: "iptables -I OUTPUT -p ${protocol} -j DROP" }
  - { send: "node2 > ${to}", expect: unreachable }`),
  ).toEqual([]);
});

it("a source port that is taken", () => {
  const steps = `  - { in: client, run: "nc -u -l -p 4000 &" }
  - { send: "client:4000 > node1:53/udp", expect: unreachable }`;
  expect(failuresOf(steps)).toEqual([]);
});

it("sctp is refused at its place, when loaded and when asked for", () => {
  const refused = "sctp sockets are not modelled: nothing can send this flow";
  const file = "scenario: x\ncluster: { nodes: [a, b] }\nsteps:\n";
  expect(brief(`${file}  - send: "a > b:80/sctp"\n`)).toEqual([`4:11 ${refused}`]);
  const scenario = web({ steps: "  - { wait: 1s }" });
  expect(() => explainScenario(scenario, { level: "minimal", flow: "client > node1:80/sctp" })).toThrow(
    new ExplainError(refused),
  );
});
