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
