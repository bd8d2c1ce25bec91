// Text of `kubectl get -o yaml` (or json) → its objects.
import { type Diagnostic, diagnosticAt, type SourceText } from "@kubehop/kube";
import { readYaml } from "../load/read-yaml.ts";
import { at, type Dumped, dumpedOf } from "./dumped.ts";

export type ReadDump =
  | { readonly ok: true; readonly objects: readonly Dumped[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[]; readonly source: SourceText };

/** Several documents, and lists in them, are one dump. */
export function readDump(file: string, text: string): ReadDump {
  const { documents, diagnostics, source } = readYaml(file, text);
  if (diagnostics.length > 0) return { ok: false, diagnostics, source };
  const found = documents.flatMap((document) => itemsOf(document.value).map((value) => ({ value, document })));
  const wrong = found.find(({ value }) => dumpedOf(value) === undefined);
  if (wrong !== undefined || found.length === 0) {
    const position = wrong?.document.position() ?? source.positionAt(0);
    const message =
      found.length === 0 ? "there is no object in it" : "an object without apiVersion, kind or metadata.name";
    return { ok: false, diagnostics: [diagnosticAt(position, "bad-value", message, HINT)], source };
  }
  return { ok: true, objects: found.map(({ value }) => dumpedOf(value)).filter((one) => one !== undefined) };
}

const HINT = "give what kubectl get nodes,pods,deploy,rs,ds,sts,svc,ep -A -o yaml prints";

/** `kind: List`, and what lists of one kind are called. */
function itemsOf(value: unknown): readonly unknown[] {
  const items = at(value, "items");
  if (Array.isArray(items)) return items.flatMap((item) => itemsOf(item));
  return value === null || value === undefined ? [] : [value];
}
