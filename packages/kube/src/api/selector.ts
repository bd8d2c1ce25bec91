// Label selectors: which labels match (apimachinery pkg/labels).
import type { LabelSelector, LabelSelectorRequirement, Labels } from "./meta.ts";

/** Equality selector of Services and ReplicationControllers. An empty one selects nothing there: ask {@link isEmptySelector} first. */
export function matchesLabels(selector: Labels, labels: Labels): boolean {
  for (const key in selector) if (labels[key] !== selector[key]) return false;
  return true;
}

/** Full selector; all requirements must hold, an empty selector matches everything. */
export function matchesSelector(selector: LabelSelector, labels: Labels): boolean {
  if (!matchesLabels(selector.matchLabels ?? {}, labels)) return false;
  return (selector.matchExpressions ?? []).every((requirement) => matchesRequirement(requirement, labels));
}

export function isEmptySelector(selector: LabelSelector): boolean {
  return Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0;
}

/** As in apimachinery: NotIn also matches objects without the key. */
function matchesRequirement(requirement: LabelSelectorRequirement, labels: Labels): boolean {
  const value = labels[requirement.key];
  const values = requirement.values ?? [];
  switch (requirement.operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
  }
}

/** `a=b,c=d` with sorted keys, `<none>` when empty: labels.FormatLabels. */
export function formatLabels(labels: Labels): string {
  const pairs = Object.keys(labels)
    .toSorted()
    .map((key) => `${key}=${labels[key]}`);
  return pairs.length === 0 ? "<none>" : pairs.join(",");
}

/** metav1.FormatLabelSelector: what `kubectl get -o wide` shows. */
export function formatSelector(selector: LabelSelector): string {
  const equal = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({ key, text: `${key}=${value}` }));
  const rest = (selector.matchExpressions ?? []).map((r) => ({ key: r.key, text: formatRequirement(r) }));
  const all = [...equal, ...rest].toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return all.length === 0 ? "<none>" : all.map((part) => part.text).join(",");
}

function formatRequirement({ key, operator, values = [] }: LabelSelectorRequirement): string {
  if (operator === "Exists") return key;
  if (operator === "DoesNotExist") return `!${key}`;
  const word = operator === "In" ? "in" : "notin";
  return `${key} ${word} (${values.toSorted().join(",")})`;
}

/** Result of reading a `-l` argument. */
export type ParsedSelector = { readonly selector: LabelSelector } | { readonly error: string };

/** Reads `kubectl -l`: `a=b,c==d,e!=f,g in (x,y),h notin (z),i,!j`. */
export function parseSelector(source: string): ParsedSelector {
  const matchExpressions: LabelSelectorRequirement[] = [];
  for (const part of source
    .split(/,(?![^(]*\))/)
    .map((s) => s.trim())
    .filter((s) => s !== "")) {
    const requirement = parseRequirement(part);
    if (requirement === undefined) return { error: `unable to parse requirement: ${part}` };
    matchExpressions.push(requirement);
  }
  return { selector: { matchExpressions } };
}

function parseRequirement(part: string): LabelSelectorRequirement | undefined {
  const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(part);
  if (set !== null) {
    const [, key = "", word, values = ""] = set;
    return { key, operator: word === "in" ? "In" : "NotIn", values: values.split(",").map((v) => v.trim()) };
  }
  const equal = /^([^!=\s]+)\s*(!=|==|=)\s*([^=!\s]*)$/.exec(part);
  if (equal !== null) {
    const [, key = "", operator, value = ""] = equal;
    return { key, operator: operator === "!=" ? "NotIn" : "In", values: [value] };
  }
  const exists = /^(!?)\s*([^!=\s()]+)$/.exec(part);
  if (exists === null) return undefined;
  return { key: exists[2] ?? "", operator: exists[1] === "!" ? "DoesNotExist" : "Exists" };
}
