// How kubectl reaches the cluster. The lab implements it over its control plane; commands see no controller.

import type { Diagnostic, Kind, ObjectStore, SourceText } from "@kubehop/kube";
import type { ShellContext } from "./context.ts";
import type { RunningCommand } from "./process.ts";

/** One object of a manifest and what became of it. */
export interface AppliedObject {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
  readonly result: "created" | "configured" | "unchanged";
}

/** `error`: the request the server refused, as kubectl prints it; objects before it are applied. */
export interface ApplyOutcome {
  readonly applied: readonly AppliedObject[];
  readonly error?: string;
  /** Mistakes in the text: then nothing was applied. */
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: readonly SourceText[];
}

export interface ManifestRequest {
  readonly text: string;
  /** Name for diagnostics. */
  readonly file: string;
  /** `create` refuses objects that exist (the error names the first). */
  readonly mode: "apply" | "create";
  /** Namespace of objects that name none. */
  readonly namespace: string;
}

/** An object named by a manifest. */
export interface ObjectName {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
}

/** Kinds `kubectl scale` works on. */
export type ScalableKind = "Deployment" | "ReplicaSet" | "ReplicationController" | "StatefulSet";

export interface KubeAccess {
  readonly store: ObjectStore;
  /** Of kubectl and the cluster, `1.10` or `1.28`: decides the wording. */
  readonly version: string;
  /** Virtual ms on the store's clock (ages are counted from creationTimestamp). */
  now(): number;
  applyManifest(request: ManifestRequest): ApplyOutcome;
  /** Names of the objects in a manifest, for `delete -f`. */
  readManifest(
    text: string,
    file: string,
    namespace: string,
  ): {
    readonly objects: readonly ObjectName[];
    readonly diagnostics: readonly Diagnostic[];
    readonly sources: readonly SourceText[];
  };
  /** Throws ApiError NotFound. Dependents are collected by the controllers. */
  deleteObject(kind: Kind, namespace: string, name: string): void;
  /** Throws ApiError NotFound. */
  scale(kind: ScalableKind, namespace: string, name: string, replicas: number): void;
  /** Run words inside a pod; undefined when the pod does not run. Output goes to `ctx`. */
  exec(namespace: string, pod: string, words: readonly string[], ctx: ShellContext): RunningCommand | undefined;
}
