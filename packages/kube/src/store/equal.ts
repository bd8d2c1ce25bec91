// Deep equality of plain data, as reflect.DeepEqual decides whether an update is one.

/** True when two plain values are the same; an absent key and an undefined one are the same too. */
export function equalJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  for (const key of keys) if (!equalJson(Reflect.get(a, key), Reflect.get(b, key))) return false;
  return true;
}
