// Runs a scenario text and keeps what each step gave.

import { cellRunner } from "../../src/steps/run-steps.ts";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { loadScenario } from "../../src/load/load-scenario.ts";
import type { CellRunEnd, StepOutcome } from "../../src/model/outcome.ts";

export interface Ran {
  readonly outcomes: readonly StepOutcome[];
  readonly end: CellRunEnd;
  readonly cluster: Cluster;
}

/** `files`: what commands find beside the scenario. */
export function run(text: string, files: Readonly<Record<string, string>> = {}): Ran {
  const readFile = (path: string): string | undefined => files[path];
  const loaded = loadScenario("a.yaml", text, readFile);
  if (!loaded.ok) throw new Error(loaded.diagnostics.map((d) => `${d.line}:${d.col} ${d.message}`).join("\n"));
  const [cell] = loaded.scenario.cells;
  if (cell === undefined) throw new Error("no cell");
  const outcomes: StepOutcome[] = [];
  let cluster: Cluster | undefined;
  const end = cellRunner(readFile)(
    cell,
    1,
    (_step, outcome) => void outcomes.push(outcome),
    (_step, running) => void (cluster = running as Cluster),
  );
  if (cluster === undefined) throw new Error("no step");
  return { outcomes, end, cluster };
}

/** A Deployment of nginx and its Service. */
export function web(replicas: number, image = "nginx"): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: c, image: "${image}", ports: [{ containerPort: 80 }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { clusterIP: 10.96.1.1, selector: { app: web }, ports: [{ port: 80 }] }
`;
}

export const SHELL = `apiVersion: v1
kind: Pod
metadata: { name: shell }
spec: { containers: [{ name: c, image: busybox }] }
`;
