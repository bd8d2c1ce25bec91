// Declared mutations: the scenario file with one edit made. Only the text changes hands, so that an edited file is read like any other.
import { parseDocument } from "yaml";
import { type Diagnostic, diagnosticAt } from "@kubehop/kube";
import type { MutationSpec, Scenario } from "../model/scenario.ts";
import type { ReadFile } from "./files.ts";
import { loadScenario } from "./load-scenario.ts";
import { parsePath } from "../schema/notation.ts";

/** The file's text with the edit made; comments stay. */
export function applyMutation(text: string, mutation: Pick<MutationSpec, "path" | "value">): string {
  const path = parsePath(mutation.path) ?? [];
  const document = parseDocument(text, { version: "1.2" });
  if (mutation.value === undefined || mutation.value === null) document.deleteIn(path);
  else document.setIn(path, document.createNode(mutation.value));
  return document.toString();
}

/** Mutations after which the file cannot be read, each told where it is declared: such an edit breaks no expectation. */
export function checkMutations({ file, sources, mutations }: Scenario, readFile: ReadFile): readonly Diagnostic[] {
  const text = sources[0]?.text ?? "";
  return mutations.flatMap((mutation) => {
    const edited = loadScenario(file, applyMutation(text, mutation), readFile);
    if (edited.ok) return [];
    const [first, ...more] = edited.diagnostics;
    const rest = more.length === 0 ? "" : ` (and ${more.length} more)`;
    const message = `with this edit the file cannot be read: ${first?.message ?? ""}${rest}`;
    return [diagnosticAt(mutation.position, first?.code ?? "bad-value", message, first?.hint)];
  });
}

/** `cluster.nodes.node1.modules.br_netfilter: loaded`, for reports. */
export function formatMutation({ path, value }: MutationSpec): string {
  return value === undefined || value === null
    ? `without ${path}`
    : `${path}: ${JSON.stringify(value).replaceAll(/^"|"$/g, "")}`;
}
