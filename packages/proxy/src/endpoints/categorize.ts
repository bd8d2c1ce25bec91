/**
 * Which endpoints a service port may use on this node.
 * Twin: `CategorizeEndpoints` in `pkg/proxy/topology.go` (without topology hints, which are refused earlier).
 */
import type { ProxyEndpoint, ServicePort } from "../model/input.ts";
import type { Features } from "../version/features.ts";

export interface UsableEndpoints<E extends ProxyEndpoint> {
  /** For traffic under policy Cluster. */
  readonly cluster: readonly E[];
  /** On this node, for traffic under policy Local. */
  readonly local: readonly E[];
  /** Union of both: the endpoints that need a chain on this node. */
  readonly reachable: readonly E[];
  /** A usable endpoint exists somewhere, perhaps only on other nodes. */
  readonly any: boolean;
}

/** True when a node port, an external IP or a load balancer IP leads to the service. */
export function externallyAccessible(svc: ServicePort): boolean {
  return (svc.nodePort ?? 0) !== 0 || (svc.externalIPs ?? []).length > 0 || (svc.loadBalancerIPs ?? []).length > 0;
}

export function internalLocal(svc: ServicePort): boolean {
  return svc.internalTrafficPolicy === "Local";
}

export function externalLocal(svc: ServicePort): boolean {
  return svc.externalTrafficPolicy === "Local";
}

/** Policy Local for outside traffic still short-circuits the node's own traffic to all endpoints. */
export function usesClusterEndpoints(svc: ServicePort): boolean {
  return !internalLocal(svc) || externallyAccessible(svc);
}

export function usesLocalEndpoints(svc: ServicePort): boolean {
  return internalLocal(svc) || (externalLocal(svc) && externallyAccessible(svc));
}

/**
 * @param endpoints in emission order; the results keep it
 * @param nodeName the node the rules are for
 */
export function categorizeEndpoints<E extends ProxyEndpoint>(
  svc: ServicePort,
  endpoints: readonly E[],
  nodeName: string,
  features: Features,
): UsableEndpoints<E> {
  const isLocal = (ep: E): boolean => ep.nodeName === nodeName;
  const pick = features.terminatingEndpoints ? readyOrTerminating : readyOnly;
  const everywhere = pick(endpoints);
  if (features.externalChains === "XLB") {
    // Old layouts know one list; local ones are picked out of it where the policy asks for them.
    return {
      cluster: everywhere,
      local: everywhere.filter(isLocal),
      reachable: everywhere,
      any: everywhere.length > 0,
    };
  }
  const cluster = usesClusterEndpoints(svc) ? everywhere : [];
  const local = usesLocalEndpoints(svc) ? pick(endpoints.filter(isLocal)) : [];
  const used = new Set([...cluster, ...local]);
  return { cluster, local, reachable: endpoints.filter((ep) => used.has(ep)), any: everywhere.length > 0 };
}

function readyOnly<E extends ProxyEndpoint>(endpoints: readonly E[]): readonly E[] {
  return endpoints.filter((ep) => ep.ready);
}

/** Ready ones; when there is none at all, those that still serve while they terminate. */
function readyOrTerminating<E extends ProxyEndpoint>(endpoints: readonly E[]): readonly E[] {
  const ready = readyOnly(endpoints);
  return ready.length > 0 ? ready : endpoints.filter((ep) => ep.serving && ep.terminating);
}
