// The agents of one node, built from the scenario and started in its order. Which built-in jump stands first emerges from that order.

import { BridgePlugin, CniError, Flanneld, HostLocal, randomMac, VXLAN_OVERHEAD } from "@kubehop/cni";
import type { CniPlugin } from "@kubehop/cni";
import type { ControlPlane, Pod } from "@kubehop/kube";
import { KERNEL_FLAVOURS } from "@kubehop/netstack";
import type { Agent, NetNamespace, World } from "@kubehop/netstack";
import { DockerNetwork, Dockerd, Kubelet, NodeRefusal, serve, serversOf } from "@kubehop/programs";
import type { PodNetwork, SandboxRequest, ServedListener } from "@kubehop/programs";
import { KubeProxy } from "@kubehop/proxy";
import type { ServiceSource } from "@kubehop/proxy";
import { atLeast } from "@kubehop/sim";
import type { AgentName, ClusterSpec, NodeSpec } from "../model/cluster-spec.ts";
import type { CellPlan } from "../model/scenario.ts";
import { type AgentPorts, AgentProcess } from "./agent-process.ts";
import type { Cluster } from "./cluster.ts";
import type { EventLog } from "./event-log.ts";
import { HeardServices } from "./heard-services.ts";
import { tellPod } from "./object-events.ts";
import { ClusterError } from "./machines.ts";

export interface NodeContext {
  readonly cluster: Pick<Cluster, "world" | "control" | "plan" | "log">;
  readonly node: NodeSpec;
  readonly ns: NetNamespace;
  /** Shared between nodes of one release. */
  readonly services: ServiceSource;
  readonly onServed: ServedListener;
}

interface AgentContext extends Omit<NodeContext, "cluster"> {
  readonly world: World;
  readonly control: ControlPlane;
  readonly plan: CellPlan;
  readonly log: EventLog;
  readonly ports: AgentPorts;
}

/** The bridge of the CNI's bridge plugin. */
const CNI_BRIDGE = "cni0";
/** Name of the CNI network in flannel's manifests. */
const CNI_NETWORK = "cbr0";

/** An agent that has not been started yet. */
export function agentProcess(agent: AgentName, context: NodeContext): AgentProcess {
  const { cluster, node, ns } = context;
  const { world, control, plan, log } = cluster;
  const name = `${node.name}/${agent}`;
  let before: Agent | undefined;
  return new AgentProcess({
    world,
    store: control.store,
    events: log,
    ns,
    name,
    isHeld: plan.steps.some(({ after }) => after?.subject === name && after.event === "batch"),
    make: (ports) => {
      const made = { ...context, world, control, plan, log, ports };
      // The container runtime outlives kubelet and remembers its pods; the others start from what the node shows.
      return (before = agent === "kubelet" && before !== undefined ? before : FACTORIES[agent](made));
    },
  });
}

const FACTORIES: Readonly<Record<AgentName, (context: AgentContext) => Agent>> = {
  dockerd: createDockerd,
  kubelet: createKubelet,
  flanneld: createFlanneld,
  "kube-proxy": createKubeProxy,
};

function createDockerd({ world, plan, node, ports }: AgentContext): Agent {
  const docker = plan.cluster.docker;
  if (docker === undefined) throw new ClusterError(`${node.name}: no docker in this cluster`);
  const draw = world.random.fork(`docker0 ${node.name}`);
  const drawn = `02:42:${[24, 16, 8, 0].map((shift) => ((draw.u32() >>> shift) & 255).toString(16).padStart(2, "0")).join(":")}`;
  return new Dockerd({
    door: ports.door,
    version: docker.version,
    bridge: docker.bridge,
    mac: node.docker0Mac ?? drawn,
    forwardPolicy: docker.forwardPolicy,
  });
}

function createFlanneld({ world, plan, node, ports }: AgentContext): Agent {
  const { cni } = plan.cluster;
  if (cni.kind !== "flannel") throw new ClusterError(`${node.name}: flanneld needs cni: flannel`);
  return new Flanneld({
    node: node.name,
    store: ports.store,
    door: ports.door,
    version: cni.version,
    network: cni.network,
    subnet: node.podCIDR,
    vni: cni.vni,
    iface: node.nic,
    publicIP: node.ip,
    mtu: podMtu(plan.cluster),
    vtepMac: node.vtepMac ?? randomMac(world.random.fork(`vtep ${node.name}`)),
    ipMasq: cni.ipMasq,
    randomFully: knowsRandomFully(node),
  });
}

function createKubeProxy({ plan, node, ns, services, ports }: AgentContext): Agent {
  const { proxy } = plan.cluster;
  const { order } = plan.pins;
  return new KubeProxy({
    version: node.kubernetes,
    node: {
      name: node.name,
      nodeIP: node.ip,
      ...(proxy.clusterCIDR === undefined ? {} : { clusterCIDR: proxy.clusterCIDR }),
      masqueradeAll: proxy.masqueradeAll,
      iptablesRandomFully: knowsRandomFully(node),
    },
    source: new HeardServices(services, ports),
    door: ports.door,
    clock: ports.clock,
    existingNatChains: () => ns.xt.backend(ns.xt.plain).table("nat")?.chains.keys() ?? [],
    pin: { services: order.services, endpoints: order.endpoints },
  });
}

function createKubelet(context: AgentContext): Agent {
  const { world, control, plan, node, ns, log, ports } = context;
  return new Kubelet({
    world,
    store: ports.store,
    node: node.name,
    nodeNs: ns,
    door: ports.door,
    minor: Number(node.kubernetes.split(".")[1]),
    randomFully: knowsRandomFully(node),
    flavour: KERNEL_FLAVOURS[node.kernel],
    clock: ports.clock,
    network: createNetwork(context),
    onGone: (pod) => tellPod(control, log, pod, "gone"),
    pins: (pod) => sandboxPins(plan, control, pod),
    serve: (pod, podNs) => servePod(context, pod, podNs),
  });
}

function createNetwork({ world, plan, node, ports }: AgentContext): PodNetwork {
  const { cni, docker, underlay } = plan.cluster;
  const random = world.random.fork(`pod network ${node.name}`);
  if (cni.kind === "docker") {
    if (docker === undefined) throw new ClusterError(`${node.name}: cni: docker without docker`);
    return new DockerNetwork({ door: ports.door, bridge: docker.bridge, mtu: underlay.mtu, random });
  }
  return refusing(
    new BridgePlugin({
      host: ports.door,
      network: CNI_NETWORK,
      bridge: CNI_BRIDGE,
      version: cni.plugins,
      mtu: podMtu(plan.cluster),
      hairpinMode: cni.hairpinMode,
      ipMasq: !cni.ipMasq,
      ipam: new HostLocal(node.podCIDR),
      routes: [cni.network],
      random,
    }),
  );
}

/** A plugin's refusal as kubelet knows refusals. */
function refusing(plugin: CniPlugin): PodNetwork {
  return {
    add: (request) => {
      try {
        return plugin.add(request);
      } catch (error) {
        throw error instanceof CniError ? new NodeRefusal(error.message) : error;
      }
    },
    del: (request) => plugin.del(request),
  };
}

/** FLANNEL_MTU: the underlay's MTU less what vxlan adds, or what the configuration says less the same. */
function podMtu({ cni, underlay }: ClusterSpec): number {
  if (cni.kind === "docker") return underlay.mtu;
  return (cni.mtu ?? underlay.mtu) - VXLAN_OVERHEAD;
}

/** MASQUERADE --random-fully needs iptables 1.6.2. */
function knowsRandomFully(node: NodeSpec): boolean {
  return atLeast(node.iptables.version, "1.6.2");
}

function sandboxPins(plan: CellPlan, control: ControlPlane, pod: Pod): SandboxRequest["pins"] {
  const pin = plan.pins.pods.find(({ pod: ref }) => control.isMeant(ref.ref, pod));
  return pin === undefined ? {} : { ip: pin.ip, mac: pin.mac, veth: pin.veth, vethMac: pin.vethMac };
}

function servePod({ plan, control, onServed }: AgentContext, pod: Pod, ns: NetNamespace): () => void {
  return serve({ ns, hostname: pod.metadata.name, servers: serversIn(plan, control, pod), onServed });
}

type Servers = Parameters<typeof serve>[0]["servers"];

/** What a pod serves: by the scenario's `serve`, else by the pod's images. */
export function serversIn(plan: CellPlan, control: ControlPlane, pod: Pod): Servers {
  const reference = control.referenceOf(pod);
  const rule = plan.serve.find(({ pods }) => {
    if (pods.index !== undefined) return control.isMeant(pods.ref, pod);
    return reference !== undefined && matchesWorkload(pods.ref, pod, reference);
  });
  return rule?.servers ?? serversOf(pod);
}

/** `web`, `deploy/web`, `ns/web` against `ns/deploy/web#1` and the pod's own name. */
function matchesWorkload(text: string, pod: Pod, reference: string): boolean {
  if (text === pod.metadata.name) return true;
  const workload = reference.replace(/#\d+$/, "");
  return (
    workload === text ||
    workload.endsWith(`/${text}`) ||
    `${pod.metadata.namespace}/${workload.replace(/^.*\//, "")}` === text
  );
}
