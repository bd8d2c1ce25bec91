// Holds a document against the grammar: every mistake of shape, and a draft of what remains for the checks between keys.
import {
  type Diagnostic,
  diagnosticAt,
  formatPath,
  type Path,
  prune,
  type YamlDocument,
  zodDiagnostics,
} from "@kubehop/kube";
import type { z } from "zod";
import { plannedKey, plannedWord } from "../schema/not-yet.ts";
import { type ScenarioFile, scenarioSchema } from "../schema/scenario-schema.ts";
import { type Draft, own } from "./draft.ts";

type Issue = z.core.$ZodIssue;

export function checkShape(document: YamlDocument): { draft: Draft<ScenarioFile>; diagnostics: Diagnostic[] } {
  const parsed = scenarioSchema.safeParse(document.value, { reportInput: true });
  if (parsed.success) return { draft: parsed.data, diagnostics: [] };
  const issues = parsed.error.issues.flatMap((issue) => chooseBranch(issue, []));
  const diagnostics = issues.flatMap((issue) => diagnose(issue, document));
  return { draft: prune(document.value, issues) as Draft<ScenarioFile>, diagnostics };
}

/** Keys that are planned are refused with their reason, the rest of an issue goes the common way. */
function diagnose(issue: Issue, document: YamlDocument): Diagnostic[] {
  const word = plannedWordOf(issue);
  if (word !== undefined)
    return [diagnosticAt(document.position(issue.path as Path), "not-modelled", word.message, word.hint)];
  if (issue.code !== "unrecognized_keys")
    return zodDiagnostics({ issues: [issue] }, document, [], scenarioSchema).map((found) => withWordHint(found, issue));
  const path = issue.path as Path;
  const planned = issue.keys.filter((key) => plannedKey(path, key) !== undefined);
  const unknown = issue.keys.filter((key) => !planned.includes(key));
  const rest = zodDiagnostics({ issues: [{ ...issue, keys: unknown }] }, document, [], scenarioSchema);
  return [
    ...planned.map((key) => refusePlanned(document, [...path, key], key)),
    ...rest.map((found, index) => (unknown[index] === "<<" ? { ...found, hint: MERGE_HINT } : found)),
  ];
}

/** Words of the real thing that are not modelled yet. */
function plannedWordOf(issue: Issue): { message: string; hint: string } | undefined {
  if (issue.code !== "invalid_value" || typeof issue.input !== "string") return undefined;
  const what = plannedWord(issue.path as Path, issue.input);
  if (what === undefined) return undefined;
  return { message: `${what} is not modelled yet`, hint: `modelled: ${issue.values.map(String).join(", ")}` };
}

const MERGE_HINT = "YAML 1.2 has no merge keys: write the keys out";

/** Words that stand for something else than what is listed. */
function withWordHint(diagnostic: Diagnostic, issue: Issue): Diagnostic {
  if (issue.code !== "invalid_value" || diagnostic.hint !== undefined) return diagnostic;
  const hint = wordHint(issue.values, String(issue.input).toLowerCase());
  return hint === undefined ? diagnostic : { ...diagnostic, hint };
}

function wordHint(known: readonly unknown[], word: string): string | undefined {
  if (known.includes("unreachable") && word === "dropped") return DROPPED_HINT;
  // YAML 1.1 habits: a module is loaded or absent, not on or off.
  const meant = known.includes("loaded") ? own(SWITCH_WORDS, word) : undefined;
  return meant === undefined ? undefined : `write ${meant}`;
}

const DROPPED_HINT = "the client of a dropped packet sees timeout; write { result: timeout, dropped: { in: PLACE } }";

const SWITCH_WORDS: Readonly<Record<string, string>> = {
  on: "loaded",
  yes: "loaded",
  true: "loaded",
  "1": "loaded",
  off: "absent",
  no: "absent",
  false: "absent",
  "0": "absent",
};

function refusePlanned(document: YamlDocument, path: Path, key: string): Diagnostic {
  const reason = plannedKey(path.slice(0, -1), key) ?? "";
  const where = path.length === 1 ? "" : ` in ${formatPath(path.slice(0, -1))}`;
  return diagnosticAt(
    document.keyPosition(path),
    "not-modelled",
    `${JSON.stringify(key)}${where} is not modelled yet: ${reason}`,
  );
}

/** Alternatives of one key differ in their YAML type: the one whose type was written is the one that was meant. */
function chooseBranch(issue: Issue, base: Path): Issue[] {
  const path = [...base, ...(issue.path as Path)];
  if (issue.code !== "invalid_union") return [{ ...issue, path: [...path] }];
  const meant = issue.errors.filter((branch) => !branch.some((inner) => inner.path.length === 0 && isOtherType(inner)));
  const [branch, ...others] = meant;
  if (branch === undefined || others.length > 0) return [{ ...issue, path: [...path] }];
  return branch.flatMap((inner) => chooseBranch(inner, path));
}

/** A list of words meets a map: the words are another type. */
function isOtherType(issue: Issue): boolean {
  return issue.code === "invalid_type" || (issue.code === "invalid_value" && typeof issue.input === "object");
}
