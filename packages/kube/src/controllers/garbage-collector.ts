// What goes when something else is gone: objects whose owner was deleted, everything in a deleted namespace, pods of a
// deleted node. Twin: pkg/controller/garbagecollector with background propagation.
import { type Kind, KIND_NAMES, KINDS } from "../api/kinds.ts";
import type { KubeObject } from "../api/kinds.ts";
import type { Controller, ControllerContext } from "./context.ts";
import { deletePod } from "./pod-lifecycle.ts";

export class GarbageCollector implements Controller {
  readonly name = "garbage-collector";
  readonly #context: ControllerContext;
  #gone: KubeObject[] = [];

  constructor(context: ControllerContext) {
    this.#context = context;
    context.store.watch("*", ({ type, object }) => {
      if (type === "deleted" && object.kind !== "EndpointSlice" && object.kind !== "Endpoints") this.#gone.push(object);
    });
  }

  get pending(): boolean {
    return this.#gone.length > 0;
  }

  sync(): void {
    const gone = this.#gone;
    this.#gone = [];
    for (const object of gone) {
      if (object.kind === "Namespace") this.#emptyNamespace(object.metadata.name);
      else if (object.kind === "Node") this.#removeAll(this.#context.pods.onNode(object.metadata.name), true);
      else this.#removeAll(this.#dependents(object), false);
    }
  }

  #dependents(owner: KubeObject): KubeObject[] {
    const { uid, namespace } = owner.metadata;
    if (owner.kind === "Pod" || owner.kind === "Service") return [];
    if (owner.kind !== "Deployment") return this.#context.pods.ownedBy(uid);
    const sets = this.#context.store.list("ReplicaSet", { namespace });
    return sets.filter((set) => set.metadata.ownerReferences.some((reference) => reference.uid === uid));
  }

  /** @param hard without waiting for a kubelet, which is gone with its node */
  #removeAll(objects: readonly KubeObject[], hard: boolean): void {
    const { store, now } = this.#context;
    for (const object of objects) {
      if (object.kind === "Pod" && !hard) deletePod(store, object, now());
      else store.delete(object.kind as Kind, object.metadata.namespace, object.metadata.name);
    }
  }

  #emptyNamespace(namespace: string): void {
    for (const kind of KIND_NAMES) {
      if (KINDS[kind].namespaced) this.#removeAll([...this.#context.store.list(kind, { namespace })], false);
    }
  }
}
