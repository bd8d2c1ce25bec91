// KubeAccess over kube's control plane alone: no nodes, no kubelets.

import type { ControlPlane, LoadedObject } from "@kubehop/kube";
import { ApiError, KINDS, loadManifests, parseYaml } from "@kubehop/kube";
import type { AppliedObject, ApplyOutcome, KubeAccess, ManifestRequest } from "../../src/index.ts";

export interface ControlPlaneAccessOptions {
  readonly controlPlane: ControlPlane;
  /** Of kubectl: `1.10`. */
  readonly version: string;
  /** Virtual ms on the store's clock. */
  now(): number;
  /** After each request that may have changed something; default: run the controllers. */
  changed?(): void;
  exec: KubeAccess["exec"];
}

export function controlPlaneAccess(options: ControlPlaneAccessOptions): KubeAccess {
  const { controlPlane, version, exec } = options;
  const changed = options.changed?.bind(options) ?? (() => controlPlane.reconcile());
  return {
    store: controlPlane.store,
    version,
    now: () => options.now(),
    exec,
    applyManifest: (request) => {
      const outcome = applyManifest(controlPlane, request);
      changed();
      return outcome;
    },
    readManifest: (text, file, namespace) => {
      const { objects, diagnostics, sources } = read(controlPlane, text, file);
      const names = objects
        .map((loaded) => inNamespace(loaded, namespace).object)
        .map(({ kind, metadata }) => ({ kind, namespace: metadata.namespace, name: metadata.name }));
      return { objects: names, diagnostics, sources };
    },
    deleteObject: (kind, namespace, name) => {
      controlPlane.delete(kind, namespace, name);
      changed();
    },
    scale: (kind, namespace, name, replicas) => {
      controlPlane.scale(kind, namespace, name, replicas);
      changed();
    },
  };
}

function read(
  controlPlane: ControlPlane,
  text: string,
  file: string,
): { objects: readonly LoadedObject[]; diagnostics: ApplyOutcome["diagnostics"]; sources: ApplyOutcome["sources"] } {
  const source = parseYaml(file, text);
  const { objects, diagnostics } = loadManifests([source], controlPlane.settings);
  return { objects, diagnostics, sources: [source.source] };
}

/** Objects that name no namespace are put into the one of `-n`. */
function inNamespace(loaded: LoadedObject, namespace: string): LoadedObject {
  const { object, manifest } = loaded;
  if (!KINDS[object.kind].namespaced || namesNamespace(manifest) || object.metadata.namespace === namespace)
    return loaded;
  return { ...loaded, object: Object.assign({}, object, { metadata: { ...object.metadata, namespace } }) };
}

function namesNamespace(manifest: unknown): boolean {
  const metadata: unknown =
    typeof manifest === "object" && manifest !== null ? Reflect.get(manifest, "metadata") : undefined;
  return typeof metadata === "object" && metadata !== null && typeof Reflect.get(metadata, "namespace") === "string";
}

function applyManifest(controlPlane: ControlPlane, { text, file, mode, namespace }: ManifestRequest): ApplyOutcome {
  const { objects, diagnostics, sources } = read(controlPlane, text, file);
  if (diagnostics.length > 0) return { applied: [], diagnostics, sources };
  const applied: AppliedObject[] = [];
  const errors: string[] = [];
  for (const loaded of objects) {
    try {
      applied.push(applyOne(controlPlane, inNamespace(loaded, namespace), mode));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      errors.push(
        error.reason === "Invalid"
          ? error.message
          : `Error from server (${error.reason}): error when ${mode === "create" ? "creating" : "applying patch to"} ${JSON.stringify(file)}: ${error.message}`,
      );
    }
  }
  return { applied, diagnostics, sources, ...(errors.length === 0 ? {} : { error: errors.join("\n") }) };
}

function applyOne(controlPlane: ControlPlane, loaded: LoadedObject, mode: ManifestRequest["mode"]): AppliedObject {
  const { kind, metadata } = loaded.object;
  const { namespace, name } = metadata;
  if (mode === "create" && controlPlane.store.get(kind, namespace, name) !== undefined) {
    throw new ApiError("AlreadyExists", `${KINDS[kind].plural} ${JSON.stringify(name)} already exists`);
  }
  return { kind, namespace, name, result: controlPlane.apply(loaded) };
}
