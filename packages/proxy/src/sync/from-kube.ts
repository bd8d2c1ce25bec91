/**
 * API objects → service ports: what `pkg/proxy/serviceport.go`, `endpointslicecache.go` and (before 1.19)
 * `endpoints.go` read out of Services, Endpoints and EndpointSlices.
 */
import type { ProxyEndpoint, ServicePort, ServiceProtocol } from "../model/input.ts";
import { canonicalIpv4 } from "../model/ipv4.ts";
import { ProxyRefusal } from "../model/refusal.ts";
import { featuresOf } from "../version/features.ts";
import type { Features } from "../version/features.ts";

interface Named {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
}

interface PortSpec {
  readonly name?: string;
  readonly port: number;
  readonly protocol?: string;
  readonly nodePort?: number;
}

/** The part of a v1 Service that kube-proxy reads. */
export interface KubeService extends Named {
  readonly spec: {
    readonly type?: string;
    readonly clusterIP?: string;
    readonly ports?: readonly PortSpec[];
    readonly externalIPs?: readonly string[];
    readonly sessionAffinity?: string;
    readonly sessionAffinityConfig?: { readonly clientIP?: { readonly timeoutSeconds?: number } };
    readonly externalTrafficPolicy?: "Cluster" | "Local";
    readonly internalTrafficPolicy?: "Cluster" | "Local";
    readonly loadBalancerSourceRanges?: readonly string[];
    readonly healthCheckNodePort?: number;
  };
  readonly status?: {
    readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string; readonly ipMode?: string }[] };
  };
}

/** The part of a v1 Endpoints object that kube-proxy reads; addresses that are not ready do not exist for it. */
export interface KubeEndpoints extends Named {
  readonly subsets?: readonly {
    readonly addresses?: readonly { readonly ip: string; readonly nodeName?: string }[];
    readonly ports?: readonly { readonly name?: string; readonly port: number; readonly protocol?: string }[];
  }[];
}

/** The part of a discovery.k8s.io/v1 EndpointSlice that kube-proxy reads. */
export interface KubeEndpointSlice extends Named {
  readonly endpoints?: readonly {
    readonly addresses: readonly string[];
    readonly conditions?: { readonly ready?: boolean; readonly serving?: boolean; readonly terminating?: boolean };
    readonly nodeName?: string;
  }[];
  readonly ports?: readonly { readonly name?: string; readonly port?: number; readonly protocol?: string }[];
}

/** A snapshot of the API objects kube-proxy watches. */
export interface KubeObjects<S extends KubeService = KubeService> {
  readonly services: readonly S[];
  readonly endpoints?: readonly KubeEndpoints[];
  readonly endpointSlices?: readonly KubeEndpointSlice[];
  /** `file:line` behind a port of a Service, when the caller knows it. */
  readonly positionOf?: (service: S, portIndex: number) => string | undefined;
}

const SERVICE_NAME_LABEL = "kubernetes.io/service-name";
const PROXY_NAME_LABEL = "service.kubernetes.io/service-proxy-name";
const DEFAULT_AFFINITY_SECONDS = 10800;

/**
 * All service ports of a cluster for one release. Headless and ExternalName Services have none.
 * @throws ProxyRefusal for what the release or the model does not know
 */
export function servicePortsFromKube<S extends KubeService>(
  objects: KubeObjects<S>,
  version: string,
): readonly ServicePort[] {
  const features = featuresOf(version);
  const endpointsOf = endpointIndex(objects, features);
  return objects.services.filter(isServed).flatMap((service) => {
    refuseUnknown(service, features);
    return (service.spec.ports ?? []).map((port, index): ServicePort => {
      const position = objects.positionOf?.(service, index);
      const endpoints = endpointsOf(keyOf(service), port.name ?? "", protocolOf(port));
      const fields = { ...portFields(service, port), ...serviceFields(service), endpoints };
      return position === undefined ? fields : { ...fields, position };
    });
  });
}

function keyOf(object: Named): string {
  return `${object.metadata.namespace ?? "default"}/${object.metadata.name}`;
}

/** Services with a cluster IP; the others never reach kube-proxy's rules. */
function isServed(service: KubeService): boolean {
  const ip = service.spec.clusterIP ?? "";
  return service.spec.type !== "ExternalName" && ip !== "" && ip !== "None";
}

function refuseUnknown(service: KubeService, features: Features): void {
  const subject = `Service ${keyOf(service)}`;
  if (service.metadata.labels?.[PROXY_NAME_LABEL] !== undefined) {
    throw new ProxyRefusal(subject, PROXY_NAME_LABEL, "a Service proxy other than kube-proxy is not modelled");
  }
  const ingress = service.status?.loadBalancer?.ingress ?? [];
  if (ingress.some((entry) => entry.ipMode === "Proxy")) {
    throw new ProxyRefusal(subject, "status.loadBalancer.ingress.ipMode", "Proxy is known from 1.29 on");
  }
  if (!features.internalTrafficPolicy && service.spec.internalTrafficPolicy === "Local") {
    throw new ProxyRefusal(subject, "spec.internalTrafficPolicy", "Local is not known to this release");
  }
}

function protocolOf(port: { readonly protocol?: string }): ServiceProtocol {
  const protocol = (port.protocol ?? "TCP").toLowerCase();
  if (protocol === "tcp" || protocol === "udp" || protocol === "sctp") return protocol;
  throw new ProxyRefusal("Service port", "protocol", `${protocol} is no transport kube-proxy knows`);
}

/** User-written addresses may carry leading zeros; rules print them canonical. */
function canonical(ip: string): string {
  return canonicalIpv4(ip) ?? ip;
}

function portFields(service: KubeService, port: PortSpec): Omit<ServicePort, "endpoints"> {
  const fields = {
    namespace: service.metadata.namespace ?? "default",
    name: service.metadata.name,
    portName: port.name ?? "",
    protocol: protocolOf(port),
    clusterIP: canonical(service.spec.clusterIP ?? ""),
    port: port.port,
  };
  return port.nodePort === undefined ? fields : { ...fields, nodePort: port.nodePort };
}

/** Fields shared by all ports of a Service; policies count only where there is something outside to apply them to. */
function serviceFields(service: KubeService): Partial<ServicePort> {
  const { spec } = service;
  const ips = (service.status?.loadBalancer?.ingress ?? []).flatMap((entry) =>
    entry.ip === undefined ? [] : [entry.ip],
  );
  const balanced = spec.type === "LoadBalancer";
  const external = balanced || spec.type === "NodePort" || (spec.externalIPs ?? []).length > 0;
  const local = external && spec.externalTrafficPolicy === "Local";
  return {
    externalIPs: (spec.externalIPs ?? []).map(canonical),
    loadBalancerIPs: balanced ? ips.map(canonical) : [],
    loadBalancerSourceRanges: (spec.loadBalancerSourceRanges ?? []).map((range) => range.trim()),
    externalTrafficPolicy: local ? "Local" : "Cluster",
    internalTrafficPolicy: spec.internalTrafficPolicy ?? "Cluster",
    ...affinity(service),
    ...(balanced && local && spec.healthCheckNodePort !== undefined
      ? { healthCheckNodePort: spec.healthCheckNodePort }
      : {}),
  };
}

function affinity(service: KubeService): Partial<ServicePort> {
  if (service.spec.sessionAffinity !== "ClientIP") return {};
  return { affinitySeconds: service.spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS };
}

type EndpointLookup = (serviceKey: string, portName: string, protocol: ServiceProtocol) => readonly ProxyEndpoint[];

/** Endpoints per Service and port name; which object they come from is a matter of release. */
function endpointIndex(objects: Pick<KubeObjects, "endpoints" | "endpointSlices">, features: Features): EndpointLookup {
  const index = new Map<string, ProxyEndpoint[]>();
  const add = (key: string, port: { readonly name?: string; readonly protocol?: string }, ep: ProxyEndpoint): void => {
    const slot = `${key}:${port.name ?? ""}/${protocolOf(port)}`;
    const list = index.get(slot);
    if (list === undefined) index.set(slot, [ep]);
    else list.push(ep);
  };
  const fromSlices = features.endpointOrder === "text";
  const sliced = new Set<string>();
  for (const slice of fromSlices ? (objects.endpointSlices ?? []) : []) {
    const service = slice.metadata.labels?.[SERVICE_NAME_LABEL];
    if (service === undefined) continue;
    const key = `${slice.metadata.namespace ?? "default"}/${service}`;
    sliced.add(key);
    addSlice(slice, key, add);
  }
  // Endpoints written by hand are mirrored into slices by a controller; here they are read directly.
  for (const object of objects.endpoints ?? []) if (!sliced.has(keyOf(object))) addEndpoints(object, add);
  return (key, portName, protocol) => index.get(`${key}:${portName}/${protocol}`) ?? [];
}

type AddEndpoint = (
  key: string,
  port: { readonly name?: string; readonly protocol?: string },
  ep: ProxyEndpoint,
) => void;

function addEndpoints(object: KubeEndpoints, add: AddEndpoint): void {
  for (const subset of object.subsets ?? []) {
    for (const port of subset.ports ?? []) {
      for (const address of subset.addresses ?? []) {
        const ep = { ip: address.ip, port: port.port, ready: true, serving: true, terminating: false };
        add(keyOf(object), port, address.nodeName === undefined ? ep : { ...ep, nodeName: address.nodeName });
      }
    }
  }
}

function addSlice(slice: KubeEndpointSlice, key: string, add: AddEndpoint): void {
  for (const port of slice.ports ?? []) {
    if (port.port === undefined) continue;
    for (const { addresses, conditions, nodeName } of slice.endpoints ?? []) {
      const [ip] = addresses;
      if (ip === undefined) continue;
      const ready = conditions?.ready ?? true;
      const state = { ready, serving: conditions?.serving ?? ready, terminating: conditions?.terminating ?? false };
      const ep = { ip, port: port.port, ...state };
      add(key, port, nodeName === undefined ? ep : { ...ep, nodeName });
    }
  }
}
