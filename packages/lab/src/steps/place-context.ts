// What a command finds at its place: tools of that machine's releases, files, names, and the API server where kubectl is set up.

import type { KubeAccess, PlaceContext } from "@kubehop/commands";
import type { ToolVersions } from "@kubehop/netstack";
import type { Cluster } from "../cluster/cluster.ts";
import type { Place } from "../cluster/places.ts";
import { kubeAccess } from "./kube-access.ts";

/** In-memory files by place. */
export type PlaceFiles = Map<string, Map<string, string>>;

export interface PlaceStreams {
  stdout(text: string): void;
  stderr(text: string): void;
}

export function placeContext(cluster: Cluster, place: Place, files: PlaceFiles, streams: PlaceStreams): PlaceContext {
  const own = files.get(place.name) ?? new Map<string, string>();
  files.set(place.name, own);
  return {
    place: place.name,
    ns: place.ns,
    tools: toolsOf(cluster, place),
    files: own,
    stdin: "",
    stdout: (text) => streams.stdout(text),
    stderr: (text) => streams.stderr(text),
    resolve: (name) => cluster.places.address(name, place.namespace),
    readFile: (path) => cluster.readFile(path),
    kube: hasKubectl(cluster, place) ? kubeAccess(cluster) : undefined,
  };
}

/** At the admin's desk and on the first node, where kubeadm leaves admin.conf. */
function hasKubectl(cluster: Cluster, place: Place): boolean {
  return place.kind === "admin" || place.name === cluster.plan.cluster.nodes[0]?.name;
}

/** A pod has the tools of its node. */
function toolsOf(cluster: Cluster, place: Place): ToolVersions {
  const { nodes, iptables, iproute2, kubernetes } = cluster.plan.cluster;
  const home = place.kind === "pod" ? cluster.places.pod(place.name)?.spec.nodeName : place.name;
  const node = nodes.find(({ name }) => name === home);
  const tool = node?.iptables ?? iptables;
  return { iptables: tool.version, backend: tool.backend, iproute2: node?.iproute2 ?? iproute2, kubectl: node?.kubernetes ?? kubernetes };
}
