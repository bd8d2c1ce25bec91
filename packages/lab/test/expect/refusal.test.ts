// What is not modelled is a mistake of the scenario wherever it comes up: before time 0, in a step, or from a timer behind it.
import { Refusal } from "@kubehop/sim";
import { expect, it } from "vitest";
import { runScenarioText } from "../../src/expect/run-file.ts";
import { cellRunner } from "../../src/steps/run-steps.ts";

const SERVICE = `apiVersion: v1
kind: Service
metadata: { name: web, labels: { service.kubernetes.io/service-proxy-name: mine } }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
`;
const WORDS =
  "Service default/web: service.kubernetes.io/service-proxy-name: a Service proxy other than kube-proxy is not modelled";

function diagnostics(text: string): string[] {
  const readFile = (path: string): string | undefined => (path === "web.yaml" ? SERVICE : undefined);
  const result = runScenarioText("a.yaml", text, readFile, 1, cellRunner(readFile));
  return result.diagnostics.map(({ file, line, col, code, message }) => `${file}:${line}:${col} ${code} ${message}`);
}

it("an agent's refusal behind a step stands at the step", () => {
  const text = `scenario: x
cluster: { nodes: [node1] }
steps:
  - run: kubectl apply -f web.yaml
  - wait: 60s
`;
  expect(diagnostics(text)).toEqual([`a.yaml:5:5 not-modelled ${WORDS}`]);
});

it("a refusal before time 0 stands at the object it is about", () => {
  const text = `scenario: x
cluster: { nodes: [node1] }
manifests: [web.yaml]
steps:
  - wait: 1s
`;
  expect(diagnostics(text)).toEqual([`web.yaml:1:1 not-modelled ${WORDS}`]);
});

it("what is no refusal stays an exception", () => {
  const text = "scenario: x\ncluster: { nodes: [node1] }\nsteps: [{ wait: 1s }]\n";
  const run = (error: Error) => () =>
    runScenarioText(
      "a.yaml",
      text,
      () => undefined,
      1,
      () => {
        throw error;
      },
    );
  expect(run(new RangeError("ours"))).toThrow("ours");
  expect(run(new Refusal("theirs"))().diagnostics.map(({ message }) => message)).toEqual(["theirs"]);
});

const CLUSTER = "scenario: x\ncluster: { nodes: [node1] }\n";

it.each([
  [
    "behind another line",
    "|\n      tc qdisc show\n      true",
    "a.yaml:6:7",
    "tc is not modelled: queueing is not modelled",
  ],
  ["in front of || true", "nft list ruleset || true", "a.yaml:5:10", "nft is not modelled: use iptables"],
  ["on the left of a pipe", "ethtool eth0 | grep -c x", "a.yaml:5:10", "ethtool is not modelled: "],
  [
    "with its words thrown away",
    "iptables -A INPUT -m string --string x -j DROP 2>/dev/null; true",
    "a.yaml:5:10",
    "string",
  ],
  ["in the background", "tcpdump -w x &", "a.yaml:5:10", "tcpdump: option"],
])("what is not modelled is told %s", (_, run, at, words) => {
  const found = diagnostics(
    `${CLUSTER}steps:\n  - in: node1\n    run: ${run}\n`.replaceAll("&\n", "&\n  - wait: 1s\n"),
  );
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(`${at} not-modelled `);
  expect(found[0]).toContain(words);
});

it("also where an exit status was expected, and inside kubectl exec", () => {
  expect(diagnostics(`${CLUSTER}steps:\n  - { in: node1, run: arping x, expect: { exit: 127 } }\n`)).toEqual([
    "a.yaml:4:23 not-modelled arping is not modelled: use ping",
  ]);
  const pod = "{ apiVersion: v1, kind: Pod, metadata: { name: p }, spec: { containers: [{ name: c, image: nginx }] } }";
  const exec = `${CLUSTER}manifests:\n  - ${pod}\nsteps:\n  - { run: kubectl exec p -- tc qdisc || true }\n`;
  expect(diagnostics(exec)).toEqual(["a.yaml:6:30 not-modelled tc is not modelled: queueing is not modelled"]);
});

it("a real tool's failure is an exit status", () => {
  const text = `${CLUSTER}steps:\n  - { in: node1, run: ip link add lo type dummy, expect: { exit: 2 } }\n`;
  expect(diagnostics(text)).toEqual([]);
});
