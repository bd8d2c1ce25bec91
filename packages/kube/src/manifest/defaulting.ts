// Fills defaults in where everybody can see it: each filled path is remembered for `validate --resolved`.
import type { Path } from "../diagnostics/yaml-source.ts";
import type { Kind, KubeObject } from "../api/kinds.ts";
import { KINDS } from "../api/kinds.ts";
import type { KindDefinition, SetDefault } from "../api/kind.ts";
import type { Draft, ObjectBase } from "../api/meta.ts";
import { pendingStatus } from "../api/pod.ts";

/** One filled field. */
export interface FilledDefault {
  readonly path: Path;
  readonly value: unknown;
}

/** Makes a complete object from a checked manifest (which is not changed) and says what it filled in. */
export function applyDefaults(kind: Kind, manifest: unknown): { object: KubeObject; filled: FilledDefault[] } {
  const draft = cloneJson(manifest) as Draft<ObjectBase>;
  const definition = KINDS[kind] as unknown as KindDefinition;
  const filled: FilledDefault[] = [];
  const set: SetDefault = (path, value) => {
    if (!setIfAbsent(draft, path, value) || isEmpty(value)) return;
    filled.push({ path, value });
  };
  if (definition.namespaced) set(["metadata", "namespace"], "default");
  definition.defaults?.(draft, set, draft.apiVersion ?? definition.apiVersions[0]);
  fillMetadata(draft, definition.namespaced);
  fillStatus(kind, draft);
  return { object: draft as unknown as KubeObject, filled };
}

/** Containers and server-side fields that every object has; the store gives identity and versions. */
function fillMetadata(draft: Draft<ObjectBase>, namespaced: boolean): void {
  const given = draft.metadata ?? {};
  draft.metadata = {
    name: given.name,
    namespace: namespaced ? given.namespace : "",
    labels: given.labels ?? {},
    annotations: given.annotations ?? {},
    uid: "",
    resourceVersion: 0,
    creationTimestamp: 0,
    ownerReferences: [],
  };
}

/** A pod starts unstarted whatever a dumped status says; other kinds keep the parts that are modelled. */
function fillStatus(kind: Kind, draft: object): void {
  if (kind === "Pod") Object.assign(draft, { status: pendingStatus() });
  else if (kind !== "Service" && kind !== "Node") Reflect.deleteProperty(draft, "status");
}

/** Nothing to tell the user: an empty container, or a text to be filled by an allocator. */
function isEmpty(value: unknown): boolean {
  return value === "" || (typeof value === "object" && value !== null && Object.keys(value).length === 0);
}

/** Sets `path` unless something stands there; maps on the way are made, list items are not. True when it was set. */
function setIfAbsent(root: object, path: Path, value: unknown): boolean {
  let at: object = root;
  for (const step of path.slice(0, -1)) {
    let next: unknown = Reflect.get(at, step);
    if (next === undefined && typeof step === "string") {
      next = {};
      Reflect.set(at, step, next);
    }
    if (typeof next !== "object" || next === null) return false;
    at = next;
  }
  const last = path.at(-1);
  if (last === undefined || value === undefined || Reflect.get(at, last) !== undefined) return false;
  return Reflect.set(at, last, value);
}

/** A deep copy of plain data. */
export function cloneJson<T>(value: T): T {
  if (Array.isArray(value)) return value.map((item: unknown) => cloneJson(item)) as T;
  if (typeof value !== "object" || value === null) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) copy[key] = cloneJson(item);
  return copy as T;
}
