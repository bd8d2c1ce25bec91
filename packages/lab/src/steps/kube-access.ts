// kubectl's way to the cluster's control plane. A change works itself out at once; pods and rules follow on the virtual clock.

import type { AppliedObject, ApplyOutcome, KubeAccess, ManifestRequest, RunningCommand } from "@kubehop/commands";
import { ApiError, KINDS, loadManifests, parseYaml, resourceOf } from "@kubehop/kube";
import type { Kind, LoadedManifests, LoadedObject, SourceText } from "@kubehop/kube";
import type { Cluster } from "../cluster/cluster.ts";
import type { Place } from "../cluster/places.ts";
import type { Streams } from "./desk.ts";

/** Runs words in a pod: `kubectl exec`. */
export type Exec = (place: Place, words: readonly string[], streams: Streams) => RunningCommand;

export function kubeAccess(cluster: Cluster, exec: Exec): KubeAccess {
  const { control } = cluster;
  const read = (text: string, file: string, namespace: string): LoadedManifests & { sources: SourceText[] } => {
    const source = parseYaml(file, text, (document) => {
      // -n NAMESPACE: objects that name none belong there.
      if (namespace !== "default" && isNamespaced(document.get("kind")) && !document.hasIn(["metadata", "namespace"]))
        document.setIn(["metadata", "namespace"], namespace);
    });
    return { ...loadManifests([source], control.settings), sources: [source.source] };
  };
  return {
    store: control.store,
    version: cluster.plan.cluster.kubernetes,
    now: () => cluster.world.now,
    applyManifest: (request) => applyManifest(cluster, request, read(request.text, request.file, request.namespace)),
    readManifest: (text, file, namespace) => {
      const { objects, diagnostics, sources } = read(text, file, namespace);
      return {
        objects: objects.map(({ object }) => ({
          kind: object.kind as Kind,
          namespace: object.metadata.namespace,
          name: object.metadata.name,
        })),
        diagnostics,
        sources,
      };
    },
    deleteObject: (kind, namespace, name) => {
      control.delete(kind, namespace, name);
      cluster.settle();
    },
    scale: (kind, namespace, name, replicas) => {
      control.scale(kind, namespace, name, replicas);
      cluster.settle();
    },
    exec: (namespace, pod, words, ctx) => {
      const place = cluster.places.find(`${namespace}/${pod}`) ?? cluster.places.find(pod);
      return place === undefined ? undefined : exec(place, words, ctx);
    },
  };
}

function isNamespaced(kind: unknown): boolean {
  return Object.entries(KINDS).some(([name, { namespaced }]) => name === kind && namespaced);
}

/** Object by object; kubectl goes on after one that is refused, and tells all refusals at the end. */
function applyManifest(
  cluster: Cluster,
  request: ManifestRequest,
  loaded: LoadedManifests & { sources: SourceText[] },
): ApplyOutcome {
  const { diagnostics, sources } = loaded;
  const applied: AppliedObject[] = [];
  const errors: string[] = [];
  if (diagnostics.length > 0) return { applied, diagnostics, sources };
  for (const one of loaded.objects) {
    try {
      applied.push(applyObject(cluster, request.mode, one));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const { kind, metadata } = one.object;
      const exists = cluster.control.store.get(kind as Kind, metadata.namespace, metadata.name) !== undefined;
      errors.push(refusalText(request, error, exists));
    }
  }
  cluster.settle();
  return { applied, diagnostics, sources, ...(errors.length === 0 ? {} : { error: errors.join("\n") }) };
}

function applyObject(cluster: Cluster, mode: ManifestRequest["mode"], one: LoadedObject): AppliedObject {
  const { control } = cluster;
  const { metadata } = one.object;
  const kind = one.object.kind as Kind;
  const { namespace, name } = metadata;
  if (mode === "create" && control.store.get(kind, namespace, name) !== undefined)
    throw new ApiError("AlreadyExists", `${resourceOf(kind)} ${JSON.stringify(name)} already exists`);
  return { kind, namespace, name, result: control.apply(one) };
}

/** What kubectl was about to do stands before the server's words; a message about an invalid object names it already. */
function refusalText({ mode, file }: ManifestRequest, error: ApiError, exists: boolean): string {
  const { reason, message, kubectlText } = error;
  if (reason === "Invalid") return kubectlText;
  const what = mode === "apply" && exists ? "applying patch to" : "creating";
  return `Error from server (${reason}): error when ${what} ${JSON.stringify(file)}: ${message}`;
}
