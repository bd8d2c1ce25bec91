// The kubelet of a node: keeps its chains, gives every pod bound to its node a sandbox wired by the network plugin, starts what the
// pod serves, and reports addresses. Containers start and stop in no time, and are ready when they run. Twin: pkg/kubelet (syncPod,
// pod_workers.go, kubelet_network_linux.go).

import { internalIP } from "@kubehop/kube";
import type { Pod, PodStatus, StoreClient } from "@kubehop/kube";
import { destroyNetns, NetNamespace, openDoor, SockError } from "@kubehop/netstack";
import type { Agent, Door, KernelFlavour, World } from "@kubehop/netstack";
import type { Timers } from "@kubehop/sim";
import { ensureAll, NodeRefusal } from "../node/ensure.ts";
import { kubeletRules } from "./chains.ts";
import type { PodNetwork, SandboxRequest } from "./pod-network.ts";
import { Retries } from "./retries.ts";

export interface KubeletOptions {
  readonly world: World;
  readonly store: StoreClient;
  readonly clock: Timers;
  readonly node: string;
  /** The node's own namespace, for hostNetwork pods. */
  readonly nodeNs: NetNamespace;
  readonly door: Door;
  /** Minor of Kubernetes 1.x. */
  readonly minor: number;
  /** The node's iptables knows --random-fully. */
  readonly randomFully: boolean;
  readonly flavour: KernelFlavour;
  readonly network: PodNetwork;
  /** What a document fixes about a pod's wiring. */
  readonly pins: (pod: Pod) => SandboxRequest["pins"];
  /** Starts what the pod serves in its sandbox; the function returned stops it. @throws SockError when a port is taken */
  readonly serve: (pod: Pod, ns: NetNamespace) => () => void;
  /** Hears of every pod that has ended: its sandbox is no more. */
  readonly onGone: (pod: Pod) => void;
}

/** What RunPodSandbox has made. The network plugin sees the request alone. */
interface Sandbox {
  readonly request: SandboxRequest;
  readonly ns: NetNamespace;
}

/** A pod with a network. */
interface RunningPod {
  readonly pod: Pod;
  /** Undefined: it uses the node's network. */
  readonly sandbox: Sandbox | undefined;
  stopServing: () => void;
}

export class Kubelet implements Agent {
  readonly name = "kubelet";
  /** Pods that could not be started, by namespace/name: why, as `kubectl describe pod` shows it under Events. */
  readonly failures = new Map<string, string>();
  readonly #options: KubeletOptions;
  /** By uid. */
  readonly #running = new Map<string, RunningPod>();
  readonly #retries: Retries;
  #unwatch: (() => void) | null = null;

  constructor(options: KubeletOptions) {
    this.#options = options;
    this.#retries = new Retries(options.clock, options.world.random.fork(`kubelet retries ${options.node}`));
  }

  start(): void {
    const { door, minor, randomFully, store } = this.#options;
    ensureAll(door, this.name, kubeletRules(minor, randomFully));
    this.#unwatch = store.watch("Pod", (event) => {
      if (event.type === "deleted") this.#stopPod(event.object);
      else this.#syncPod(event.object);
    });
    for (const { pod } of this.#running.values()) if (!this.#exists(pod)) this.#stopPod(pod);
    for (const pod of store.list("Pod")) this.#syncPod(pod);
  }

  /** Pods go on without their kubelet; when it starts anew it finds them again, as its runtime remembers them. */
  stop(): void {
    this.#unwatch?.();
    this.#unwatch = null;
    this.#retries.clear();
  }

  /** The namespace a pod of this node runs in; undefined until it runs. */
  sandboxOf(pod: Pod): NetNamespace | undefined {
    const running = this.#running.get(pod.metadata.uid);
    return running === undefined ? undefined : (running.sandbox?.ns ?? this.#options.nodeNs);
  }

  #syncPod(pod: Pod): void {
    const { uid, deletionTimestamp } = pod.metadata;
    if (pod.spec.nodeName !== this.#options.node) return;
    if (deletionTimestamp !== undefined) this.#terminate(pod);
    else if (!this.#running.has(uid) && this.#retries.attempts(uid) === 0) this.#startPod(pod);
  }

  /** Sandbox, network, containers. */
  #startPod(pod: Pod): void {
    const sandbox = pod.spec.hostNetwork ? undefined : this.#sandbox(pod);
    const ip = sandbox === undefined ? this.#nodeIP() : this.#wire(pod, sandbox);
    if (ip === undefined) return;
    this.#retries.forget(pod.metadata.uid);
    this.#running.set(pod.metadata.uid, { pod, sandbox, stopServing: () => undefined });
    this.#startContainers(pod, { phase: "Running", podIP: ip, ...this.#hostIP() });
  }

  #startContainers(pod: Pod, status: Partial<PodStatus>): void {
    const { uid } = pod.metadata;
    const running = this.#running.get(uid);
    if (running === undefined) return;
    try {
      running.stopServing = this.#options.serve(pod, running.sandbox?.ns ?? this.#options.nodeNs);
    } catch (error) {
      if (!(error instanceof SockError)) throw error;
      this.failures.set(keyOf(pod), `Back-off restarting failed container: ${error.message}`);
      this.#report(pod, { ...status, ready: false, restarts: this.#retries.attempts(uid) });
      this.#retries.later(uid, "crash", () => this.#startContainers(pod, status));
      return;
    }
    this.failures.delete(keyOf(pod));
    this.#report(pod, { ...status, ready: true, restarts: this.#retries.attempts(uid) });
  }

  /** Each try has a sandbox of its own. */
  #sandbox(pod: Pod): Sandbox {
    const { world, flavour, pins } = this.#options;
    const { uid, namespace, name } = pod.metadata;
    const attempts = this.#retries.attempts(uid);
    const id = attempts === 0 ? uid : `${uid}.${attempts}`;
    const ns = new NetNamespace(world, keyOf(pod), flavour);
    return { request: { id, namespace, name, door: openDoor(ns), pins: pins(pod) }, ns };
  }

  /** The pod's address. Undefined when the plugin refused: the pod stays Pending (ContainerCreating) until a later try. */
  #wire(pod: Pod, sandbox: Sandbox): string | undefined {
    const { uid, namespace, name } = pod.metadata;
    try {
      return this.#options.network.add(sandbox.request).ip;
    } catch (error) {
      if (!(error instanceof NodeRefusal)) throw error;
      this.failures.set(keyOf(pod), `Failed to create pod sandbox: failed to set up network: ${error.message}`);
      this.#removeSandbox(sandbox);
      this.#retries.later(uid, "sandbox", () => {
        const now = this.#options.store.get("Pod", namespace, name);
        if (now?.metadata.uid === uid) this.#startPod(now);
      });
      return undefined;
    }
  }

  /** News may be old: nobody waits any more for the status of a pod that was deleted. */
  #report(pod: Pod, status: Partial<PodStatus>): void {
    if (!this.#exists(pod)) return;
    this.#options.store.update("Pod", pod.metadata.namespace, pod.metadata.name, (draft) => {
      Object.assign(draft.status, status);
    });
  }

  #exists({ metadata: { uid, namespace, name } }: Pod): boolean {
    return this.#options.store.get("Pod", namespace, name)?.metadata.uid === uid;
  }

  #terminate(pod: Pod): void {
    this.#stopPod(pod);
    if (!this.#exists(pod)) return;
    this.#options.store.delete("Pod", pod.metadata.namespace, pod.metadata.name);
  }

  /** Containers end and close their connections, then the sandbox goes. */
  #stopPod(pod: Pod): void {
    const { uid } = pod.metadata;
    this.#retries.forget(uid);
    if (pod.spec.nodeName === this.#options.node) this.failures.delete(keyOf(pod));
    const running = this.#running.get(uid);
    if (running === undefined) return;
    this.#running.delete(uid);
    running.stopServing();
    if (running.sandbox !== undefined) this.#removeSandbox(running.sandbox);
    this.#options.onGone(pod);
  }

  #removeSandbox({ request, ns }: Sandbox): void {
    this.#options.network.del(request);
    destroyNetns(ns);
  }

  #hostIP(): Partial<PodStatus> {
    const hostIP = this.#nodeIP();
    return hostIP === undefined ? {} : { hostIP };
  }

  #nodeIP(): string | undefined {
    const node = this.#options.store.get("Node", "", this.#options.node);
    return node === undefined ? undefined : internalIP(node);
  }
}

/** Name of a pod's sandbox. */
function keyOf(pod: Pod): string {
  return `${pod.metadata.namespace}/${pod.metadata.name}`;
}
