// Who answered, by the name a table would use for it.

import type { Cluster } from "../cluster/cluster.ts";

/** Namespace → name: those that `preferred` names first, then aliases of the scenario, then the shortest reference. */
export class EndpointNames {
  readonly #cluster: Cluster;
  readonly #known = new Map<string, string>();

  constructor(cluster: Cluster, preferred: readonly string[]) {
    this.#cluster = cluster;
    for (const name of [...preferred, ...Object.keys(cluster.plan.names)]) {
      const ns = cluster.places.find(name)?.ns.name;
      if (ns !== undefined && !this.#known.has(ns)) this.#known.set(ns, name);
    }
  }

  nameOf(ns: string): string {
    const known = this.#known.get(ns) ?? this.#shortest(ns);
    this.#known.set(ns, known);
    return known;
  }

  /** `web#1` rather than `deploy/web#1`, where it is the only one; a pod that nobody made by its name. */
  #shortest(ns: string): string {
    const { control, places } = this.#cluster;
    const pod = places.pod(ns.slice(ns.indexOf("/") + 1)) ?? control.store.list("Pod").find((one) => nsOf(one) === ns);
    const reference = pod === undefined ? undefined : control.referenceOf(pod);
    if (reference === undefined) return ns;
    const word = reference.slice(reference.lastIndexOf("/") + 1);
    return places.find(word)?.ns.name === ns ? word : reference;
  }
}

function nsOf({ metadata }: { readonly metadata: { readonly namespace: string; readonly name: string } }): string {
  return `${metadata.namespace}/${metadata.name}`;
}
