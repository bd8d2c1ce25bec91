/**
 * The plain data that rules are rendered from: what kube-proxy knows of Services, endpoints and its node.
 *
 * Everything here is a value without behaviour, so that a renderer is a pure function of it and two nodes can
 * share the same ServicePort objects. Twin: `pkg/proxy/types.go`, `pkg/proxy/serviceport.go`, `endpoint.go`.
 */

/** Transport of a service port, lower case as it stands in rules and chain hashes. */
export type ServiceProtocol = "tcp" | "udp" | "sctp";

/** `spec.internalTrafficPolicy` and `spec.externalTrafficPolicy`. */
export type TrafficPolicy = "Cluster" | "Local";

/** One endpoint of a service port; `ip` is canonical IPv4 text. */
export interface ProxyEndpoint {
  readonly ip: string;
  readonly port: number;
  /** Node the endpoint runs on; absent for addresses outside the cluster (never local). */
  readonly nodeName?: string;
  /** Ready and not terminating. Releases before 1.22 see only this. */
  readonly ready: boolean;
  /** Ready regardless of termination. */
  readonly serving: boolean;
  readonly terminating: boolean;
}

/** One port of one Service: the unit kube-proxy works in. */
export interface ServicePort {
  readonly namespace: string;
  readonly name: string;
  /** Name of the port; "" when the Service does not name it. */
  readonly portName: string;
  readonly protocol: ServiceProtocol;
  readonly clusterIP: string;
  readonly port: number;
  readonly nodePort?: number;
  readonly externalIPs?: readonly string[];
  /** `status.loadBalancer.ingress[].ip` */
  readonly loadBalancerIPs?: readonly string[];
  readonly loadBalancerSourceRanges?: readonly string[];
  /** ClientIP affinity and its timeout in seconds; absent means no affinity. */
  readonly affinitySeconds?: number;
  readonly internalTrafficPolicy?: TrafficPolicy;
  readonly externalTrafficPolicy?: TrafficPolicy;
  readonly healthCheckNodePort?: number;
  /** `file:line` of the manifest behind the Service, for explanations only. */
  readonly position?: string;
  readonly endpoints: readonly ProxyEndpoint[];
}

/** What kube-proxy knows about the node it runs on, its flags included. */
export interface NodeFacts {
  readonly name: string;
  /** Address used for "is this node inside a source range"; absent means 127.0.0.1, as kube-proxy assumes. */
  readonly nodeIP?: string;
  /** Local addresses; only read when `nodePortAddresses` narrows node ports to some of them. */
  readonly addresses?: readonly string[];
  /** `--cluster-cidr`; absent: kube-proxy cannot tell pods from other sources. */
  readonly clusterCIDR?: string;
  /** `--masquerade-all` */
  readonly masqueradeAll?: boolean;
  /** `--iptables-masquerade-bit`, 14 when absent. */
  readonly masqueradeBit?: number;
  /** `--nodeport-addresses`; empty or absent: every local address. */
  readonly nodePortAddresses?: readonly string[];
  /** `--iptables-localhost-nodeports` (1.26+), true when absent. */
  readonly localhostNodePorts?: boolean;
  /** The node's iptables knows `--random-fully` (1.6.2+), true when absent. */
  readonly iptablesRandomFully?: boolean;
}

/**
 * Emission order where a document fixes it. kube-proxy walks Go maps, so the order of services is random there;
 * here it is by key, and what is named in the pin comes first, in the pin's order.
 */
export interface EmissionPin {
  /** Service port keys (`namespace/name:port`, see servicePortKey). */
  readonly services?: readonly string[];
  /** Per service port key: endpoints as `ip:port`. */
  readonly endpoints?: Readonly<Record<string, readonly string[]>>;
}

/** Everything one node's rules depend on. */
export interface ProxyInput {
  /** Kubernetes release, e.g. `1.28` or `v1.10.3`; only the minor counts. */
  readonly version: string;
  readonly node: NodeFacts;
  readonly services: readonly ServicePort[];
  readonly pin?: EmissionPin;
}

/** Identity of a service port, the same for every release: `namespace/name:portname`, colon always present. */
export function servicePortKey(svc: Pick<ServicePort, "namespace" | "name" | "portName">): string {
  return `${svc.namespace}/${svc.name}:${svc.portName}`;
}

/** `ip:port`, the text kube-proxy hashes and prints for an endpoint. */
export function endpointText(ep: Pick<ProxyEndpoint, "ip" | "port">): string {
  return `${ep.ip}:${ep.port}`;
}
