// Declared mutations: the scenario file with one edit made. Only the text changes hands, so that an edited file is read like any other.
import { parseDocument } from "yaml";
import type { MutationSpec } from "../model/scenario.ts";
import { parsePath } from "../schema/notation.ts";

/** The file's text with the edit made; comments stay. */
export function applyMutation(text: string, mutation: Pick<MutationSpec, "path" | "value">): string {
  const path = parsePath(mutation.path) ?? [];
  const document = parseDocument(text, { version: "1.2" });
  if (mutation.value === undefined || mutation.value === null) document.deleteIn(path);
  else document.setIn(path, document.createNode(mutation.value));
  return document.toString();
}

/** `cluster.nodes.node1.modules.br_netfilter: loaded`, for reports. */
export function formatMutation({ path, value }: MutationSpec): string {
  return value === undefined || value === null
    ? `without ${path}`
    : `${path}: ${JSON.stringify(value).replaceAll(/^"|"$/g, "")}`;
}
