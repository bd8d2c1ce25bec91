// The cluster's objects in memory, with watches: what etcd and the API server are to the real controllers.
// Objects are values: never change one you got from here, ask for an update. Events come in the order of the changes,
// also when a listener changes something itself.
import { type Random, uuid } from "@kubehop/sim";
import { EventEmitter } from "eventemitter3";
import { type Kind, KINDS, type KindMap, type KubeObject } from "../api/kinds.ts";
import type { LabelSelector } from "../api/meta.ts";
import { matchesSelector } from "../api/selector.ts";
import type { SourcePosition } from "../diagnostics/source-text.ts";
import type { Path } from "../diagnostics/yaml-source.ts";
import { cloneJson } from "../manifest/defaulting.ts";
import { type Provenance, provenancePosition } from "../manifest/provenance.ts";
import { ApiError } from "./api-error.ts";
import { equalJson } from "./equal.ts";

/** One change of one object. */
export interface WatchEvent<K extends Kind = Kind> {
  readonly type: "added" | "modified" | "deleted";
  /** The object after the change; for a deletion its last state. */
  readonly object: KindMap[K];
  /** The object before a modification. */
  readonly old?: KindMap[K];
}

export interface StoreOptions {
  /** Source of uids. */
  readonly random: Random;
  /** Virtual milliseconds, for creationTimestamp. */
  readonly now: () => number;
}

/** The API server from the side of a program of a node. */
export type StoreClient = Pick<ObjectStore, "get" | "list" | "update" | "delete" | "watch">;

/** Narrows {@link ObjectStore.list}. */
export interface ListOptions {
  readonly namespace?: string;
  readonly selector?: LabelSelector;
}

interface Shelf {
  readonly byKey: Map<string, KubeObject>;
  /** Keys in order; made anew after objects came or went. */
  sorted: string[] | undefined;
}

export class ObjectStore {
  readonly #shelves = new Map<Kind, Shelf>();
  readonly #watchers = new EventEmitter<Record<Kind | "*", (event: WatchEvent) => void>>();
  readonly #provenance = new Map<string, Provenance>();
  readonly #pending: WatchEvent[] = [];
  readonly #options: StoreOptions;
  #version = 0;
  #dispatching = false;

  constructor(options: StoreOptions) {
    this.#options = options;
  }

  /** Counts all changes so far; the resourceVersion of the newest one. */
  get resourceVersion(): number {
    return this.#version;
  }

  get<K extends Kind>(kind: K, namespace: string, name: string): KindMap[K] | undefined {
    return this.#shelves.get(kind)?.byKey.get(storeKey(namespace, name)) as KindMap[K] | undefined;
  }

  /** Like {@link get}, but an absent object is the operator's mistake. @throws ApiError NotFound */
  require<K extends Kind>(kind: K, namespace: string, name: string): KindMap[K] {
    const found = this.get(kind, namespace, name);
    if (found === undefined) throw new ApiError("NotFound", `${resourceOf(kind)} ${JSON.stringify(name)} not found`);
    return found;
  }

  /** How many objects of a kind there are. */
  count(kind: Kind): number {
    return this.#shelves.get(kind)?.byKey.size ?? 0;
  }

  /** Objects of a kind in order of namespace and name, as the API server lists them. */
  list<K extends Kind>(kind: K, options: ListOptions = {}): readonly KindMap[K][] {
    const { namespace, selector } = options;
    const all = this.#sorted(kind) as KindMap[K][];
    if (namespace === undefined && selector === undefined) return all;
    return all.filter(
      ({ metadata }) =>
        (namespace === undefined || metadata.namespace === namespace) &&
        (selector === undefined || matchesSelector(selector, metadata.labels)),
    );
  }

  /** Adds an object and gives it uid, version and time of creation. @throws ApiError AlreadyExists */
  create<T extends KubeObject>(object: T, provenance?: Provenance): T {
    const { namespace, name } = object.metadata;
    const { kind } = object;
    if (this.get(kind, namespace, name) !== undefined) {
      throw new ApiError("AlreadyExists", `${resourceOf(kind)} ${JSON.stringify(name)} already exists`);
    }
    const created = cloneJson(object);
    const resourceVersion = ++this.#version;
    created.metadata.uid = uuid(this.#options.random.fork(`uid ${resourceVersion}`));
    created.metadata.resourceVersion = resourceVersion;
    created.metadata.creationTimestamp = this.#options.now();
    if (provenance !== undefined) this.#provenance.set(created.metadata.uid, provenance);
    const shelf = this.#shelf(kind);
    shelf.byKey.set(storeKey(namespace, name), created);
    shelf.sorted = undefined;
    this.#emit({ type: "added", object: created });
    return created;
  }

  /** Changes a copy of an object and stores it; no change, no event. @throws ApiError NotFound */
  update<K extends Kind>(kind: K, namespace: string, name: string, change: (draft: KindMap[K]) => void): KindMap[K] {
    const old = this.require(kind, namespace, name);
    const draft = cloneJson(old);
    change(draft);
    if (equalJson(old, draft)) return old;
    draft.metadata.resourceVersion = ++this.#version;
    const shelf = this.#shelf(kind);
    shelf.byKey.set(storeKey(namespace, name), draft);
    this.#emit({ type: "modified", object: draft, old });
    return draft;
  }

  /** Takes an object out at once. Undefined when there was none. */
  delete<K extends Kind>(kind: K, namespace: string, name: string): KindMap[K] | undefined {
    const shelf = this.#shelf(kind);
    const key = storeKey(namespace, name);
    const old = shelf.byKey.get(key) as KindMap[K] | undefined;
    if (old === undefined) return undefined;
    this.#version++;
    shelf.byKey.delete(key);
    shelf.sorted = undefined;
    this.#emit({ type: "deleted", object: old });
    return old;
  }

  /** Calls `listener` for every later change of a kind (`"*"`: of all). Returns the way to stop it. */
  watch<K extends Kind>(kind: K | "*", listener: (event: WatchEvent<K>) => void): () => void {
    const fn = listener as unknown as (event: WatchEvent) => void;
    this.#watchers.on(kind, fn);
    return () => void this.#watchers.off(kind, fn);
  }

  /** Remembers where an object is written down (an apply moves it to the new manifest). */
  setProvenance(object: KubeObject, provenance: Provenance): void {
    this.#provenance.set(object.metadata.uid, provenance);
  }

  /**
   * Where a field of an object is written. A generated object (a pod of a Deployment) leads to its owner's manifest,
   * its `spec` to the owner's pod template. Undefined for objects nobody wrote.
   */
  position(object: KubeObject, path: Path = []): SourcePosition | undefined {
    const own = this.#provenance.get(object.metadata.uid);
    if (own !== undefined) return provenancePosition(own, path);
    const reference = object.metadata.ownerReferences.find((r) => r.controller === true);
    const owner = reference && this.get(reference.kind as Kind, object.metadata.namespace, reference.name);
    if (owner === undefined) return undefined;
    return this.position(owner, object.kind === "Pod" ? ["spec", "template", ...path] : path);
  }

  #shelf(kind: Kind): Shelf {
    let shelf = this.#shelves.get(kind);
    if (shelf === undefined) this.#shelves.set(kind, (shelf = { byKey: new Map(), sorted: undefined }));
    return shelf;
  }

  /** A new array: who iterates may change the store meanwhile. Keys order as in etcd: by their text. */
  #sorted(kind: Kind): KubeObject[] {
    const shelf = this.#shelf(kind);
    shelf.sorted ??= [...shelf.byKey.keys()].sort();
    return shelf.sorted.map((key) => shelf.byKey.get(key)).filter((object) => object !== undefined);
  }

  /** First come, first served: a change made by a listener is told after the change that caused it. */
  #emit(event: WatchEvent): void {
    this.#pending.push(event);
    if (this.#dispatching) return;
    this.#dispatching = true;
    try {
      for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift()) {
        this.#watchers.emit(next.object.kind as Kind, next);
        this.#watchers.emit("*", next);
      }
    } finally {
      this.#dispatching = false;
      this.#pending.length = 0;
    }
  }
}

/** `namespace/name`, the order of etcd keys. */
function storeKey(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

/** `deployments.apps`, `services`: how the API server names a kind in messages. */
export function resourceOf(kind: Kind): string {
  const { plural, apiVersions } = KINDS[kind];
  const group = apiVersions[0].split("/").at(-2);
  return group === undefined ? plural : `${plural}.${group}`;
}
