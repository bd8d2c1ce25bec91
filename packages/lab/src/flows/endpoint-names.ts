// Who answered, by the name a table would use for it.

import type { Cluster } from "../cluster/cluster.ts";
import { machineAlias, podName } from "../cluster/pod-names.ts";

/** Namespace → name: those that `preferred` names first, then as everywhere. */
export class EndpointNames {
  readonly #cluster: Cluster;
  readonly #known = new Map<string, string>();

  constructor(cluster: Cluster, preferred: readonly string[]) {
    this.#cluster = cluster;
    for (const name of preferred) {
      const ns = cluster.places.find(name)?.ns.name;
      if (ns !== undefined && !this.#known.has(ns)) this.#known.set(ns, name);
    }
  }

  nameOf(ns: string): string {
    const known = this.#known.get(ns) ?? this.#shortest(ns);
    this.#known.set(ns, known);
    return known;
  }

  #shortest(ns: string): string {
    const { store } = this.#cluster.control;
    const pod = store.list("Pod").find(({ metadata }) => `${metadata.namespace}/${metadata.name}` === ns);
    return (pod && podName(this.#cluster, pod)) ?? machineAlias(this.#cluster, ns) ?? ns;
  }
}
