// kubectl's way to the cluster's control plane. A change works itself out at once; pods and rules follow on the virtual clock.

import type { ApplyOutcome, KubeAccess, ManifestRequest, RunningCommand } from "@kubehop/commands";
import { ApiError, loadManifests, parseYaml } from "@kubehop/kube";
import type { Kind, LoadedManifests, SourceText } from "@kubehop/kube";
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
      if (namespace !== "default" && document.getIn(["metadata", "namespace"]) === undefined)
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

function applyManifest(
  cluster: Cluster,
  request: ManifestRequest,
  loaded: LoadedManifests & { sources: SourceText[] },
): ApplyOutcome {
  const { diagnostics, sources } = loaded;
  const applied: ApplyOutcome["applied"][number][] = [];
  if (diagnostics.length > 0) return { applied, diagnostics, sources };
  for (const one of loaded.objects) {
    const { kind, metadata } = one.object;
    const { namespace, name } = metadata;
    try {
      if (request.mode === "create" && cluster.control.store.get(kind as Kind, namespace, name) !== undefined) {
        throw new ApiError("AlreadyExists", `${kind} ${JSON.stringify(name)} already exists`);
      }
      applied.push({ kind: kind as Kind, namespace, name, result: cluster.control.apply(one) });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      cluster.settle();
      return { applied, diagnostics, sources, error: error.kubectlText };
    }
  }
  cluster.settle();
  return { applied, diagnostics, sources };
}
