// EndpointSlices' contents: endpoints with equal ports together, at most 100 per slice.
import type { Endpoint } from "../api/endpoint-slice.ts";
import type { EndpointAddress, EndpointPort, EndpointSubset } from "../api/endpoints.ts";
import type { Backend } from "./backends.ts";
import { portKey } from "./subsets.ts";

/** --max-endpoints-per-slice of kube-controller-manager. */
const MAX_ENDPOINTS = 100;

/** What one slice holds; `key` stays the same as long as its ports do. */
export interface SliceContent {
  readonly key: string;
  readonly endpoints: readonly Endpoint[];
  readonly ports: readonly EndpointPort[];
}

/** Slices of a Service's pods, stopping ones included (serving, terminating, not ready). */
export function slicesOf(backends: readonly Backend[]): SliceContent[] {
  const groups = new Map<string, Backend[]>();
  for (const backend of backends) {
    const key = backend.ports.map((port) => portKey(port)).join(",");
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [backend]);
    else group.push(backend);
  }
  return [...groups].flatMap(([key, group]) =>
    chunks(
      key,
      group.map((backend) => endpointOf(backend)),
      group[0]?.ports ?? [],
    ),
  );
}

/** Slices that mirror hand-made Endpoints. */
export function slicesOfSubsets(subsets: readonly EndpointSubset[]): SliceContent[] {
  return subsets.flatMap((subset, index) => {
    const endpoints = [
      ...subset.addresses.map((address) => mirrored(address, true)),
      ...subset.notReadyAddresses.map((address) => mirrored(address, false)),
    ];
    return chunks(`subset ${index}`, endpoints, subset.ports);
  });
}

function chunks(key: string, endpoints: readonly Endpoint[], ports: readonly EndpointPort[]): SliceContent[] {
  const count = Math.ceil(endpoints.length / MAX_ENDPOINTS);
  return Array.from({ length: count }, (_, i) => ({
    key: `${key} ${i}`,
    endpoints: endpoints.slice(i * MAX_ENDPOINTS, (i + 1) * MAX_ENDPOINTS),
    ports,
  }));
}

/** With publishNotReadyAddresses an endpoint is ready whatever the pod says, even while it stops. */
function endpointOf({ ip, pod, serving, terminating, hostname }: Backend): Endpoint {
  const { namespace, name } = pod.metadata;
  const { nodeName } = pod.spec;
  const published = serving && !pod.status.ready;
  return {
    addresses: [ip],
    conditions: { ready: serving && (!terminating || published), serving: serving, terminating },
    ...(hostname === undefined ? {} : { hostname }),
    ...(nodeName === undefined ? {} : { nodeName }),
    targetRef: { kind: "Pod", namespace, name },
  };
}

function mirrored(address: EndpointAddress, ready: boolean): Endpoint {
  const { ip, ...rest } = address;
  return { ...rest, addresses: [ip], conditions: { ready, serving: ready, terminating: false } };
}
