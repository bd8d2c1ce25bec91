// DaemonSets: one pod on every node that fits. Twin: pkg/controller/daemon/daemon_controller.go.
import type { DaemonSet } from "../api/daemon-set.ts";
import type { Node } from "../api/node.ts";
import type { Pod, Toleration } from "../api/pod.ts";
import { type Controller, type ControllerContext, WorkQueue } from "./context.ts";
import { share } from "./deployment.ts";
import { makePod } from "./make-pod.ts";
import { templateHash } from "./names.ts";
import { controllerOf, isActive } from "./pod-index.ts";
import { deletePod } from "./pod-lifecycle.ts";
import { toleratesNode, nodeSelectorFits } from "./scheduler.ts";

const REVISION_LABEL = "controller-revision-hash";

/** What a DaemonSet's pods tolerate without saying so (AddOrUpdateDaemonPodTolerations). */
const DAEMON_TOLERATIONS: readonly Toleration[] = [
  "node.kubernetes.io/not-ready",
  "node.kubernetes.io/unreachable",
  "node.kubernetes.io/disk-pressure",
  "node.kubernetes.io/memory-pressure",
  "node.kubernetes.io/pid-pressure",
  "node.kubernetes.io/unschedulable",
  "node.kubernetes.io/network-unavailable",
].map((key) => ({ key, operator: "Exists" }));

export class DaemonSetController implements Controller {
  readonly name = "daemonset";
  readonly #context: ControllerContext;
  readonly #queue = new WorkQueue();

  constructor(context: ControllerContext) {
    this.#context = context;
    context.store.watch("DaemonSet", ({ object }) => this.#queue.add(object.metadata.namespace, object.metadata.name));
    context.store.watch("Node", () => {
      for (const { metadata } of context.store.list("DaemonSet")) this.#queue.add(metadata.namespace, metadata.name);
    });
    context.store.watch("Pod", ({ object }) => {
      const owner = controllerOf(object);
      if (owner?.kind === "DaemonSet") this.#queue.add(object.metadata.namespace, owner.name);
    });
  }

  get pending(): boolean {
    return this.#queue.pending;
  }

  sync(): void {
    this.#queue.drain((namespace, name) => {
      const set = this.#context.store.get("DaemonSet", namespace, name);
      if (set !== undefined) this.#syncOne(set);
    });
  }

  #syncOne(set: DaemonSet): void {
    const { store, pods, now } = this.#context;
    const active = pods.ownedBy(set.metadata.uid).filter((pod) => isActive(pod));
    const hash = templateHash(set.spec.template);
    for (const node of store.list("Node")) {
      const here = active.filter((pod) => pod.spec.nodeName === node.metadata.name);
      const wanted = fits(set, node);
      if (wanted && here.length === 0)
        makePod(this.#context, set, { nodeName: node.metadata.name, labels: { [REVISION_LABEL]: hash } });
      for (const pod of here.slice(wanted ? 1 : 0)) deletePod(store, pod, now());
    }
    this.#rollOn(set, active, hash);
  }

  /** Pods of an older template go while no more than maxUnavailable are away. */
  #rollOn(set: DaemonSet, active: readonly Pod[], hash: string): void {
    const { type, rollingUpdate } = set.spec.updateStrategy;
    if (type === "OnDelete") return;
    const nodes = this.#context.store.list("Node").filter((node) => fits(set, node)).length;
    const limit = Math.max(1, Math.ceil(share(rollingUpdate?.maxUnavailable ?? 1, nodes)));
    const away = nodes - active.filter((pod) => pod.status.ready).length;
    const old = active.filter((pod) => pod.metadata.labels[REVISION_LABEL] !== hash);
    // An unready old pod is away already: taking it costs nothing.
    const free = old.filter((pod) => !pod.status.ready);
    const next = old.filter((pod) => pod.status.ready).slice(0, Math.max(0, limit - away));
    for (const pod of [...free, ...next]) deletePod(this.#context.store, pod, this.#context.now());
  }
}

function fits(set: DaemonSet, node: Node): boolean {
  const { nodeName, nodeSelector, tolerations } = set.spec.template.spec;
  if (nodeName !== undefined && nodeName !== node.metadata.name) return false;
  return nodeSelectorFits(nodeSelector, node) && toleratesNode([...DAEMON_TOLERATIONS, ...tolerations], node);
}
