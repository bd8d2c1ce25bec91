// Who has an address: machines, devices, Services and pods, the ones that are gone too, by the names that scenarios use.

import type { Pod } from "@kubehop/kube";
import { dumpAddrs } from "@kubehop/netstack";
import type { RunningCluster } from "../model/running-cluster.ts";

export class AddressBook {
  readonly #cluster: RunningCluster;
  readonly #names = new Map<string, string>();
  /** Full name of a pod (`default/web-5d…-abcde`) → `web#1`. */
  readonly #pods = new Map<string, string>();

  /** Pods are followed from now on: an address outlives the pod that had it in tables and in stories. */
  constructor(cluster: RunningCluster) {
    this.#cluster = cluster;
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
    return this.#pods.get(ns) ?? ns.slice(ns.indexOf("/") + 1);
  }

  #pod(pod: Pod, gone: boolean): void {
    const { namespace, name } = pod.metadata;
    // A pod is announced before it is counted.
    const known = this.#pods.get(`${namespace}/${name}`) ?? shortReference(this.#cluster, pod);
    if (known !== name) this.#pods.set(`${namespace}/${name}`, known);
    const { podIP } = pod.status;
    if (podIP === undefined || pod.spec.hostNetwork === true) return;
    // Its address may have been given on already.
    if (!gone) this.#names.set(podIP, known);
    else if (this.#names.get(podIP) === known) this.#names.set(podIP, `${known}, gone`);
  }
}

/** `web#1`, with as much in front as it takes to mean this pod alone; a pod that nothing made has its own name. */
function shortReference({ control }: RunningCluster, pod: Pod): string {
  const { namespace, name, uid } = pod.metadata;
  const reference = control.referenceOf(pod);
  if (reference === undefined) return name;
  const parts = reference.split("/");
  const short = parts.at(-2) === "pod" ? name : (parts.at(-1) ?? name);
  const meant = control.resolvePod(short).found;
  return meant?.uid === uid ? short : `${namespace}/${short}`;
}

/** Addresses of the devices of a node or namespace, such as those of tunnel ends and bridges. */
function ownAddresses(cluster: RunningCluster, node: string): [addr: string, dev: string][] {
  const ns = cluster.world.namespaces.get(node);
  if (ns === undefined) return [];
  return dumpAddrs(ns).flatMap(({ ifname, addr_info }) =>
    ifname === "lo" ? [] : addr_info.map(({ local }): [string, string] => [local, ifname]),
  );
}
