// The cluster's control plane: the API objects of a kubeadm-like installation, with what the scenario pins.

import { ControlPlane, loadManifests, parseCidr as kubeCidr, parseYaml } from "@kubehop/kube";
import type { LoadedObject, PinOptions } from "@kubehop/kube";
import type { World } from "@kubehop/netstack";
import type { NodeSpec } from "../model/cluster-spec.ts";
import type { CellPlan } from "../model/scenario.ts";
import { kubeDnsManifest } from "./addons.ts";
import { ClusterError } from "./machines.ts";

/** Store, controllers, nodes and add-ons; nothing is wired yet. `endpointsLater`: calls the endpoints controller back when it is its time. */
export function bootControlPlane(
  world: World,
  plan: CellPlan,
  endpointsLater: (look: () => void) => void,
): ControlPlane {
  const { cluster } = plan;
  const serviceCIDR = kubeCidr(cluster.services.cidr);
  const network = cluster.cni.kind === "flannel" ? kubeCidr(cluster.cni.network) : undefined;
  const control = new ControlPlane({
    random: world.random.fork("control plane"),
    now: () => world.now,
    settings: {
      ...(serviceCIDR === undefined ? {} : { serviceCIDR }),
      nodePortRange: [...cluster.services.nodePorts] as [number, number],
    },
    ...(network === undefined ? {} : { clusterCIDR: network }),
    pins: pinOptions(plan),
    endpointsLater,
  });
  for (const node of cluster.nodes) control.addNode(nodeInput(node));
  control.reconcile(["node-ipam"]);
  const master = cluster.nodes[0];
  if (master !== undefined) control.ensureKubernetesService([master.ip]);
  if (plan.bare === undefined) control.applyAll(addonObjects(plan, control.settings));
  return control;
}

function nodeInput(node: NodeSpec): Parameters<ControlPlane["addNode"]>[0] {
  return {
    name: node.name,
    ip: node.ip,
    podCIDR: node.podCIDR,
    labels: node.labels,
    taints: node.taints.map(taint),
    kubeletVersion: `v${node.kubernetes}${/^1\.\d+$/.test(node.kubernetes) ? ".0" : ""}`,
  };
}

/** `key=value:Effect` or `key:Effect`. */
function taint(text: string): { key: string; value?: string; effect: "NoSchedule" | "PreferNoSchedule" | "NoExecute" } {
  const [, key = text, value, effect = "NoSchedule"] = /^([^=:]+)(?:=([^:]*))?:(\w+)$/.exec(text) ?? [];
  const known = effect === "PreferNoSchedule" || effect === "NoExecute" ? effect : "NoSchedule";
  return { key, ...(value === undefined ? {} : { value }), effect: known };
}

/** What the installer brings: kube-dns' Service. */
function addonObjects(plan: CellPlan, settings: ControlPlane["settings"]): readonly LoadedObject[] {
  const text = kubeDnsManifest(plan.cluster);
  const loaded = loadManifests([parseYaml("(add-on) kube-dns.yaml", text)], settings);
  if (loaded.diagnostics.length > 0) throw new ClusterError(`add-on kube-dns: ${loaded.diagnostics[0]?.message ?? ""}`);
  return loaded.objects;
}

function pinOptions(plan: CellPlan): PinOptions {
  const { pins, place } = plan;
  const services = pins.services.map((pin) => ({ key: `${pin.namespace}/svc/${pin.name}`, pin }));
  return {
    podNames: record(pins.pods.flatMap(({ pod, name }) => (name === undefined ? [] : [[pod.ref, name] as const]))),
    place: record(
      place.map(({ pods, nodes }) => [pods.ref, nodes.length === 1 ? (nodes[0] ?? "") : [...nodes]] as const),
    ),
    clusterIPs: record(
      services.flatMap(({ key, pin }) => (pin.clusterIP === undefined ? [] : [[key, pin.clusterIP] as const])),
    ),
    nodePorts: record(
      services.flatMap(({ key, pin }) =>
        Object.entries(pin.nodePorts).map(([port, value]) => [`${key}:${port}`, value] as const),
      ),
    ),
  };
}

function record<T>(entries: readonly (readonly [string, T])[]): Record<string, T> {
  return Object.fromEntries(entries);
}
