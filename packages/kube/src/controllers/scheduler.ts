// Chooses nodes: a pin, else among the nodes that fit the one with fewest pods of the same workload, then fewest pods,
// then the oldest node. Simpler than the real scoring, and always the same.
import type { Labels } from "../api/meta.ts";
import type { Node, Taint } from "../api/node.ts";
import type { Pod, Toleration } from "../api/pod.ts";
import { type Controller, type ControllerContext, WorkQueue } from "./context.ts";
import { controllerOf, isActive } from "./pod-index.ts";

export class Scheduler implements Controller {
  readonly name = "scheduler";
  readonly #context: ControllerContext;
  readonly #queue = new WorkQueue();
  /** Nodes in order of arrival. */
  readonly #nodes: string[] = [];
  /** Active pods by {@link siblingKey}. */
  readonly #siblings = new Map<string, number>();

  constructor(context: ControllerContext) {
    this.#context = context;
    context.store.watch("Pod", ({ type, object, old }) => {
      this.#count(type === "deleted" ? object : old, -1);
      if (type !== "deleted") this.#count(object, 1);
      if (type !== "deleted" && needsNode(object)) this.#queue.add(object.metadata.namespace, object.metadata.name);
    });
    context.store.watch("Node", ({ type, object }) => {
      if (type === "added") this.#nodes.push(object.metadata.name);
      if (type === "deleted") this.#nodes.splice(this.#nodes.indexOf(object.metadata.name), 1);
      else this.#retryAll();
    });
  }

  get pending(): boolean {
    return this.#queue.pending;
  }

  sync(): void {
    this.#queue.drain((namespace, name) => {
      const pod = this.#context.store.get("Pod", namespace, name);
      const node = pod !== undefined && needsNode(pod) ? this.#choose(pod) : undefined;
      if (node === undefined) return;
      this.#context.store.update("Pod", namespace, name, (draft) => {
        draft.spec.nodeName = node;
      });
    });
  }

  /** A new or changed node may take pods that found no place. */
  #retryAll(): void {
    for (const pod of this.#context.store.list("Pod")) {
      if (needsNode(pod)) this.#queue.add(pod.metadata.namespace, pod.metadata.name);
    }
  }

  #choose(pod: Pod): string | undefined {
    const identity = this.#context.identities.of(pod);
    const pinned = identity && this.#context.pins.place(identity);
    if (pinned !== undefined) return this.#nodes.includes(pinned) ? pinned : undefined;
    let best: { name: string; rank: number } | undefined;
    for (const name of this.#nodes) {
      const node = this.#context.store.get("Node", "", name);
      if (node === undefined || !isFeasible(pod, node)) continue;
      const rank = this.#rank(pod, name);
      if (best === undefined || rank < best.rank) best = { name, rank };
    }
    return best?.name;
  }

  /** Siblings weigh more than any number of other pods. */
  #rank(pod: Pod, node: string): number {
    return (this.#siblings.get(siblingKey(pod, node)) ?? 0) * 1e6 + this.#context.pods.countOnNode(node);
  }

  #count(pod: Pod | undefined, step: 1 | -1): void {
    if (pod?.spec.nodeName === undefined || !isActive(pod)) return;
    const key = siblingKey(pod, pod.spec.nodeName);
    this.#siblings.set(key, (this.#siblings.get(key) ?? 0) + step);
  }
}

/** Pods of one ReplicaSet on one node; a bare pod has no siblings. */
function siblingKey(pod: Pod, node: string): string {
  return `${controllerOf(pod)?.uid ?? pod.metadata.uid} ${node}`;
}

function needsNode(pod: Pod): boolean {
  return pod.spec.nodeName === undefined && isActive(pod);
}

function isFeasible(pod: Pod, node: Node): boolean {
  const { nodeSelector, tolerations } = pod.spec;
  return (
    node.status.ready &&
    !node.spec.unschedulable &&
    nodeSelectorFits(nodeSelector, node) &&
    toleratesNode(tolerations, node)
  );
}

/** True when the node carries all labels asked for. */
export function nodeSelectorFits(selector: Labels, node: Node): boolean {
  return Object.entries(selector).every(([key, value]) => node.metadata.labels[key] === value);
}

/** True when every taint that keeps pods away is tolerated; PreferNoSchedule only asks. */
export function toleratesNode(tolerations: readonly Toleration[], node: Node): boolean {
  return node.spec.taints.every(
    (taint) => taint.effect === "PreferNoSchedule" || tolerations.some((t) => tolerates(t, taint)),
  );
}

/** An empty key with Exists tolerates everything, an empty effect all effects. */
function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect !== undefined && toleration.effect !== taint.effect) return false;
  if (toleration.operator === "Exists")
    return toleration.key === undefined || toleration.key === "" || toleration.key === taint.key;
  return toleration.key === taint.key && (toleration.value ?? "") === (taint.value ?? "");
}
