// `kubectl apply`: three-way merge of what was applied last, what is applied now, and what lives.
// Lists are replaced whole, as a JSON merge patch does; ports keep what was allocated for them (see services.ts).
import { cloneJson } from "../manifest/defaulting.ts";

/** The live value with the changes from `last` to `next`: keys that went away are removed, others set. */
export function threeWayMerge(last: unknown, next: unknown, live: unknown): unknown {
  if (!isMap(next) || !isMap(live)) return cloneJson(next);
  const merged: Record<string, unknown> = { ...live };
  const before = isMap(last) ? last : {};
  for (const key of Object.keys(before)) if (!(key in next)) delete merged[key];
  for (const [key, value] of Object.entries(next)) merged[key] = threeWayMerge(before[key], value, live[key]);
  return merged;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
