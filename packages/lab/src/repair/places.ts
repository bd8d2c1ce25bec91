// Namespaces by the names that scenarios know them by.

import type { NetNamespace } from "@kubehop/netstack";
import type { RunningCluster } from "../model/running-cluster.ts";

/** `node1`, `laptop`, `web#1`, `shop/web#1`: shortest name that leads to the namespace; undefined when none does (the gateway). */
export function placeName({ plan, control, places }: RunningCluster, ns: string): string | undefined {
  const pod = control.store.list("Pod").find(({ metadata }) => `${metadata.namespace}/${metadata.name}` === ns);
  const reference = pod === undefined ? undefined : control.referenceOf(pod)?.replace(/^.*\//, "");
  const alias = Object.entries(plan.names).find(([, target]) => places.find(target)?.ns.name === ns)?.[0];
  // Where another namespace has one of that name.
  const full = reference === undefined ? undefined : `${pod?.metadata.namespace}/${reference}`;
  return [alias, reference, full, pod?.metadata.name, ns].find(
    (name) => name !== undefined && places.find(name)?.ns.name === ns,
  );
}

/** The namespace of a place. */
export function namespaceOf(cluster: RunningCluster, ns: string): NetNamespace | undefined {
  return cluster.world.namespaces.get(ns);
}

export function isNode({ plan }: RunningCluster, ns: string): boolean {
  return plan.cluster.nodes.some(({ name }) => name === ns);
}
