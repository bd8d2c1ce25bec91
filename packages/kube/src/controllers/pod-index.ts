// Pods by owner, node and label, kept up to date by a watch: what the controllers' informers index.
import type { Labels } from "../api/meta.ts";
import type { Pod } from "../api/pod.ts";
import { matchesLabels } from "../api/selector.ts";
import type { ObjectStore } from "../store/store.ts";

type Bucket = Map<string, Pod>;

export class PodIndex {
  readonly #byOwner = new Map<string, Bucket>();
  readonly #byNode = new Map<string, Bucket>();
  readonly #byLabel = new Map<string, Bucket>();
  readonly #orphans = new Map<string, Bucket>();
  /** Order of creation by uid; buckets lose it when a pod moves. */
  readonly #sequence = new Map<string, number>();

  constructor(store: ObjectStore) {
    store.watch("Pod", ({ type, object, old }) => {
      if (type === "added") this.#sequence.set(object.metadata.uid, this.#sequence.size);
      if (old !== undefined) this.#remove(old);
      if (type === "deleted") this.#remove(object);
      else this.#add(object);
    });
  }

  /** Pods whose controller has this uid, in order of creation. */
  ownedBy(uid: string): Pod[] {
    return this.#inOrder(this.#byOwner.get(uid));
  }

  /** Pods of a namespace that no controller owns, in order of creation. */
  orphans(namespace: string): Pod[] {
    return this.#inOrder(this.#orphans.get(namespace));
  }

  onNode(name: string): Pod[] {
    return this.#inOrder(this.#byNode.get(name));
  }

  countOnNode(name: string): number {
    return this.#byNode.get(name)?.size ?? 0;
  }

  /** Pods of a namespace that a non-empty equality selector selects, in order of creation. */
  selectedBy(namespace: string, selector: Labels): Pod[] {
    const [key, value] = Object.entries(selector)[0] ?? [];
    if (key === undefined || value === undefined) return [];
    const candidates = this.#byLabel.get(labelKey(namespace, key, value));
    return this.#inOrder(candidates).filter((pod) => matchesLabels(selector, pod.metadata.labels));
  }

  #inOrder(bucket: Bucket | undefined): Pod[] {
    const sequence = (pod: Pod): number => this.#sequence.get(pod.metadata.uid) ?? 0;
    return bucket === undefined ? [] : [...bucket.values()].sort((a, b) => sequence(a) - sequence(b));
  }

  #add(pod: Pod): void {
    for (const [table, key] of this.#places(pod)) {
      const bucket = table.get(key);
      if (bucket === undefined) table.set(key, new Map([[pod.metadata.uid, pod]]));
      else bucket.set(pod.metadata.uid, pod);
    }
  }

  #remove(pod: Pod): void {
    for (const [table, key] of this.#places(pod)) table.get(key)?.delete(pod.metadata.uid);
  }

  #places(pod: Pod): [Map<string, Bucket>, string][] {
    const { namespace, labels } = pod.metadata;
    const places: [Map<string, Bucket>, string][] = [];
    const owner = controllerOf(pod);
    places.push(owner === undefined ? [this.#orphans, namespace] : [this.#byOwner, owner.uid]);
    if (pod.spec.nodeName !== undefined) places.push([this.#byNode, pod.spec.nodeName]);
    for (const key in labels) places.push([this.#byLabel, labelKey(namespace, key, labels[key] ?? "")]);
    return places;
  }
}

/** Reference to the controller that manages an object. */
export function controllerOf(object: {
  readonly metadata: Pod["metadata"];
}): Pod["metadata"]["ownerReferences"][number] | undefined {
  return object.metadata.ownerReferences.find((reference) => reference.controller === true);
}

/** A pod that counts for its workload: not being deleted, not ended. */
export function isActive(pod: Pod): boolean {
  const { phase } = pod.status;
  return pod.metadata.deletionTimestamp === undefined && phase !== "Succeeded" && phase !== "Failed";
}

function labelKey(namespace: string, key: string, value: string): string {
  return `${namespace}\n${key}\n${value}`;
}
