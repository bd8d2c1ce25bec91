/**
 * Service ports out of the API store. One source serves all nodes of a release: the list is made once per state of
 * the store, and nodes share its values.
 */
import type { ObjectStore } from "@kubehop/kube";
import type { ServicePort } from "../model/input.ts";
import { servicePortsFromKube } from "./from-kube.ts";
import type { ServiceSource } from "./service-source.ts";

/** The kinds kube-proxy watches for Services. */
const WATCHED = ["Service", "Endpoints", "EndpointSlice"] as const;

export class StoreServiceSource implements ServiceSource {
  readonly #store: ObjectStore;
  readonly #version: string;
  #list: readonly ServicePort[] = [];
  #listVersion: number | undefined;

  /** @param version release of the kube-proxies that will read this source */
  constructor(store: ObjectStore, version: string) {
    this.#store = store;
    this.#version = version;
  }

  /** @throws ProxyRefusal for a Service that the release or the model does not know */
  list(): readonly ServicePort[] {
    const store = this.#store;
    if (this.#listVersion === store.resourceVersion) return this.#list;
    const objects = {
      services: store.list("Service"),
      endpoints: store.list("Endpoints"),
      endpointSlices: store.list("EndpointSlice"),
      positionOf: (service: ReturnType<typeof store.list<"Service">>[number], index: number) => {
        const position = store.position(service, ["spec", "ports", index]);
        return position === undefined ? undefined : `${position.file}:${position.line}`;
      },
    };
    this.#list = servicePortsFromKube(objects, this.#version);
    this.#listVersion = store.resourceVersion;
    return this.#list;
  }

  watch(onChange: () => void): () => void {
    const ends = WATCHED.map((kind) => this.#store.watch(kind, onChange));
    return () => {
      for (const end of ends) end();
    };
  }
}
