// Who has an address: machines, devices, Services and pods, the ones that are gone too, by the names that scenarios use.

import type { Pod } from "@kubehop/kube";
import { dumpAddrs } from "@kubehop/netstack";
import { PodNames } from "../cluster/pod-names.ts";
import type { RunningCluster } from "../model/running-cluster.ts";

export class AddressBook {
  readonly #cluster: RunningCluster;
  readonly #names = new Map<string, string>();
  readonly #pods: PodNames;

  /** Pods are followed from now on: an address outlives the pod that had it in tables and in stories. */
  constructor(cluster: RunningCluster) {
    this.#cluster = cluster;
    this.#pods = new PodNames(cluster);
    this.look();
    cluster.control.store.watch("Pod", ({ type, object }) => this.#pod(object, type === "deleted"));
  }

  /** Read again what changes without an event: addresses of devices, Services. */
  look(): void {
    const { plan, control } = this.#cluster;
    const { nodes, hosts, underlay } = plan.cluster;
    for (const { name } of [...nodes, ...(plan.bare?.namespaces ?? [])])
      for (const [addr, dev] of ownAddresses(this.#cluster, name)) this.#names.set(addr, `${name} ${dev}`);
    for (const { spec, metadata } of control.store.list("Service"))
      if (spec.clusterIP !== undefined) this.#names.set(spec.clusterIP, `svc/${metadata.name}`);
    for (const pod of control.store.list("Pod")) this.#pod(pod, false);
    if (underlay.gateway !== undefined) this.#names.set(underlay.gateway, "gateway");
    for (const { name, ip } of [...nodes, ...hosts]) this.#names.set(ip, name);
  }

  /** Machine, pod or Service of an address; undefined: nobody's. */
  nameOf(addr: string): string | undefined {
    return this.#names.get(addr);
  }

  /** A namespace as scenarios name it: a pod's is `web#1`. */
  placeName(ns: string): string {
    return this.#pods.nameOf(ns);
  }

  #pod(pod: Pod, gone: boolean): void {
    const known = this.#pods.nameOf(`${pod.metadata.namespace}/${pod.metadata.name}`);
    const { podIP } = pod.status;
    if (podIP === undefined || pod.spec.hostNetwork === true) return;
    // Its address may have been given on already.
    if (!gone) this.#names.set(podIP, known);
    else if (this.#names.get(podIP) === known) this.#names.set(podIP, `${known}, gone`);
  }
}

/** Addresses of the devices of a node or namespace, such as those of tunnel ends and bridges. */
function ownAddresses(cluster: RunningCluster, node: string): [addr: string, dev: string][] {
  const ns = cluster.world.namespaces.get(node);
  if (ns === undefined) return [];
  return dumpAddrs(ns).flatMap(({ ifname, addr_info }) =>
    ifname === "lo" ? [] : addr_info.map(({ local }): [string, string] => [local, ifname]),
  );
}
