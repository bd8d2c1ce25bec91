// Objects as `kubectl get -o yaml` prints them: plain data, of any kind and release.
import { KIND_NAMES, KINDS } from "@kubehop/kube";

export interface Dumped {
  readonly apiVersion: string;
  readonly kind: string;
  /** "" for objects without namespace. */
  readonly namespace: string;
  readonly name: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** What stands at a path; undefined where there is nothing. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let found = value;
  for (const step of path) {
    if (typeof found !== "object" || found === null) return undefined;
    found = Reflect.get(found, step);
  }
  return found ?? undefined;
}

export function textAt(value: unknown, ...path: readonly (string | number)[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === "string" || typeof found === "number" ? String(found) : undefined;
}

export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** Entries of a map; none where there is no map. */
export function entriesAt(value: unknown, ...path: readonly (string | number)[]): [string, unknown][] {
  const found = at(value, ...path);
  return typeof found === "object" && found !== null && !Array.isArray(found) ? Object.entries(found) : [];
}

export function dumpedOf(value: unknown): Dumped | undefined {
  const [apiVersion, kind, name] = [
    textAt(value, "apiVersion"),
    textAt(value, "kind"),
    textAt(value, "metadata", "name"),
  ];
  if (apiVersion === undefined || kind === undefined || name === undefined) return undefined;
  return {
    apiVersion,
    kind,
    name,
    namespace: textAt(value, "metadata", "namespace") ?? usualNamespace(kind),
    value: Object.fromEntries(entriesAt(value)),
  };
}

/** Where a hand-written object without namespace stands; kubectl prints it always. */
function usualNamespace(kind: string): string {
  const known = KIND_NAMES.find((name) => name === kind);
  return known !== undefined && KINDS[known].namespaced ? "default" : "";
}

/** `Deployment default/web`. */
export function subjectOf({ kind, namespace, name }: Pick<Dumped, "kind" | "namespace" | "name">): string {
  return `${kind} ${namespace === "" ? "" : `${namespace}/`}${name}`;
}

/** The object that made this one and looks after it. */
export function controllerOf({ value }: Dumped): { readonly kind: string; readonly name: string } | undefined {
  const owner = listAt(value, "metadata", "ownerReferences").find((one) => at(one, "controller") === true);
  const [kind, name] = [textAt(owner, "kind"), textAt(owner, "name")];
  return kind === undefined || name === undefined ? undefined : { kind, name };
}
