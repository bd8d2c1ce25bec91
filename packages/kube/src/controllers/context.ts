// What all controllers share.
import type { Random } from "@kubehop/sim";
import type { ApiSettings } from "../api/kind.ts";
import type { ObjectStore } from "../store/store.ts";
import type { Identities } from "./identities.ts";
import type { PinTable } from "./pins.ts";
import type { PodIndex } from "./pod-index.ts";

export interface ControllerContext {
  readonly store: ObjectStore;
  readonly random: Random;
  readonly settings: ApiSettings;
  readonly pods: PodIndex;
  readonly identities: Identities;
  readonly pins: PinTable;
  /** Virtual milliseconds. */
  readonly now: () => number;
}

/** A controller: watches fill its queue, `sync` works it off once. Nothing happens between syncs. */
export interface Controller {
  readonly name: ControllerName;
  /** True when a watch brought something to do since the last sync. */
  readonly pending: boolean;
  sync(): void;
}

/** In the order in which they run within one round of reconciliation. */
export const CONTROLLER_NAMES = [
  "garbage-collector",
  "node-ipam",
  "service-allocator",
  "deployment",
  "replicaset",
  "daemonset",
  "statefulset",
  "scheduler",
  "endpoints",
] as const;

export type ControllerName = (typeof CONTROLLER_NAMES)[number];

/** Keys to look at, each once, in the order in which they came: client-go's work queue. */
export class WorkQueue {
  #keys = new Set<string>();

  get pending(): boolean {
    return this.#keys.size > 0;
  }

  add(namespace: string, name: string): void {
    this.#keys.add(`${namespace}/${name}`);
  }

  /** Empties the queue; keys added meanwhile wait for the next sync. */
  drain(work: (namespace: string, name: string) => void): void {
    const keys = this.#keys;
    this.#keys = new Set();
    for (const key of keys) {
      const slash = key.indexOf("/");
      work(key.slice(0, slash), key.slice(slash + 1));
    }
  }
}
