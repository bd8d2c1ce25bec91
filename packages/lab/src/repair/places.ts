// Namespaces by the names that scenarios know them by.

import type { NetNamespace } from "@kubehop/netstack";
import { machineAlias, podName } from "../cluster/pod-names.ts";
import type { RunningCluster } from "../model/running-cluster.ts";

/** `node1`, `laptop`, `web#1`: a name that leads to the namespace; undefined when none does (the gateway). */
export function placeName(cluster: RunningCluster, ns: string): string | undefined {
  const { control, places } = cluster;
  const pod = control.store.list("Pod").find(({ metadata }) => `${metadata.namespace}/${metadata.name}` === ns);
  const names = [pod && podName(cluster, pod), pod?.metadata.name, machineAlias(cluster, ns), ns];
  return names.find((name) => name !== undefined && places.find(name)?.ns.name === ns);
}

/** The namespace of a place. */
export function namespaceOf(cluster: RunningCluster, ns: string): NetNamespace | undefined {
  return cluster.world.namespaces.get(ns);
}

export function isNode({ plan }: RunningCluster, ns: string): boolean {
  return plan.cluster.nodes.some(({ name }) => name === ns);
}
