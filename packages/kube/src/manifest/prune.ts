// Takes the wrong fields out of a value, so that the rules between the remaining fields can still be checked
// and all mistakes are said at once.
import type * as z from "zod";
import { cloneJson } from "./defaulting.ts";

/** A copy without what the issues are about. List items become undefined, so that indexes keep their meaning. */
export function prune(value: unknown, issues: readonly z.core.$ZodIssue[]): unknown {
  const copy = cloneJson(value);
  for (const issue of issues) {
    const unknown = issue.code === "unrecognized_keys" ? issue.keys : [undefined];
    for (const key of unknown) remove(copy, key === undefined ? issue.path : [...issue.path, key]);
  }
  return copy;
}

function remove(root: unknown, path: readonly PropertyKey[]): void {
  let at: unknown = root;
  for (const step of path.slice(0, -1)) {
    if (typeof at !== "object" || at === null) return;
    at = Reflect.get(at, step);
  }
  const last = path.at(-1);
  if (typeof at !== "object" || at === null || last === undefined) return;
  if (Array.isArray(at)) Reflect.set(at, last, undefined);
  else Reflect.deleteProperty(at, last);
}

/** `key:` without a value means the same as no key, as for the API server; list items stay. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutNulls(item));
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([, item]) => item !== null && item !== undefined);
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutNulls(item)]));
}
