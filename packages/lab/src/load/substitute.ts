// `${name}` stands for a matrix value anywhere in a scalar. Values are put in before scalars are read, positions stay those of the text.
import { type Diagnostic, diagnosticAt, didYouMean, type SourceText } from "@kubehop/kube";
import { type Document, isScalar, parseDocument, type Scalar, visit } from "yaml";
import type { Cell } from "../model/scenario.ts";
import { own } from "./draft.ts";

/** A matrix value: its text, and what YAML reads in it. */
export interface AxisValue {
  readonly text: string;
  readonly value: unknown;
}

export type Values = Readonly<Record<string, AxisValue>>;

const REFERENCE = /\$(\$?)\{([^}]*)\}/g;

/** What to do about a name that is no matrix name. */
export type OnUnknown = (name: string, node: Scalar) => void;

/** Replaces in every scalar; `$${x}` stays `${x}`. A scalar that is one reference takes the type of the value. */
export function substitute(document: Document, values: Values, onUnknown?: OnUnknown): void {
  visit(document, {
    Scalar: (_, node) => {
      keepVersions(node);
      if (typeof node.value === "string" && node.value.includes("${"))
        substituteScalar(node, node.value, values, onUnknown);
    },
  });
}

/** An unquoted 1.10 is a version, not the number 1.1: numbers whose text would be lost stay text. */
function keepVersions(node: Scalar): void {
  if (node.source !== undefined && isVersionNumber(node.value, node.source)) node.value = node.source;
}

/** True for a number whose decimal text would be lost: 1.10, 6.0. */
export function isVersionNumber(value: unknown, source: string): boolean {
  return typeof value === "number" && /^\d+\.\d+$/.test(source) && String(value) !== source;
}

function substituteScalar(node: Scalar, text: string, values: Values, onUnknown: OnUnknown | undefined): void {
  const whole = /^\$\{([^}]*)\}$/.exec(text)?.[1];
  const single = whole === undefined ? undefined : own(values, whole);
  if (single !== undefined) {
    node.value = single.value;
    node.source = single.text;
    return;
  }
  const replaced = text.replaceAll(REFERENCE, (match, escape: string, name: string) => {
    if (escape !== "") return onUnknown === undefined ? match : match.slice(1);
    const found = own(values, name);
    if (found === undefined) onUnknown?.(name, node);
    return found?.text ?? match;
  });
  if (replaced === text) return;
  node.source = replaced;
  node.value = node.type === "PLAIN" ? readScalar(replaced) : replaced;
}

/** What YAML's core schema reads in unquoted text. */
export function readScalar(text: string): unknown {
  const { contents, errors } = parseDocument(text, { version: "1.2", prettyErrors: false });
  return errors.length === 0 && isScalar(contents) ? contents.value : text;
}

/** The mistake of a name that the matrix does not have. */
export function unknownReference(source: SourceText, name: string, node: Scalar, cell: Cell): Diagnostic {
  const [start = 0, end] = node.range ?? [];
  const within = source.text.slice(start, end).indexOf(`\${${name}}`);
  const from = within === -1 ? start : start + within;
  const at = source.positionAt(from, from + name.length + 3);
  const known = Object.keys(cell);
  const fallback =
    known.length === 0 ? "there is no matrix; write $${…} for the plain text" : `matrix has: ${known.join(", ")}`;
  return diagnosticAt(
    at,
    "unresolved",
    `\${${name}} is not a name of the matrix`,
    (name.length > 2 ? didYouMean(name, known) : undefined) ?? fallback,
  );
}
