// A cluster with a Service and two endpoints, and tables about it.
import { runScenarioText } from "../../src/expect/run-file.ts";
import type { FileResult } from "../../src/model/outcome.ts";
import { cellRunner } from "../../src/steps/run-steps.ts";
import { SHELL, web } from "../steps/run.ts";

export const FILES: Readonly<Record<string, string>> = { "web.yaml": web(2), "shell.yaml": SHELL };

/** `rest`: tables and steps. */
export function scenario(rest: string, keys = ""): string {
  return `scenario: x
cluster: { nodes: [node1, node2], hosts: [client] }
manifests: [web.yaml, shell.yaml]
place: { web: [node1, node2], shell: node1 }
names: { L: web#1, R: web#2 }
${keys}${rest}`;
}

export function run(text: string, files: Readonly<Record<string, string>> = FILES): FileResult {
  const readFile = (path: string): string | undefined => files[path];
  return runScenarioText("lab.yaml", text, readFile, 1, cellRunner(readFile));
}

/** Flow → fates of the first cell's first table. */
export function fates(result: FileResult): Record<string, string> {
  if (result.diagnostics.length > 0) throw new Error(result.diagnostics.map(({ message }) => message).join("\n"));
  const rows = result.cells[0]?.steps.flatMap(({ outcome }) => outcome.fates ?? []) ?? [];
  return Object.fromEntries(rows.map(({ flow, fates: found }) => [flow, found.map(({ text }) => text).join(" ")]));
}
