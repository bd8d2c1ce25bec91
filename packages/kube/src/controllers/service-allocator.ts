// ClusterIPs and node ports. What a manifest or a pin fixes is taken first; the rest is drawn from the seed by the Service's
// name, so that adding a Service does not move the others. Twin: pkg/registry/core/service/{ipallocator,portallocator}.
import { cidrSize, formatIPv4 } from "../api/address.ts";
import type { Service, ServicePort } from "../api/service.ts";
import { ApiError } from "../store/api-error.ts";
import { type Controller, type ControllerContext, WorkQueue } from "./context.ts";

export class ServiceAllocator implements Controller {
  readonly name = "service-allocator";
  readonly #context: ControllerContext;
  readonly #queue = new WorkQueue();
  readonly #addresses = new Set<string>();
  readonly #ports = new Set<string>();

  constructor(context: ControllerContext) {
    this.#context = context;
    context.store.watch("Service", ({ type, object, old }) => {
      if (old !== undefined) this.#release(old);
      if (type === "deleted") return this.#release(object);
      this.#take(object);
      return this.#queue.add(object.metadata.namespace, object.metadata.name);
    });
  }

  get pending(): boolean {
    return this.#queue.pending;
  }

  /** Pinned values first: nothing drawn from the seed may sit on them. */
  sync(): void {
    const services: Service[] = [];
    this.#queue.drain((namespace, name) => {
      const service = this.#context.store.get("Service", namespace, name);
      if (service !== undefined) services.push(service);
    });
    for (const service of services) this.#fill(service, "pinned");
    for (const service of services) this.#fill(service, "any");
  }

  /** @throws ApiError Invalid when a Service fixes what another one holds */
  check(service: Service, current: Service | undefined): void {
    const { clusterIP, ports } = service.spec;
    const invalid = (what: string): ApiError =>
      new ApiError("Invalid", `The Service ${JSON.stringify(service.metadata.name)} is invalid: ${what}`);
    if (
      clusterIP !== "" &&
      clusterIP !== "None" &&
      clusterIP !== current?.spec.clusterIP &&
      this.#addresses.has(clusterIP)
    ) {
      throw invalid(
        `spec.clusterIPs: Invalid value: ["${clusterIP}"]: failed to allocate IP ${clusterIP}: provided IP is already allocated`,
      );
    }
    const own = new Set(current?.spec.ports.map((port) => portKey(port)));
    for (const [index, port] of ports.entries()) {
      if (port.nodePort === undefined || own.has(portKey(port)) || !this.#ports.has(portKey(port))) continue;
      throw invalid(
        `spec.ports[${index}].nodePort: Invalid value: ${port.nodePort}: provided port is already allocated`,
      );
    }
  }

  #take({ spec }: Service): void {
    if (spec.clusterIP !== "" && spec.clusterIP !== "None") this.#addresses.add(spec.clusterIP);
    for (const port of spec.ports) if (port.nodePort !== undefined) this.#ports.add(portKey(port));
  }

  #release({ spec }: Service): void {
    this.#addresses.delete(spec.clusterIP);
    for (const port of spec.ports) this.#ports.delete(portKey(port));
  }

  #fill(service: Service, source: "pinned" | "any"): void {
    const { namespace, name } = service.metadata;
    if (service.spec.type === "ExternalName") return;
    this.#context.store.update("Service", namespace, name, (draft) => {
      if (draft.spec.clusterIP === "") draft.spec.clusterIP = this.#address(draft, source) ?? "";
      if (draft.spec.clusterIP !== "") draft.spec.clusterIPs = [draft.spec.clusterIP];
      if (!needsNodePorts(draft)) return;
      for (const port of draft.spec.ports) {
        const nodePort = port.nodePort ?? this.#nodePort(draft, port, source);
        if (nodePort === undefined) continue;
        port.nodePort = nodePort;
        this.#ports.add(portKey(port));
      }
      if (draft.spec.type === "LoadBalancer" && draft.spec.externalTrafficPolicy === "Local" && source === "any") {
        const port = draft.spec.healthCheckNodePort ?? this.#draw(`${namespace}/${name} health`, "TCP");
        if (port !== undefined) draft.spec.healthCheckNodePort = port;
      }
    });
  }

  #address(service: Service, source: "pinned" | "any"): string | undefined {
    const { namespace, name } = service.metadata;
    const pinned = this.#context.pins.clusterIP(namespace, name);
    if (pinned !== undefined && this.#addresses.has(pinned)) throw taken(service, `ClusterIP ${pinned}`);
    if (pinned !== undefined || source === "pinned") return pinned;
    const { serviceCIDR } = this.#context.settings;
    // Neither the network nor the broadcast address; .1 is the API server's, .10 the DNS's by custom.
    const usable = cidrSize(serviceCIDR) - 2;
    const start = this.#context.random.fork(`clusterIP ${namespace}/${name}`).below(Math.max(1, usable));
    for (let i = 0; i < usable; i++) {
      const offset = ((start + i) % usable) + 1;
      const address = formatIPv4((serviceCIDR.base + offset) >>> 0);
      if (offset !== 1 && offset !== 10 && !this.#addresses.has(address)) return address;
    }
    return undefined;
  }

  #nodePort(service: Service, port: ServicePort, source: "pinned" | "any"): number | undefined {
    const { namespace, name } = service.metadata;
    const pinned = this.#context.pins.nodePort(namespace, name, port);
    if (pinned !== undefined && this.#ports.has(`${pinned}/${port.protocol}`))
      throw taken(service, `node port ${pinned}`);
    if (pinned !== undefined || source === "pinned") return pinned;
    // DNS-like Services get one number for TCP and UDP of the same port, as the real allocator tries to.
    const twin = service.spec.ports.find(
      (p) => p !== port && p.port === port.port && p.nodePort !== undefined && p.protocol !== port.protocol,
    );
    if (twin?.nodePort !== undefined && !this.#ports.has(`${twin.nodePort}/${port.protocol}`)) return twin.nodePort;
    return this.#draw(`${namespace}/${name}:${port.port}`, port.protocol);
  }

  #draw(label: string, protocol: string): number | undefined {
    const [first, last] = this.#context.settings.nodePortRange;
    const size = last - first + 1;
    const start = this.#context.random.fork(`nodePort ${label}`).below(size);
    for (let i = 0; i < size; i++) {
      const port = first + ((start + i) % size);
      if (!this.#ports.has(`${port}/${protocol}`)) return port;
    }
    return undefined;
  }
}

/** A pin that collides with another Service is the scenario's mistake. */
function taken(service: Service, what: string): ApiError {
  const { namespace, name } = service.metadata;
  return new ApiError("Conflict", `${what} pinned for Service ${namespace}/${name} is already taken`);
}

function needsNodePorts({ spec }: Service): boolean {
  return spec.type === "NodePort" || (spec.type === "LoadBalancer" && spec.allocateLoadBalancerNodePorts !== false);
}

function portKey(port: { readonly nodePort?: number; readonly protocol: string }): string {
  return `${port.nodePort}/${port.protocol}`;
}

/**
 * A changed Service keeps what was allocated for it and loses what its new type does not have
 * (the API server's patchAllocatedValues and dropTypeDependentFields).
 */
export function keepAllocated(next: Service, current: Service): void {
  const { spec } = next;
  if (spec.type !== "ExternalName" && spec.clusterIP === "") spec.clusterIP = current.spec.clusterIP;
  const open = spec.type === "NodePort" || spec.type === "LoadBalancer";
  for (const port of spec.ports) {
    const same = current.spec.ports.find((p) => p.port === port.port && p.protocol === port.protocol);
    if (!open) delete port.nodePort;
    else if (port.nodePort === undefined && same?.nodePort !== undefined) port.nodePort = same.nodePort;
  }
  if (!open && spec.externalIPs.length === 0) delete spec.externalTrafficPolicy;
  if (spec.type === "LoadBalancer") return;
  delete spec.healthCheckNodePort;
  delete spec.allocateLoadBalancerNodePorts;
}
