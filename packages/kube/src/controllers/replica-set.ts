// Keeps the number of pods of ReplicaSets and ReplicationControllers. Twin: pkg/controller/replicaset/replica_set.go.
import type { LabelSelector } from "../api/meta.ts";
import type { Pod } from "../api/pod.ts";
import type { ReplicaSet } from "../api/replica-set.ts";
import type { ReplicationController } from "../api/replication-controller.ts";
import { matchesSelector } from "../api/selector.ts";
import { type Controller, type ControllerContext, WorkQueue } from "./context.ts";
import { makePod, ownerReference } from "./make-pod.ts";
import { controllerOf, isActive } from "./pod-index.ts";
import { deletePod, deletionOrder } from "./pod-lifecycle.ts";

type Replicated = ReplicaSet | ReplicationController;

export class ReplicaSetController implements Controller {
  readonly name = "replicaset";
  readonly #context: ControllerContext;
  readonly #queues = { ReplicaSet: new WorkQueue(), ReplicationController: new WorkQueue() };

  constructor(context: ControllerContext) {
    this.#context = context;
    for (const kind of ["ReplicaSet", "ReplicationController"] as const) {
      context.store.watch(kind, ({ object }) =>
        this.#queues[kind].add(object.metadata.namespace, object.metadata.name),
      );
    }
    context.store.watch("Pod", ({ object }) => this.#enqueueOwner(object));
  }

  get pending(): boolean {
    return this.#queues.ReplicaSet.pending || this.#queues.ReplicationController.pending;
  }

  sync(): void {
    for (const kind of ["ReplicaSet", "ReplicationController"] as const) {
      this.#queues[kind].drain((namespace, name) => {
        const set = this.#context.store.get(kind, namespace, name);
        if (set !== undefined) this.#syncOne(set);
      });
    }
  }

  #enqueueOwner(pod: Pod): void {
    const owner = controllerOf(pod);
    if (owner?.kind === "ReplicaSet" || owner?.kind === "ReplicationController") {
      this.#queues[owner.kind].add(pod.metadata.namespace, owner.name);
    }
  }

  #syncOne(set: Replicated): void {
    this.#adopt(set);
    const active = this.#context.pods.ownedBy(set.metadata.uid).filter((pod) => isActive(pod));
    const missing = set.spec.replicas - active.length;
    for (let i = 0; i < missing; i++) makePod(this.#context, set);
    const surplus = deletionOrder(active).slice(0, Math.max(0, -missing));
    for (const pod of surplus) deletePod(this.#context.store, pod, this.#context.now());
  }

  /** Pods that match and belong to nobody become the set's own, as upstream's ControllerRefManager claims them. */
  #adopt(set: Replicated): void {
    const selector = selectorOf(set);
    for (const pod of this.#context.pods.orphans(set.metadata.namespace)) {
      if (!isActive(pod) || !matchesSelector(selector, pod.metadata.labels)) continue;
      this.#context.store.update("Pod", pod.metadata.namespace, pod.metadata.name, (draft) => {
        draft.metadata.ownerReferences = [ownerReference(set)];
      });
    }
  }
}

function selectorOf(set: Replicated): LabelSelector {
  return set.kind === "ReplicaSet" ? set.spec.selector : { matchLabels: set.spec.selector };
}
