// All kinds, and the kinds we know by name only.
import type { DaemonSet } from "./daemon-set.ts";
import { daemonSetKind } from "./daemon-set.ts";
import { type Deployment, deploymentKind } from "./deployment.ts";
import { type EndpointSlice, endpointSliceKind } from "./endpoint-slice.ts";
import { type Endpoints, endpointsKind } from "./endpoints.ts";
import type { KindDefinition } from "./kind.ts";
import { type Namespace, namespaceKind } from "./namespace.ts";
import { type Node, nodeKind } from "./node.ts";
import { type Pod, podKind } from "./pod.ts";
import { type ReplicaSet, replicaSetKind } from "./replica-set.ts";
import { type ReplicationController, replicationControllerKind } from "./replication-controller.ts";
import { type Service, serviceKind } from "./service.ts";
import { type StatefulSet, statefulSetKind } from "./stateful-set.ts";

/** Types of the objects by kind. */
export interface KindMap {
  Namespace: Namespace;
  Node: Node;
  Pod: Pod;
  ReplicationController: ReplicationController;
  ReplicaSet: ReplicaSet;
  Deployment: Deployment;
  DaemonSet: DaemonSet;
  StatefulSet: StatefulSet;
  Service: Service;
  Endpoints: Endpoints;
  EndpointSlice: EndpointSlice;
}

export type Kind = keyof KindMap;

/** Any API object. */
export type KubeObject = KindMap[Kind];

/** Definitions by kind. */
export const KINDS: { readonly [K in Kind]: KindDefinition<KindMap[K]> } = {
  Namespace: namespaceKind,
  Node: nodeKind,
  Pod: podKind,
  ReplicationController: replicationControllerKind,
  ReplicaSet: replicaSetKind,
  Deployment: deploymentKind,
  DaemonSet: daemonSetKind,
  StatefulSet: statefulSetKind,
  Service: serviceKind,
  Endpoints: endpointsKind,
  EndpointSlice: endpointSliceKind,
};

export const KIND_NAMES: readonly Kind[] = Object.keys(KINDS) as Kind[];

/** Kinds without effect on the network: accepted and reported as ignored. */
export const IGNORED_KINDS: readonly string[] = [
  "ConfigMap",
  "Secret",
  "ServiceAccount",
  "Role",
  "RoleBinding",
  "ClusterRole",
  "ClusterRoleBinding",
  "PersistentVolume",
  "PersistentVolumeClaim",
  "StorageClass",
  "PodDisruptionBudget",
  "PriorityClass",
  "LimitRange",
  "ResourceQuota",
  "PodSecurityPolicy",
  "Event",
  "Lease",
  "ControllerRevision",
];

/** Kinds that would change the network (or make pods) and are not modelled. */
export const REFUSED_KINDS: Readonly<Record<string, string>> = {
  NetworkPolicy: "packets would be filtered by it",
  Ingress: "ingress controllers",
  IngressClass: "ingress controllers",
  Gateway: "gateway controllers",
  HTTPRoute: "gateway controllers",
  Job: "pods that end",
  CronJob: "pods that end",
  HorizontalPodAutoscaler: "replicas that follow the load",
  CustomResourceDefinition: "kinds of your own",
};

/** Finds a kind by what people type at kubectl: kind, plural, singular or short name, in any case; `deploy.apps` too. */
export function kindFromWord(word: string): Kind | undefined {
  const wanted = word.toLowerCase().replace(/\..*$/, "");
  return KIND_NAMES.find((kind) => {
    const { plural, shortNames } = KINDS[kind];
    return kind.toLowerCase() === wanted || plural === wanted || shortNames.includes(wanted);
  });
}
