// Steps on a small cluster, and everything that was found wrong with them, as one list of sentences.
import { runScenarioText } from "../../src/expect/run-file.ts";
import { cellRunner } from "../../src/steps/run-steps.ts";
import { web } from "./run.ts";

const PODS = ["one", "two"]
  .map(
    (name) =>
      `kind: Pod\napiVersion: v1\nmetadata: { name: ${name} }\nspec: { containers: [{ name: c, image: busybox }] }\n`,
  )
  .join("---\n");

const HEAD = `scenario: faults
cluster: { nodes: [node1, node2], hosts: [laptop], proxy: { masqueradeAll: true } }
manifests: [web.yaml, pods.yaml]
place: { web: node2, one: node1, two: node1 }
serve: { web: { http: 80, udp-echo: 53 } }
`;

/** Mistakes of the file, failures of the steps, or why the run stopped; empty when all held. Pods one and two on node1, web on node2; Services are masqueraded. */
export function verdict(...steps: readonly string[]): string[] {
  const files: Readonly<Record<string, string>> = { "web.yaml": `${web(1)}---\n${DNS}`, "pods.yaml": PODS };
  const readFile = (path: string): string | undefined => files[path];
  const text = `${HEAD}steps:\n${steps.map((step) => `  - ${step}`).join("\n")}\n`;
  const { diagnostics, cells } = runScenarioText("a.yaml", text, readFile, 1, cellRunner(readFile));
  return [
    ...diagnostics.map(({ message, hint }) => (hint === undefined ? message : `${message} (${hint})`)),
    ...cells.flatMap(({ failures }) => failures.map(({ message }) => message)),
  ];
}

const DNS = `apiVersion: v1
kind: Service
metadata: { name: dns }
spec: { clusterIP: 10.96.1.53, selector: { app: web }, ports: [{ port: 53, protocol: UDP }] }
`;
