// A node stands still. Nothing that ends on it says goodbye: sockets and devices are forgotten, not closed.

import { destroyNetns } from "@kubehop/netstack";
import type { NetNamespace } from "@kubehop/netstack";
import { Refusal } from "@kubehop/sim";
import type { Cluster } from "../../cluster/cluster.ts";
import type { CrashFault } from "../../model/fault-spec.ts";

export function runCrash(cluster: Cluster, { node }: CrashFault): void {
  const ns = cluster.world.namespaces.get(node);
  if (ns === undefined) throw new Refusal(`${node} has crashed already`);
  const pods = podsOf(cluster, node);
  cluster.agents.crash(node);
  for (const one of [ns, ...pods]) destroyNetns(one);
}

/** Sandboxes on the node. */
function podsOf({ control, world }: Cluster, node: string): NetNamespace[] {
  return control.store.list("Pod").flatMap(({ metadata, spec }) => {
    const own = spec.nodeName === node && !spec.hostNetwork;
    const ns = own ? world.namespaces.get(`${metadata.namespace}/${metadata.name}`) : undefined;
    return ns === undefined ? [] : [ns];
  });
}
