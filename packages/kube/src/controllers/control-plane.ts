// The control plane of one cluster: store, controllers and the requests that people and kubelets make.
// Nothing runs by itself: after requests, `reconcile()` works the controllers off until nothing is left to do.
import type { Random } from "@kubehop/sim";
import { type Cidr, formatIPv4, parseCidr } from "../api/address.ts";
import type { ApiSettings } from "../api/kind.ts";
import { type Kind, KINDS, type KubeObject } from "../api/kinds.ts";
import type { ObjectMeta } from "../api/meta.ts";
import { internalIP, type NodeInput } from "../api/node.ts";
import type { Pod, PodStatus } from "../api/pod.ts";
import type { SourcePosition } from "../diagnostics/source-text.ts";
import type { Path } from "../diagnostics/yaml-source.ts";
import { applyDefaults, cloneJson } from "../manifest/defaulting.ts";
import type { LoadedObject } from "../manifest/load.ts";
import { ApiError } from "../store/api-error.ts";
import { equalJson } from "../store/equal.ts";
import { threeWayMerge } from "../store/merge.ts";
import { ObjectStore } from "../store/store.ts";
import type { Controller, ControllerContext, ControllerName } from "./context.ts";
import { DaemonSetController } from "./daemon-set.ts";
import { DeploymentController } from "./deployment.ts";
import { EndpointsController } from "./endpoints.ts";
import { GarbageCollector } from "./garbage-collector.ts";
import { formatIdentity, Identities, type PodLookup } from "./identities.ts";
import { canonicalJson } from "./names.ts";
import { NodeIpam } from "./node-ipam.ts";
import { type PinOptions, PinTable } from "./pins.ts";
import { MAX_PODS } from "../api/workload.ts";
import { tooManyPods } from "./pod-limit.ts";
import { PodIndex } from "./pod-index.ts";
import { deletePod } from "./pod-lifecycle.ts";
import { ReplicaSetController } from "./replica-set.ts";
import { Scheduler } from "./scheduler.ts";
import { keepAllocated, ServiceAllocator } from "./service-allocator.ts";
import { StatefulSetController } from "./stateful-set.ts";

export interface ControlPlaneOptions {
  /** Chance for names, ClusterIPs and node ports; forked by name, so one object does not move another. */
  readonly random: Random;
  /** Virtual milliseconds. */
  readonly now: () => number;
  /** Default 10.96.0.0/12 and 30000–32767. */
  readonly settings?: Partial<ApiSettings>;
  /** The cluster's pod network, shared out to nodes without a podCIDR. */
  readonly clusterCIDR?: Cidr;
  /** Prefix length of a node's share; default 24. */
  readonly nodeMask?: number;
  readonly pins?: PinOptions;
  /** When the endpoints controller looks at a change that it is told; default at once. */
  readonly endpointsLater?: (look: () => void) => void;
}

/** What `kubectl apply` says it did. */
export type ApplyResult = "created" | "configured" | "unchanged";

/** Rounds of reconciliation after which the controllers are taken to work against each other. */
const MAX_ROUNDS = 10_000;

export class ControlPlane {
  readonly store: ObjectStore;
  readonly settings: ApiSettings;
  readonly controllers: readonly Controller[];
  readonly #context: ControllerContext;
  readonly #allocator: ServiceAllocator;
  /** Manifest of the last apply by uid: what kubectl keeps in the last-applied-configuration annotation. */
  readonly #applied = new Map<string, unknown>();

  constructor(options: ControlPlaneOptions) {
    const { random, now, settings, clusterCIDR, nodeMask = 24, pins = {} } = options;
    const fallback = parseCidr("10.96.0.0/12") ?? { base: 0, prefix: 0 };
    this.settings = { serviceCIDR: fallback, nodePortRange: [30000, 32767], ...settings };
    this.store = new ObjectStore({ random, now });
    this.#context = {
      store: this.store,
      random,
      now,
      settings: this.settings,
      pods: new PodIndex(this.store),
      identities: new Identities(),
      pins: new PinTable(pins),
    };
    this.#allocator = new ServiceAllocator(this.#context);
    this.controllers = [
      new GarbageCollector(this.#context),
      new NodeIpam(this.#context, clusterCIDR === undefined ? { nodeMask } : { clusterCIDR, nodeMask }),
      this.#allocator,
      new DeploymentController(this.#context),
      new ReplicaSetController(this.#context),
      new DaemonSetController(this.#context),
      new StatefulSetController(this.#context),
      new Scheduler(this.#context),
      new EndpointsController(this.#context, options.endpointsLater ?? ((look) => look())),
    ];
    for (const namespace of ["default", "kube-system"]) this.ensureNamespace(namespace);
  }

  /** Runs the controllers (all, or only those named) until they have nothing left to do. */
  reconcile(only?: readonly ControllerName[]): void {
    const running = only === undefined ? this.controllers : this.controllers.filter((c) => only.includes(c.name));
    for (let round = 0; running.some((controller) => controller.pending); round++) {
      if (round === MAX_ROUNDS)
        throw new Error(
          `controllers do not settle: ${running
            .filter((c) => c.pending)
            .map((c) => c.name)
            .join(", ")}`,
        );
      for (const controller of running) if (controller.pending) controller.sync();
    }
  }

  /** Creates or changes one object as `kubectl apply -f` does. ClusterIPs are there when it returns. @throws ApiError */
  apply(loaded: LoadedObject): ApplyResult {
    const [result] = this.applyAll([loaded]);
    return result ?? "unchanged";
  }

  /** Applies objects in order; what they fix is taken before anything is allocated. @throws ApiError */
  applyAll(loaded: readonly LoadedObject[]): ApplyResult[] {
    try {
      return loaded.map((one) => this.#applyOne(one));
    } finally {
      // Also after a refusal: what was applied before it stays, as with kubectl.
      this.#allocator.sync();
    }
  }

  /** Deletes an object; a running pod becomes Terminating until {@link finalizePod}. @throws ApiError NotFound */
  delete(kind: Kind, namespace: string, name: string): void {
    const object = this.store.require(kind, namespace, name);
    if (object.kind === "Pod") deletePod(this.store, object, this.#context.now());
    else this.store.delete(kind, namespace, name);
  }

  /** Makes a namespace unless it exists. */
  ensureNamespace(name: string): void {
    if (this.store.get("Namespace", "", name) !== undefined) return;
    this.store.create(applyDefaults("Namespace", { apiVersion: "v1", kind: "Namespace", metadata: { name } }).object);
  }

  /** Registers a node as its kubelet would. @throws ApiError AlreadyExists */
  addNode(input: NodeInput): void {
    const { name, ip, podCIDR, labels = {}, taints = [], kubeletVersion = "", roles = [] } = input;
    const roleLabels = Object.fromEntries(roles.map((role) => [`node-role.kubernetes.io/${role}`, ""]));
    const node = {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name, labels: { ...roleLabels, ...labels } },
      spec: { ...(podCIDR === undefined ? {} : { podCIDR }), taints },
      status: {
        addresses: [
          { type: "InternalIP", address: ip },
          { type: "Hostname", address: name },
        ],
        kubeletVersion,
      },
    };
    this.store.create(applyDefaults("Node", node).object);
  }

  /** A node's Ready condition. The pods of a lost node are unready too (node lifecycle controller, MarkPodsNotReady). */
  setNodeReady(name: string, ready: boolean): void {
    this.store.update("Node", "", name, (draft) => {
      draft.status.ready = ready;
    });
    if (ready) return;
    for (const { metadata } of this.#context.pods.onNode(name)) {
      this.setPodStatus(metadata.namespace, metadata.name, { ready: false });
    }
  }

  /** What a kubelet reports about a pod it runs. A pod on the host's network gets the node's address by itself. */
  setPodStatus(namespace: string, name: string, status: Partial<PodStatus>): Pod {
    return this.store.update("Pod", namespace, name, (draft) => {
      const node = this.store.get("Node", "", draft.spec.nodeName ?? "");
      const hostIP = node && internalIP(node);
      Object.assign(draft.status, hostIP === undefined ? {} : { hostIP }, status);
      if (draft.spec.hostNetwork && hostIP !== undefined) draft.status.podIP = hostIP;
    });
  }

  /** The kubelet has stopped a pod: it is gone. Does nothing when it was gone before. */
  finalizePod(namespace: string, name: string): void {
    this.store.delete("Pod", namespace, name);
  }

  /** `kubectl rollout restart`: a new template that differs only in the time. */
  rolloutRestart(kind: "Deployment" | "DaemonSet" | "StatefulSet", namespace: string, name: string): void {
    this.store.update(kind, namespace, name, (draft) => {
      draft.spec.template.metadata.annotations["kubectl.kubernetes.io/restartedAt"] = `${this.#context.now()}`;
    });
  }

  /** `kubectl scale`. @throws ApiError NotFound; Refusal for more pods than are modelled */
  scale(
    kind: "Deployment" | "ReplicaSet" | "ReplicationController" | "StatefulSet",
    namespace: string,
    name: string,
    replicas: number,
  ): void {
    if (replicas > MAX_PODS) throw tooManyPods(`${kind} ${namespace}/${name}`, replicas);
    this.store.update(kind, namespace, name, (draft) => {
      draft.spec.replicas = replicas;
    });
  }

  /**
   * The `default/kubernetes` Service and its hand-made endpoints, as the API server keeps them: the first address of the
   * service network, port 443, leading to the API servers.
   */
  ensureKubernetesService(apiServers: readonly string[], port = 6443): void {
    const labels = { component: "apiserver", provider: "kubernetes" };
    const clusterIP = formatIPv4(this.settings.serviceCIDR.base + 1);
    const name = "kubernetes";
    if (this.store.get("Service", "default", name) !== undefined) return;
    const ports = [{ name: "https", port: 443, targetPort: port, protocol: "TCP" }];
    this.store.create(
      applyDefaults("Service", {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name, labels },
        spec: { clusterIP, ports },
      }).object,
    );
    const subsets = [
      { addresses: apiServers.map((ip) => ({ ip })), ports: [{ name: "https", port, protocol: "TCP" }] },
    ];
    this.store.create(
      applyDefaults("Endpoints", { apiVersion: "v1", kind: "Endpoints", metadata: { name }, subsets }).object,
    );
  }

  /** Finds a pod by `deploy/echo#1`, `prod/export#3`, a short name where unique, or its own name. */
  resolvePod(reference: string): PodLookup {
    return this.#context.identities.resolve(
      reference,
      ({ namespace, name, uid }) => this.store.get("Pod", namespace, name)?.metadata.uid === uid,
    );
  }

  /** True when `reference` means this very pod now. */
  isMeant(reference: string, pod: Pod): boolean {
    return (
      this.#context.identities.mayMean(reference, pod) && this.resolvePod(reference).found?.uid === pod.metadata.uid
    );
  }

  /** `deploy/echo#1` for a pod. */
  referenceOf(pod: Pod): string | undefined {
    const identity = this.#context.identities.of(pod);
    return identity && formatIdentity(identity);
  }

  /** Pins that matched nothing so far, e.g. `place deploy/webb#1`. */
  unusedPins(): string[] {
    return this.#context.pins.unused();
  }

  /** Where a field of an object is written, see {@link ObjectStore.position}. */
  position(object: KubeObject, path: Path = []): SourcePosition | undefined {
    return this.store.position(object, path);
  }

  #applyOne(loaded: LoadedObject): ApplyResult {
    const { object, manifest, provenance } = loaded;
    const { namespace, name } = object.metadata;
    const kind = object.kind as Kind;
    const current = this.store.get(kind, namespace, name);
    if (current === undefined) {
      if (KINDS[kind].namespaced && this.store.get("Namespace", "", namespace) === undefined) {
        throw new ApiError("NotFound", `namespaces ${JSON.stringify(namespace)} not found`);
      }
      const created = this.#create(object, loaded);
      this.#applied.set(created.metadata.uid, manifest);
      return "created";
    }
    const merged = threeWayMerge(this.#applied.get(current.metadata.uid), manifest, current);
    const next = completed(kind, merged, current);
    if (next.kind === "Service" && current.kind === "Service") {
      keepAllocated(next, current);
      this.#allocator.check(next, current);
    }
    refuseSelectorChange(next, current);
    const stored = this.store.update(kind, namespace, name, (draft) => {
      Object.assign(draft, next);
    });
    this.store.setProvenance(stored, provenance);
    this.#applied.set(stored.metadata.uid, manifest);
    return stored === current ? "unchanged" : "configured";
  }

  #create(object: KubeObject, { provenance }: LoadedObject): KubeObject {
    if (object.kind === "Service") this.#allocator.check(object, undefined);
    const created = this.store.create(object, provenance);
    if (created.kind !== "Pod") return created;
    const { namespace, name } = created.metadata;
    this.#context.identities.record(this.#context.identities.next(namespace, "pod", name), created);
    return created;
  }
}

/** A merged manifest with defaults, keeping what the server manages. */
function completed(kind: Kind, merged: unknown, current: KubeObject): KubeObject {
  const { object } = applyDefaults(kind, merged);
  const { labels, annotations } = object.metadata;
  const metadata: ObjectMeta = { ...current.metadata, labels, annotations };
  const status: unknown = Reflect.get(current, "status");
  return Object.assign(cloneJson(object), { metadata }, status === undefined ? {} : { status });
}

/** Workloads' selectors are immutable in apps/v1: a changed one would orphan the pods. */
function refuseSelectorChange(next: KubeObject, current: KubeObject): void {
  if (!("template" in specOf(next)) || next.kind === "ReplicationController") return;
  const [a, b] = [next, current].map((object): unknown => Reflect.get(specOf(object), "selector"));
  if (equalJson(a, b)) return;
  throw new ApiError(
    "Invalid",
    `The ${next.kind} ${JSON.stringify(next.metadata.name)} is invalid: spec.selector: Invalid value: ${canonicalJson(a)}: field is immutable`,
  );
}

function specOf(object: KubeObject): object {
  return "spec" in object ? object.spec : {};
}
