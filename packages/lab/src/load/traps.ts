// Text of a scenario that YAML reads without a complaint and unlike its writer.
import { type Diagnostic, diagnosticAt, type SourceText } from "@kubehop/kube";
import { type Document, visit } from "yaml";

/** The traps of one document. Manifests are not looked at: they are taken as they are. */
export function findTraps(document: Document, source: SourceText): Diagnostic[] {
  const found: Diagnostic[] = [];
  visit(document, {
    Scalar: (_, node) => {
      const [start = 0, end = 0] = node.range ?? [];
      if (node.type !== "PLAIN") return;
      const trap = hiddenNumber(source, start, end) ?? leadingZero(source, node.value, start, end);
      if (trap !== undefined) found.push(trap);
    },
  });
  return found;
}

/** `web #1`: behind a blank `#` begins a comment, and the pod is `web`. */
function hiddenNumber(source: SourceText, start: number, end: number): Diagnostic | undefined {
  const [all, blanks = "", comment = ""] = /^([ \t]+)(#\d+)(?![^\s:,\]}])/.exec(source.text.slice(end, end + 40)) ?? [];
  if (all === undefined || end === start) return undefined;
  const at = source.positionAt(end + blanks.length, end + blanks.length + comment.length);
  const text = source.text.slice(start, end);
  const whole = /^[\w./-]+$/.test(text) ? `write ${text}${comment}` : "put the whole text in quotes";
  return diagnosticAt(
    at,
    "trap",
    `${comment} behind a blank is a comment, not a part of the text`,
    `${whole}; for a comment, leave a blank behind #`,
  );
}

/** `0644`: 644 in YAML 1.2, 420 in YAML 1.1. */
function leadingZero(source: SourceText, value: unknown, start: number, end: number): Diagnostic | undefined {
  const text = source.text.slice(start, end);
  if (typeof value !== "number" || !/^[-+]?0\d+$/.test(text)) return undefined;
  const hint = `write ${value}, or "${text}" for text`;
  return diagnosticAt(
    source.positionAt(start, end),
    "trap",
    `${text} is ${value} in YAML 1.2, and octal for older readers`,
    hint,
  );
}

/** A Kubernetes object in place of a scenario: one mistake, not one for every key. */
export function isKubernetesObject(value: object): boolean {
  return "apiVersion" in value && "kind" in value && !("steps" in value);
}
