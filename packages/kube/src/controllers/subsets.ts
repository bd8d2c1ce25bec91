// Endpoints' subsets: addresses that share exactly the same ports stand together (api/v1/endpoints RepackSubsets).
import type { EndpointAddress, EndpointPort, EndpointSubset } from "../api/endpoints.ts";
import type { Service } from "../api/service.ts";
import type { Backend } from "./backends.ts";

/** One port and who has it. */
interface PortGroup {
  readonly ports: EndpointPort[];
  readonly members: Backend[];
}

/**
 * Subsets of a Service's pods. A pod being stopped is left out (unless unready addresses are published). Upstream orders
 * ports and subsets by a hash of Go's dump; here both follow the Service's port list.
 */
export function subsetsOf(service: Service, backends: readonly Backend[]): EndpointSubset[] {
  const listed = backends.filter((backend) => !backend.terminating || service.spec.publishNotReadyAddresses);
  // A headless Service may have no ports at all: then its addresses stand without any.
  if (service.spec.ports.length === 0) return listed.length === 0 ? [] : [subset({ ports: [], members: listed })];
  const groups = new Map<string, PortGroup>();
  for (const { port, members } of byPort(listed)) {
    const key = members.map((backend) => backend.ip).join(" ");
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { ports: [port], members });
    else group.ports.push(port);
  }
  return [...groups.values()].map((group) => subset(group));
}

function byPort(backends: readonly Backend[]): { port: EndpointPort; members: Backend[] }[] {
  const found = new Map<string, { port: EndpointPort; members: Backend[] }>();
  for (const backend of backends) {
    for (const port of backend.ports) {
      const key = portKey(port);
      const entry = found.get(key);
      if (entry === undefined) found.set(key, { port, members: [backend] });
      else entry.members.push(backend);
    }
  }
  return [...found.values()];
}

function subset({ ports, members }: PortGroup): EndpointSubset {
  const addresses = (serving: boolean): EndpointAddress[] =>
    members.filter((backend) => backend.serving === serving).map((backend) => addressOf(backend));
  return { addresses: addresses(true), notReadyAddresses: addresses(false), ports: [...ports] };
}

function addressOf({ ip, pod, hostname }: Backend): EndpointAddress {
  const { namespace, name } = pod.metadata;
  const { nodeName } = pod.spec;
  return {
    ip,
    ...(hostname === undefined ? {} : { hostname }),
    ...(nodeName === undefined ? {} : { nodeName }),
    targetRef: { kind: "Pod", namespace, name },
  };
}

export function portKey({ name, port, protocol }: EndpointPort): string {
  return `${name} ${port}/${protocol}`;
}
