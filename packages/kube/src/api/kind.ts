// What the reader, the store and kubectl need to know about a kind, as one record per kind.
import type { Path } from "../diagnostics/yaml-source.ts";
import type { DiagnosticCode } from "../diagnostics/diagnostic.ts";
import type { Cidr } from "./address.ts";
import type { Draft, ObjectBase } from "./meta.ts";
import type { ObjectShape } from "./shape.ts";

/** Settings of the cluster that decide whether a manifest is right. */
export interface ApiSettings {
  /** Where ClusterIPs come from; kubeadm's default is 10.96.0.0/12. */
  readonly serviceCIDR: Cidr;
  /** First and last node port; the API server's default is 30000–32767. */
  readonly nodePortRange: readonly [first: number, last: number];
}

/** Says a mistake at a path of the object (the path may be absent there: then the nearest ancestor is shown). */
export type Report = (
  path: Path,
  message: string,
  options?: { readonly code?: DiagnosticCode; readonly hint?: string; readonly atKey?: boolean },
) => void;

/** Fills a field in if it is absent, and remembers that it did. */
export type SetDefault = (path: Path, value: unknown) => void;

/** One kind of the API. */
export interface KindDefinition<T extends ObjectBase = ObjectBase> {
  readonly kind: T["kind"];
  /** As kubectl names it: `services`. */
  readonly plural: string;
  readonly shortNames: readonly string[];
  /** Accepted versions, the one we store first. */
  readonly apiVersions: readonly [string, ...string[]];
  readonly namespaced: boolean;
  /** Fields known; built once on first use. */
  readonly shape: () => ObjectShape;
  /** Rules between fields, on an object from which wrong fields have been taken out. */
  readonly validate?: (draft: Draft<T>, report: Report, settings: ApiSettings, apiVersion: string) => void;
  /** The API server's defaults. */
  readonly defaults?: (draft: Draft<T>, set: SetDefault, apiVersion: string) => void;
}

/** Computes a constant on first use: schemas cost milliseconds that a run without manifests need not pay. */
export function lazy<T>(make: () => T): () => T {
  let value: { readonly made: T } | undefined;
  return () => (value ??= { made: make() }).made;
}
