// zod's issues as diagnostics: each at the node it is about, in words that name what was found, with a suggestion.
import type * as z from "zod";
import { type Diagnostic, type DiagnosticCode, diagnosticAt, sortDiagnostics } from "./diagnostic.ts";
import { knownKeys } from "./known-keys.ts";
import type { SourcePosition } from "./source-text.ts";
import { didYouMean, nearest } from "./suggest.ts";
import type { Path, YamlDocument } from "./yaml-source.ts";
import { trapHint } from "./yaml-traps.ts";

type Issue = z.core.$ZodIssue;

interface Context {
  readonly document: YamlDocument;
  readonly basePath: Path;
  readonly schema: z.core.$ZodType | undefined;
}

/**
 * Every issue of a failed parse as a diagnostic, in reading order.
 * `basePath` leads from the document's root to the parsed value; `schema` gives the known keys for suggestions.
 * A custom issue may carry `params: { code, hint }`.
 */
export function zodDiagnostics(
  error: { readonly issues: readonly Issue[] },
  document: YamlDocument,
  basePath: Path = [],
  schema?: z.core.$ZodType,
): Diagnostic[] {
  const context = { document, basePath, schema };
  return sortDiagnostics(error.issues.flatMap((issue) => issueDiagnostics(context, issue)));
}

function issueDiagnostics(context: Context, issue: Issue): Diagnostic[] {
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey(context, issue, key));
    case "invalid_union":
      return unionDiagnostics(context, issue);
    case "invalid_key":
      return [keyDiagnostic(context, issue)];
    case "invalid_type":
      return [typeDiagnostic(context, issue)];
    case "invalid_value":
      return [valueDiagnostic(context, issue)];
    default:
      return [plainDiagnostic(context, issue)];
  }
}

function fullPath(context: Context, issue: Issue): Path {
  return [...context.basePath, ...pathOf(issue)];
}

/** YAML keys are strings; zod allows symbols in paths, which cannot occur here. */
function pathOf(issue: Issue): Path {
  return issue.path.map((step) => (typeof step === "number" ? step : String(step)));
}

function unknownKey(context: Context, issue: Issue, key: string): Diagnostic {
  const { document, schema } = context;
  const path = [...fullPath(context, issue), key];
  const known = schema === undefined ? [] : knownKeys(schema, pathOf(issue));
  const hint = trapHint(document, path, "key") ?? didYouMean(key, known) ?? listKnown(known);
  const message = `unknown key ${JSON.stringify(key)}${inside(fullPath(context, issue))}`;
  const found = diagnosticAt(document.keyPosition(path), "unknown-key", message, hint);
  const meant = nearest(key, known);
  if (meant === undefined) return found;
  const { line, col } = mapPosition(document, fullPath(context, issue));
  return { ...found, standsFor: { key: meant, line, col } };
}

/** Where a missing key of the map at a path is told. */
function mapPosition(document: YamlDocument, path: Path): SourcePosition {
  return typeof path.at(-1) === "string" ? document.keyPosition(path) : document.position(path);
}

/** A short list of what may stand there is worth more than nothing; a long one is not. */
function listKnown(known: readonly string[]): string | undefined {
  return known.length === 0 || known.length > 14 ? undefined : `known here: ${known.join(", ")}`;
}

/** The alternative that got furthest tells what the writer meant; if none got anywhere, say what was expected. */
function unionDiagnostics(context: Context, issue: z.core.$ZodIssueInvalidUnion): Diagnostic[] {
  const nested = (issues: readonly Issue[]): Issue[] =>
    issues.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
  const ranked = issue.errors.toSorted((a, b) => depth(b) - depth(a) || a.length - b.length);
  const best = ranked[0];
  if (best !== undefined && depth(best) > 0) {
    return nested(best).flatMap((inner) => issueDiagnostics(context, inner));
  }
  const missing = !context.document.has(fullPath(context, issue));
  const expected = [...new Set(issue.errors.flat().map((inner) => expectation(inner)))].join(" or ");
  if (missing) return [missingKey(context, issue)];
  const path = fullPath(context, issue);
  const message = `expected ${expected || "something else"}${inField(path)}, found ${describeFound(context, path)}`;
  return [diagnosticAt(context.document.position(path), "wrong-type", message, unionHint(context, issue))];
}

/** A type whose hint does not help when one of these would do too. */
const UNSURE_BESIDE: Readonly<Record<string, readonly string[]>> = {
  string: ["number", "int"],
  array: ["object", "record"],
};

/** The first known trap among the types that are wanted. */
function unionHint({ document, basePath }: Context, issue: z.core.$ZodIssueInvalidUnion): string | undefined {
  const path = [...basePath, ...pathOf(issue)];
  const wanted = issue.errors.flat().flatMap((inner) => (inner.code === "invalid_type" ? [inner.expected] : []));
  // Quotes make no whole number, and a list of one wrong thing is no map.
  const sure = wanted.filter((type) => !(UNSURE_BESIDE[type] ?? []).some((other) => wanted.includes(other as never)));
  for (const type of sure) {
    const hint = trapHint(document, path, type);
    if (hint !== undefined) return hint;
  }
  return undefined;
}

/** How deep below the union the first mistake lies; an unknown key proves that the map itself was accepted. */
function depth(issues: readonly Issue[]): number {
  const depths = issues.map(
    (issue) => issue.path.length + (issue.code === "invalid_type" ? 0 : issue.code === "invalid_value" ? 0 : 1),
  );
  return depths.length === 0 ? 0 : Math.min(...depths);
}

function expectation(issue: Issue): string {
  if (issue.code === "invalid_type") return TYPE_WORDS[issue.expected] ?? issue.expected;
  if (issue.code === "invalid_value") return issue.values.map((value) => JSON.stringify(value)).join(", ");
  return issue.message;
}

function keyDiagnostic(context: Context, issue: z.core.$ZodIssueInvalidKey): Diagnostic {
  const path = fullPath(context, issue);
  const reason = issue.issues.map((inner) => inner.message).join("; ");
  const name = JSON.stringify(String(path.at(-1)));
  const message = reason.includes(name) ? reason : `bad key ${name}: ${reason}`;
  const hint = issue.issues.map((inner) => (inner.code === "custom" ? inner.params?.["hint"] : undefined))[0];
  const at = context.document.keyPosition(path);
  return diagnosticAt(at, "bad-value", message, typeof hint === "string" ? hint : undefined);
}

function typeDiagnostic(context: Context, issue: z.core.$ZodIssueInvalidType): Diagnostic {
  const path = fullPath(context, issue);
  if (!context.document.has(path)) return missingKey(context, issue);
  const expected = TYPE_WORDS[issue.expected] ?? issue.expected;
  const message = `expected ${expected}${inField(path)}, found ${describeFound(context, path)}`;
  return diagnosticAt(
    context.document.position(path),
    "wrong-type",
    message,
    trapHint(context.document, path, issue.expected),
  );
}

function missingKey(context: Context, issue: Issue): Diagnostic {
  const path = fullPath(context, issue);
  const parent = path.slice(0, -1);
  const at = mapPosition(context.document, parent);
  return diagnosticAt(at, "missing-key", `missing key ${JSON.stringify(String(path.at(-1)))}${inside(parent)}`);
}

function valueDiagnostic(context: Context, issue: z.core.$ZodIssueInvalidValue): Diagnostic {
  const path = fullPath(context, issue);
  if (!context.document.has(path)) return missingKey(context, issue);
  const words = issue.values.map(String);
  const wanted = words.length === 1 ? words[0] : `one of ${words.join(", ")}`;
  const message = `expected ${wanted}${inField(path)}, found ${describeFound(context, path)}`;
  const found = context.document.valueAt(path);
  const trap = words.includes("true") ? trapHint(context.document, path, "boolean") : undefined;
  const hint = trap ?? (typeof found === "string" ? didYouMean(found, words) : undefined);
  return diagnosticAt(context.document.position(path), "bad-value", message, hint);
}

function plainDiagnostic(context: Context, issue: Issue): Diagnostic {
  const params = issue.code === "custom" ? issue.params : undefined;
  const code = (params?.["code"] as DiagnosticCode | undefined) ?? "bad-value";
  const hint = params?.["hint"];
  const path = fullPath(context, issue);
  // A refused field is about the key, not about what it was set to.
  const at = params?.["atKey"] === true ? context.document.keyPosition(path) : context.document.position(path);
  return diagnosticAt(at, code, phrase(issue, context, path), typeof hint === "string" ? hint : undefined);
}

function phrase(issue: Issue, context: Context, path: Path): string {
  if (issue.code === "too_small" || issue.code === "too_big") {
    const bound = issue.code === "too_small" ? `at least ${issue.minimum}` : `at most ${issue.maximum}`;
    const what = { string: " characters", array: " items" }[issue.origin as string];
    if (issue.origin === "array" && issue.code === "too_small" && issue.minimum === 1)
      return `an empty list${inField(path)}`;
    return what === undefined
      ? `must be ${bound}${inField(path)}, found ${describeFound(context, path)}`
      : `must have ${bound}${what}${inField(path)}`;
  }
  return issue.code === "custom" ? issue.message : `${issue.message}${inField(path)}`;
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "a map",
  record: "a map",
  array: "a list",
  null: "nothing",
};

function describeFound(context: Context, path: Path): string {
  const value = context.document.valueAt(path);
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a map";
  const text = context.document.scalarText(path) ?? JSON.stringify(value);
  const word = typeof value === "string" ? "text " : typeof value === "number" ? "the number " : "";
  return word === "text " ? `${word}${JSON.stringify(value)}` : `${word}${text}`;
}

function inside(path: Path): string {
  return path.length === 0 ? "" : ` in ${formatPath(path)}`;
}

function inField(path: Path): string {
  return path.length === 0 ? "" : ` for ${formatPath(path)}`;
}

/** `spec.ports[0].nodePort`, the way the API server writes field paths. */
export function formatPath(path: Path): string {
  let out = "";
  for (const step of path) {
    if (typeof step === "number") out += `[${step}]`;
    else if (/^[\w-]+$/.test(step)) out += out === "" ? step : `.${step}`;
    else out += `[${step}]`;
  }
  return out;
}
