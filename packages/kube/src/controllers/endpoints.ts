// Writes Endpoints and EndpointSlices for Services with a selector, and mirrors hand-made Endpoints into slices.
// Twins: pkg/controller/endpoint, pkg/controller/endpointslice, pkg/controller/endpointslicemirroring.
import type { EndpointSlice } from "../api/endpoint-slice.ts";
import type { Endpoints, EndpointSubset } from "../api/endpoints.ts";
import { SERVICE_NAME_LABEL } from "../api/endpoint-slice.ts";
import type { ObjectMeta } from "../api/meta.ts";
import type { Pod } from "../api/pod.ts";
import { matchesLabels } from "../api/selector.ts";
import type { Service } from "../api/service.ts";
import type { WatchEvent } from "../store/store.ts";
import { findBackends } from "./backends.ts";
import { type Controller, type ControllerContext, WorkQueue } from "./context.ts";
import { ownerReference } from "./make-pod.ts";
import { slicesOf, slicesOfSubsets, type SliceContent } from "./slices.ts";
import { subsetsOf } from "./subsets.ts";
import { generateName } from "./names.ts";

const MANAGED_BY = "endpointslice.kubernetes.io/managed-by";
const SLICE_CONTROLLER = "endpointslice-controller.k8s.io";
const MIRROR_CONTROLLER = "endpointslicemirroring-controller.k8s.io";

export class EndpointsController implements Controller {
  readonly name = "endpoints";
  readonly #context: ControllerContext;
  readonly #later: (look: () => void) => void;
  readonly #queue = new WorkQueue();
  /** Services of a namespace by one pair of their selector, so that a pod finds its Services without asking all. */
  readonly #bySelector = new Map<string, Map<string, Service>>();
  /** Slices by `namespace/service`. */
  readonly #byService = new Map<string, Map<string, EndpointSlice>>();

  /** `later` calls back when it is time to look at a change. */
  constructor(context: ControllerContext, later: (look: () => void) => void) {
    this.#context = context;
    this.#later = later;
    context.store.watch("Service", (event) => this.#onService(event));
    context.store.watch("Pod", ({ object, old }) => {
      this.#enqueueServicesOf(object);
      if (old !== undefined) this.#enqueueServicesOf(old);
    });
    context.store.watch("Endpoints", ({ object: { metadata } }) => {
      // Hand-made Endpoints without a Service are nobody's business.
      const isKnown = context.store.get("Service", metadata.namespace, metadata.name) !== undefined;
      if (isKnown) this.#enqueue(metadata.namespace, metadata.name);
    });
    context.store.watch("EndpointSlice", ({ type, object }) => this.#onSlice(type === "deleted", object));
  }

  get pending(): boolean {
    return this.#queue.pending;
  }

  sync(): void {
    this.#queue.drain((namespace, name) => this.#syncOne(namespace, name));
  }

  #enqueue(namespace: string, name: string): void {
    this.#later(() => this.#queue.add(namespace, name));
  }

  #onService({ type, object, old }: WatchEvent<"Service">): void {
    for (const previous of [old, type === "deleted" ? object : undefined]) {
      if (previous !== undefined) this.#bySelector.get(selectorKey(previous))?.delete(previous.metadata.name);
    }
    const key = selectorKey(object);
    if (type !== "deleted" && key !== "") {
      const services = this.#bySelector.get(key) ?? new Map<string, Service>();
      this.#bySelector.set(key, services.set(object.metadata.name, object));
    }
    this.#enqueue(object.metadata.namespace, object.metadata.name);
  }

  #onSlice(gone: boolean, slice: EndpointSlice): void {
    const { namespace, name, labels } = slice.metadata;
    const key = `${namespace}/${labels[SERVICE_NAME_LABEL] ?? ""}`;
    const slices = this.#byService.get(key) ?? new Map<string, EndpointSlice>();
    if (gone) slices.delete(name);
    else this.#byService.set(key, slices.set(name, slice));
  }

  #enqueueServicesOf(pod: Pod): void {
    const { namespace, labels } = pod.metadata;
    for (const [key, value] of Object.entries(labels)) {
      for (const service of this.#bySelector.get(pairKey(namespace, key, value))?.values() ?? []) {
        if (matchesLabels(service.spec.selector ?? {}, labels)) this.#enqueue(namespace, service.metadata.name);
      }
    }
  }

  #syncOne(namespace: string, name: string): void {
    const { store } = this.#context;
    const service = store.get("Service", namespace, name);
    const endpoints = store.get("Endpoints", namespace, name);
    if (service === undefined) {
      if (endpoints !== undefined) store.delete("Endpoints", namespace, name);
      return this.#writeSlices(namespace, name, undefined, [], SLICE_CONTROLLER);
    }
    const backends = findBackends(this.#context, service);
    if (backends === undefined) return this.#mirror(service, endpoints);
    this.#writeEndpoints(service, subsetsOf(service, backends));
    return this.#writeSlices(namespace, name, service, slicesOf(backends), SLICE_CONTROLLER);
  }

  #mirror(service: Service, endpoints: Endpoints | undefined): void {
    const { namespace, name } = service.metadata;
    const isByHand = this.#slices(namespace, name).some((slice) => !(MANAGED_BY in slice.metadata.labels));
    if (isByHand || (endpoints === undefined && this.#slices(namespace, name).length === 0)) return;
    this.#writeSlices(namespace, name, service, slicesOfSubsets(endpoints?.subsets ?? []), MIRROR_CONTROLLER);
  }

  #writeEndpoints(service: Service, subsets: EndpointSubset[]): void {
    const { namespace, name, labels } = service.metadata;
    const { store } = this.#context;
    const old = store.get("Endpoints", namespace, name);
    if (old === undefined) {
      store.create<Endpoints>({
        apiVersion: "v1",
        kind: "Endpoints",
        metadata: this.#metadata(service, name, labels),
        subsets,
      });
      return;
    }
    store.update("Endpoints", namespace, name, (draft) => {
      draft.subsets = subsets;
      draft.metadata.labels = { ...labels };
    });
  }

  /** Slices of a Service by the contents' keys; others that a controller made before go away. */
  #writeSlices(
    namespace: string,
    name: string,
    service: Service | undefined,
    contents: readonly SliceContent[],
    manager: string,
  ): void {
    const { store, random } = this.#context;
    const made = this.#slices(namespace, name).filter((slice) => MANAGED_BY in slice.metadata.labels);
    const wanted = new Set<string>();
    for (const content of service === undefined ? [] : contents) {
      const sliceName = generateName(`${name}-`, random.fork(`slice ${namespace}/${name} ${content.key}`));
      wanted.add(sliceName);
      this.#writeSlice(service as Service, sliceName, content, manager);
    }
    for (const slice of made)
      if (!wanted.has(slice.metadata.name)) store.delete("EndpointSlice", namespace, slice.metadata.name);
  }

  #writeSlice(service: Service, name: string, content: SliceContent, manager: string): void {
    const { namespace } = service.metadata;
    const { store } = this.#context;
    const { endpoints, ports } = content;
    if (store.get("EndpointSlice", namespace, name) === undefined) {
      const labels = { ...service.metadata.labels, [MANAGED_BY]: manager, [SERVICE_NAME_LABEL]: service.metadata.name };
      store.create<EndpointSlice>({
        apiVersion: "discovery.k8s.io/v1",
        kind: "EndpointSlice",
        metadata: { ...this.#metadata(service, name, labels), ownerReferences: [ownerReference(service)] },
        addressType: "IPv4",
        endpoints: [...endpoints],
        ports: [...ports],
      });
      return;
    }
    store.update("EndpointSlice", namespace, name, (draft) => {
      draft.endpoints = [...endpoints];
      draft.ports = [...ports];
    });
  }

  #slices(namespace: string, service: string): EndpointSlice[] {
    return [...(this.#byService.get(`${namespace}/${service}`)?.values() ?? [])];
  }

  #metadata(service: Service, name: string, labels: Record<string, string>): ObjectMeta {
    return { ...service.metadata, name, labels: { ...labels }, annotations: {}, ownerReferences: [] };
  }
}

function selectorKey(service: Service): string {
  const [pair] = Object.entries(service.spec.selector ?? {});
  return pair === undefined ? "" : pairKey(service.metadata.namespace, pair[0], pair[1]);
}

function pairKey(namespace: string, key: string, value: string): string {
  return `${namespace}\n${key}\n${value}`;
}
