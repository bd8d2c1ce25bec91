// Columns of `kubectl get` by kind: pkg/printers/internalversion/printers.go.
import type { Kind, KindMap } from "../api/kinds.ts";
import type { Node } from "../api/node.ts";
import { type Pod, type PodTemplateSpec } from "../api/pod.ts";
import { formatLabels, formatSelector } from "../api/selector.ts";
import { controllerOf, isActive } from "../controllers/pod-index.ts";
import type { ObjectStore } from "../store/store.ts";
import type { KubectlFlavour } from "./flavour.ts";
import { formatEndpoints, formatExternalIP, formatServicePorts, orNone } from "./format.ts";

/** What cells may look at beside their object. */
export interface CellContext {
  readonly store: ObjectStore;
  readonly flavour: KubectlFlavour;
  readonly wide: boolean;
  readonly age: (createdAt: number) => string;
}

/** One column; without `show` it always stands, `wide` ones only with `-o wide`. */
export interface Column<K extends Kind> {
  readonly title: string;
  readonly wide?: true;
  readonly show?: (flavour: KubectlFlavour) => boolean;
  readonly cell: (object: KindMap[K], context: CellContext) => string | number;
}

type Columns<K extends Kind> = readonly Column<K>[];

const name = { title: "NAME", cell: (object: { metadata: { name: string } }) => object.metadata.name };
const age = {
  title: "AGE",
  cell: (object: { metadata: { creationTimestamp: number } }, context: CellContext) =>
    context.age(object.metadata.creationTimestamp),
};

const pods: Columns<"Pod"> = [
  name,
  {
    title: "READY",
    cell: ({ spec, status }) => `${status.ready ? spec.containers.length : 0}/${spec.containers.length}`,
  },
  { title: "STATUS", cell: (pod) => podStatus(pod) },
  { title: "RESTARTS", cell: ({ status }) => status.restarts },
  age,
  { title: "IP", wide: true, cell: ({ status }) => orNone(status.podIP ?? "") },
  { title: "NODE", wide: true, cell: ({ spec }) => orNone(spec.nodeName ?? "") },
  { title: "NOMINATED NODE", wide: true, show: (f) => f.nominatedNode, cell: () => "<none>" },
  { title: "READINESS GATES", wide: true, show: (f) => f.readinessGates, cell: () => "<none>" },
];

const services: Columns<"Service"> = [
  name,
  { title: "TYPE", cell: ({ spec }) => spec.type },
  { title: "CLUSTER-IP", cell: ({ spec }) => orNone(spec.clusterIP) },
  { title: "EXTERNAL-IP", cell: (service, { wide }) => formatExternalIP(service, wide) },
  { title: "PORT(S)", cell: (service) => formatServicePorts(service) },
  age,
  { title: "SELECTOR", wide: true, cell: ({ spec }) => formatLabels(spec.selector ?? {}) },
];

const nodes: Columns<"Node"> = [
  name,
  {
    title: "STATUS",
    cell: ({ spec, status }) =>
      (status.ready ? "Ready" : "NotReady") + (spec.unschedulable ? ",SchedulingDisabled" : ""),
  },
  { title: "ROLES", cell: (node) => nodeRoles(node) },
  age,
  { title: "VERSION", cell: ({ status }) => status.kubeletVersion },
  {
    title: "INTERNAL-IP",
    wide: true,
    show: (f) => f.internalIPColumn,
    cell: (node) => nodeAddress(node, "InternalIP"),
  },
  { title: "EXTERNAL-IP", wide: true, cell: (node) => nodeAddress(node, "ExternalIP") },
  { title: "OS-IMAGE", wide: true, cell: () => "<unknown>" },
  { title: "KERNEL-VERSION", wide: true, cell: () => "<unknown>" },
  { title: "CONTAINER-RUNTIME", wide: true, cell: () => "<unknown>" },
];

const containers = {
  title: "CONTAINERS",
  wide: true as const,
  cell: (w: Templated) => w.spec.template.spec.containers.map((c) => c.name).join(","),
};
const images = {
  title: "IMAGES",
  wide: true as const,
  cell: (w: Templated) => w.spec.template.spec.containers.map((c) => c.image ?? "").join(","),
};
const oldReady = (f: KubectlFlavour): boolean => !f.readyColumn;
const newReady = (f: KubectlFlavour): boolean => f.readyColumn;

const deployments: Columns<"Deployment"> = [
  name,
  { title: "READY", show: newReady, cell: (d, c) => `${countPods(d, c, isReady)}/${d.spec.replicas}` },
  { title: "DESIRED", show: oldReady, cell: (d) => d.spec.replicas },
  { title: "CURRENT", show: oldReady, cell: (d, c) => countPods(d, c, () => true) },
  { title: "UP-TO-DATE", cell: (d, c) => currentSetSize(d, c) },
  { title: "AVAILABLE", cell: (d, c) => countPods(d, c, isReady) },
  age,
  containers,
  images,
  { title: "SELECTOR", wide: true, cell: ({ spec }) => formatSelector(spec.selector) },
];

const replicaSets: Columns<"ReplicaSet"> = [
  name,
  { title: "DESIRED", cell: ({ spec }) => spec.replicas },
  { title: "CURRENT", cell: (set, c) => countPods(set, c, () => true) },
  { title: "READY", cell: (set, c) => countPods(set, c, isReady) },
  age,
  containers,
  images,
  { title: "SELECTOR", wide: true, cell: ({ spec }) => formatSelector(spec.selector) },
];

const replicationControllers: Columns<"ReplicationController"> = [
  name,
  { title: "DESIRED", cell: ({ spec }) => spec.replicas },
  { title: "CURRENT", cell: (set, c) => countPods(set, c, () => true) },
  { title: "READY", cell: (set, c) => countPods(set, c, isReady) },
  age,
  containers,
  images,
  { title: "SELECTOR", wide: true, cell: ({ spec }) => formatLabels(spec.selector) },
];

const daemonSets: Columns<"DaemonSet"> = [
  name,
  { title: "DESIRED", cell: (set, c) => countPods(set, c, () => true) },
  { title: "CURRENT", cell: (set, c) => countPods(set, c, () => true) },
  { title: "READY", cell: (set, c) => countPods(set, c, isReady) },
  { title: "UP-TO-DATE", cell: (set, c) => countPods(set, c, () => true) },
  { title: "AVAILABLE", cell: (set, c) => countPods(set, c, isReady) },
  { title: "NODE SELECTOR", cell: ({ spec }) => formatLabels(spec.template.spec.nodeSelector) },
  age,
  containers,
  images,
  { title: "SELECTOR", wide: true, cell: ({ spec }) => formatSelector(spec.selector) },
];

const statefulSets: Columns<"StatefulSet"> = [
  name,
  { title: "READY", show: newReady, cell: (s, c) => `${countPods(s, c, isReady)}/${s.spec.replicas}` },
  { title: "DESIRED", show: oldReady, cell: ({ spec }) => spec.replicas },
  { title: "CURRENT", show: oldReady, cell: (s, c) => countPods(s, c, () => true) },
  age,
  containers,
  images,
];

/** Columns by kind. */
export const COLUMNS: { readonly [K in Kind]: Columns<K> } = {
  Pod: pods,
  Service: services,
  Node: nodes,
  Deployment: deployments,
  ReplicaSet: replicaSets,
  ReplicationController: replicationControllers,
  DaemonSet: daemonSets,
  StatefulSet: statefulSets,
  Namespace: [name, { title: "STATUS", cell: () => "Active" }, age],
  Endpoints: [name, { title: "ENDPOINTS", cell: (endpoints) => formatEndpoints(endpoints) }, age],
  EndpointSlice: [
    name,
    { title: "ADDRESSTYPE", cell: ({ addressType }) => addressType },
    { title: "PORTS", cell: ({ ports }) => (ports.length === 0 ? "<unset>" : ports.map(({ port }) => port).join(",")) },
    { title: "ENDPOINTS", cell: ({ endpoints }) => (endpoints.length === 0 ? "<unset>" : sliceEndpoints(endpoints)) },
    age,
  ],
};

type Templated = { readonly spec: { readonly template: PodTemplateSpec } };

/** The word in the STATUS column of a pod. */
function podStatus(pod: Pod): string {
  if (pod.metadata.deletionTimestamp !== undefined) return "Terminating";
  if (pod.status.phase !== "Pending" || pod.spec.nodeName === undefined) return pod.status.phase;
  return "ContainerCreating";
}

function nodeRoles(node: Node): string {
  const prefix = "node-role.kubernetes.io/";
  const roles = Object.keys(node.metadata.labels)
    .filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length));
  return orNone(roles.toSorted().join(","));
}

function nodeAddress(node: Node, type: "InternalIP" | "ExternalIP"): string {
  return orNone(node.status.addresses.find((address) => address.type === type)?.address ?? "");
}

function sliceEndpoints(endpoints: readonly { readonly addresses: readonly string[] }[]): string {
  const all = endpoints.flatMap((endpoint) => endpoint.addresses);
  return all.slice(0, 3).join(",") + (all.length > 3 ? ` + ${all.length - 3} more...` : "");
}

function isReady(pod: Pod): boolean {
  return pod.status.ready;
}

type Owner = { readonly kind: string; readonly metadata: Pod["metadata"] };

/** Active pods of a workload, through its ReplicaSets where it has them. */
function countPods(owner: Owner, { store }: CellContext, counts: (pod: Pod) => boolean): number {
  const { namespace, uid } = owner.metadata;
  const owners = new Set([uid, ...ownedSets(owner, store).map((set) => set.metadata.uid)]);
  const pods = store.list("Pod", { namespace });
  return pods.filter((pod) => isActive(pod) && owners.has(controllerOf(pod)?.uid ?? "") && counts(pod)).length;
}

function ownedSets(owner: Owner, store: ObjectStore): KindMap["ReplicaSet"][] {
  if (owner.kind !== "Deployment") return [];
  const sets = store.list("ReplicaSet", { namespace: owner.metadata.namespace });
  return sets.filter((set) => controllerOf(set)?.uid === owner.metadata.uid);
}

/** Pods of the newest ReplicaSet. */
function currentSetSize(owner: Owner, context: CellContext): number {
  const newest = ownedSets(owner, context.store).toSorted(
    (a, b) => b.metadata.creationTimestamp - a.metadata.creationTimestamp,
  )[0];
  return newest === undefined ? 0 : countPods(newest, context, () => true);
}
