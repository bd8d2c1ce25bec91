// One name for a pod wherever people read of it: its alias in the file, else the shortest reference that means it alone, else its name.

import type { Pod } from "@kubehop/kube";
import type { RunningCluster } from "../model/running-cluster.ts";

type NamingCluster = Pick<RunningCluster, "plan" | "control">;

/** `web#1` rather than `default/deploy/web#1`; undefined: nobody has made it a reference yet. */
export function podName({ plan, control }: NamingCluster, pod: Pod): string | undefined {
  const reference = control.referenceOf(pod);
  if (reference === undefined) return undefined;
  const { namespace, name, uid } = pod.metadata;
  const means = (text: string): boolean => control.resolvePod(text).found?.uid === uid;
  const alias = Object.entries(plan.names).find(([, target]) => means(target));
  if (alias !== undefined) return alias[0];
  const [word = name, kind = ""] = reference.split("/").toReversed();
  return [word, `${kind}/${word}`, `${namespace}/${word}`, reference].find(means) ?? name;
}

/** A machine's alias in the file. */
export function machineAlias({ plan }: Pick<NamingCluster, "plan">, machine: string): string | undefined {
  return Object.entries(plan.names).find(([, target]) => target === machine)?.[0];
}

/** Names of pods by their full ones (`default/web-5d…-abcde`), also of those that are gone: pods are followed from now on. */
export class PodNames {
  readonly #cluster: NamingCluster;
  readonly #names = new Map<string, string>();

  constructor(cluster: NamingCluster) {
    this.#cluster = cluster;
    const { store } = cluster.control;
    for (const pod of store.list("Pod")) this.#see(pod);
    store.watch("Pod", ({ object }) => this.#see(object));
  }

  /** A pod by its name here, any other namespace by its own. */
  nameOf(ns: string): string {
    return this.#names.get(ns) ?? ns.slice(ns.indexOf("/") + 1);
  }

  /** A pod is announced before it is counted. */
  #see(pod: Pod): void {
    const full = `${pod.metadata.namespace}/${pod.metadata.name}`;
    const name = this.#names.has(full) ? undefined : podName(this.#cluster, pod);
    if (name !== undefined) this.#names.set(full, name);
  }
}
