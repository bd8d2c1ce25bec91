// The kubelet of a node: keeps its chains, gives every pod bound to its node a sandbox wired by the network plugin, starts what the
// pod serves, and reports addresses. Twin: pkg/kubelet (syncPod, network_linux).

import { internalIP } from "@kubehop/kube";
import type { ObjectStore, Pod } from "@kubehop/kube";
import { NetNamespace } from "@kubehop/netstack";
import type { Agent, KernelFlavour, World } from "@kubehop/netstack";
import type { Door } from "../node/ensure.ts";
import { ensureAll } from "../node/ensure.ts";
import { kubeletRules } from "./chains.ts";
import type { PodNetwork, SandboxRequest } from "./pod-network.ts";

export interface KubeletOptions {
  readonly world: World;
  readonly store: ObjectStore;
  readonly node: string;
  /** The node's own namespace, for hostNetwork pods. */
  readonly nodeNs: NetNamespace;
  readonly door: Door;
  /** Minor of Kubernetes 1.x. */
  readonly minor: number;
  readonly flavour: KernelFlavour;
  readonly network: PodNetwork;
  /** What a document fixes about a pod's wiring. */
  readonly pins: (pod: Pod) => SandboxRequest["pins"];
  /** Starts what the pod serves in its sandbox; the function returned stops it. */
  readonly serve: (pod: Pod, ns: NetNamespace) => () => void;
}

interface RunningPod {
  readonly request: SandboxRequest | undefined;
  readonly stopServing: () => void;
}

export class Kubelet implements Agent {
  readonly name = "kubelet";
  /** Pods the plugin refused, by namespace/name: its words, as `kubectl describe pod` shows them under Events. */
  readonly failures = new Map<string, string>();
  readonly #options: KubeletOptions;
  readonly #running = new Map<string, RunningPod>();
  #unwatch: (() => void) | null = null;

  constructor(options: KubeletOptions) {
    this.#options = options;
  }

  start(): void {
    const { door, minor, store, node } = this.#options;
    ensureAll(door, this.name, kubeletRules(minor));
    this.#unwatch = store.watch("Pod", (event) => {
      if (event.type === "deleted") this.#stopPod(event.object);
      else this.#syncPod(event.object);
    });
    for (const pod of store.list("Pod")) if (pod.spec.nodeName === node) this.#syncPod(pod);
  }

  stop(): void {
    this.#unwatch?.();
    this.#unwatch = null;
  }

  /** The sandbox of a pod of this node; undefined until it runs. */
  sandboxOf(pod: Pod): NetNamespace | undefined {
    if (!this.#running.has(pod.metadata.uid)) return undefined;
    return this.#running.get(pod.metadata.uid)?.request?.ns ?? this.#options.nodeNs;
  }

  #syncPod(pod: Pod): void {
    if (pod.spec.nodeName !== this.#options.node) return;
    if (pod.metadata.deletionTimestamp !== undefined) this.#terminate(pod);
    else if (!this.#running.has(pod.metadata.uid)) this.#startPod(pod);
  }

  #startPod(pod: Pod): void {
    const { uid, namespace, name } = pod.metadata;
    const request = pod.spec.hostNetwork ? undefined : this.#sandbox(pod);
    const ip = request === undefined ? this.#nodeIP() : this.#wire(pod, request);
    if (ip === undefined) return;
    const stopServing = this.#options.serve(pod, request?.ns ?? this.#options.nodeNs);
    this.#running.set(uid, { request, stopServing });
    this.#options.store.update("Pod", namespace, name, (draft) => {
      Object.assign(draft.status, { phase: "Running", podIP: ip, hostIP: this.#nodeIP(), ready: true });
    });
  }

  #sandbox(pod: Pod): SandboxRequest {
    const { world, flavour, pins } = this.#options;
    const { uid, namespace, name } = pod.metadata;
    return { id: uid, namespace, name, ns: new NetNamespace(world, `${namespace}/${name}`, flavour), pins: pins(pod) };
  }

  /** Undefined when the plugin refused: the pod stays Pending, as ContainerCreating does. */
  #wire(pod: Pod, request: SandboxRequest): string | undefined {
    const key = `${pod.metadata.namespace}/${pod.metadata.name}`;
    try {
      const { ip } = this.#options.network.add(request);
      this.failures.delete(key);
      return ip;
    } catch (error) {
      this.failures.set(
        key,
        `failed to set up sandbox container network: ${error instanceof Error ? error.message : String(error)}`,
      );
      this.#options.world.namespaces.delete(request.ns.name);
      return undefined;
    }
  }

  #terminate(pod: Pod): void {
    this.#stopPod(pod);
    this.#options.store.delete("Pod", pod.metadata.namespace, pod.metadata.name);
  }

  #stopPod(pod: Pod): void {
    const running = this.#running.get(pod.metadata.uid);
    if (running === undefined) return;
    this.#running.delete(pod.metadata.uid);
    running.stopServing();
    if (running.request === undefined) return;
    this.#options.network.del(running.request);
    this.#options.world.namespaces.delete(running.request.ns.name);
  }

  #nodeIP(): string | undefined {
    const node = this.#options.store.get("Node", "", this.#options.node);
    return node === undefined ? undefined : internalIP(node);
  }
}
