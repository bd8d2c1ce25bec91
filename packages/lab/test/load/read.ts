// Reads scenario text as a file named lab.yaml, with other files beside it.
import { renderDiagnostics } from "@kubehop/kube";
import { loadScenario } from "../../src/load/load-scenario.ts";
import type { Scenario } from "../../src/model/scenario.ts";

export type Files = Readonly<Record<string, string>>;

/** All mistakes as printed; empty when there are none. */
export function mistakes(text: string, files: Files = {}): string {
  const loaded = loadScenario("lab.yaml", text, (path) => files[path]);
  return loaded.ok ? "" : renderDiagnostics(loaded.diagnostics, loaded.sources);
}

/** `line:col message` of all mistakes, one a line. */
export function brief(text: string, files: Files = {}): string[] {
  const loaded = loadScenario("lab.yaml", text, (path) => files[path]);
  return loaded.ok ? [] : loaded.diagnostics.map((d) => `${d.line}:${d.col} ${d.message}`);
}

/** The scenario; fails the test when it has mistakes. */
export function scenarioOf(text: string, files: Files = {}): Scenario {
  const loaded = loadScenario("lab.yaml", text, (path) => files[path]);
  if (!loaded.ok) throw new Error(renderDiagnostics(loaded.diagnostics, loaded.sources));
  return loaded.scenario;
}

/** A pod named client and a Deployment web with two pods, with its Service. */
export const WEB = `apiVersion: v1
kind: Pod
metadata: { name: client }
spec: { containers: [{ name: c, image: alpine }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: c, image: nginx }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
`;
