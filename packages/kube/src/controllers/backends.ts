// From a Service's selector to addresses: which pods stand behind it, with which port numbers, in which state.
import type { EndpointPort } from "../api/endpoints.ts";
import { internalIP } from "../api/node.ts";
import { findContainerPort, type Pod } from "../api/pod.ts";
import type { Service, ServicePort } from "../api/service.ts";
import type { ControllerContext } from "./context.ts";

/** One pod behind a Service. */
export interface Backend {
  readonly pod: Pod;
  readonly ip: string;
  /** The Service's ports as this pod has them; named target ports that the pod lacks are left out. */
  readonly ports: readonly EndpointPort[];
  /** Ready, or published although it is not. Says nothing of termination. */
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly hostname: string | undefined;
}

/** Pods behind a Service in order of their addresses; undefined when its endpoints are kept by hand. */
export function findBackends(context: ControllerContext, service: Service): Backend[] | undefined {
  const { selector, type } = service.spec;
  if (selector === undefined || Object.keys(selector).length === 0 || type === "ExternalName") return undefined;
  const pods = context.pods.selectedBy(service.metadata.namespace, selector);
  const backends = pods.map((pod) => backendOf(context, service, pod)).filter((backend) => backend !== undefined);
  return backends.sort((a, b) => compareAddresses(a.ip, b.ip));
}

function backendOf(context: ControllerContext, service: Service, pod: Pod): Backend | undefined {
  const { phase, ready } = pod.status;
  const ip = podAddress(context, pod);
  // An ended pod has an address no more, a starting one not yet.
  if (ip === undefined || phase === "Succeeded" || phase === "Failed") return undefined;
  const { hostname, subdomain } = pod.spec;
  const named = hostname !== undefined && subdomain === service.metadata.name;
  return {
    pod,
    ip,
    ports: service.spec.ports.map((port) => resolvePort(pod, port)).filter((port) => port !== undefined),
    serving: ready || service.spec.publishNotReadyAddresses,
    terminating: pod.metadata.deletionTimestamp !== undefined,
    hostname: named ? hostname : undefined,
  };
}

/** A pod on the node's network has the node's address as soon as it runs there. */
function podAddress(context: ControllerContext, pod: Pod): string | undefined {
  if (pod.status.podIP !== undefined || !pod.spec.hostNetwork || pod.status.phase !== "Running")
    return pod.status.podIP;
  const node = context.store.get("Node", "", pod.spec.nodeName ?? "");
  return node && internalIP(node);
}

function resolvePort(pod: Pod, port: ServicePort): EndpointPort | undefined {
  const { name = "", targetPort, protocol } = port;
  const number = typeof targetPort === "number" ? targetPort : findContainerPort(pod, targetPort, protocol);
  return number === undefined ? undefined : { name, port: number, protocol };
}

/** Byte order of the text, as upstream's LessEndpointAddress: 10.1.10.2 stands before 10.1.9.2. */
export function compareAddresses(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
