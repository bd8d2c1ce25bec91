// Cells that several listings share.
import type { Endpoints } from "../api/endpoints.ts";
import type { Service } from "../api/service.ts";

/** Endpoints shown before `+ n more...`. */
const MAX_ENDPOINTS = 3;

/** Columns a load balancer's addresses may take in the short listing. */
const LOAD_BALANCER_WIDTH = 16;

/** `10.1.5.4:80,10.1.5.5:80,10.1.6.5:80 + 1 more...`; only ports of that name when one is given. */
export function formatEndpoints(endpoints: Endpoints | undefined, portName?: string): string {
  const all = (endpoints?.subsets ?? []).flatMap((subset) => {
    if (subset.ports.length === 0) return subset.addresses.map(({ ip }) => ip);
    const ports = subset.ports.filter((port) => portName === undefined || port.name === portName);
    return ports.flatMap((port) => subset.addresses.map(({ ip }) => `${ip}:${port.port}`));
  });
  const more = all.length > MAX_ENDPOINTS ? ` + ${all.length - MAX_ENDPOINTS} more...` : "";
  return orNone(all.slice(0, MAX_ENDPOINTS).join(",")) + more;
}

/** `443/TCP`, `8000:30080/TCP`. */
export function formatServicePorts(service: Service): string {
  const ports = service.spec.ports.map(
    ({ port, nodePort, protocol }) => `${port}${nodePort === undefined ? "" : `:${nodePort}`}/${protocol}`,
  );
  return orNone(ports.join(","));
}

/** EXTERNAL-IP of a listing. */
export function formatExternalIP(service: Service, wide: boolean): string {
  const { type, externalIPs, externalName } = service.spec;
  if (type === "ExternalName") return orNone(externalName ?? "");
  if (type !== "LoadBalancer") return orNone(externalIPs.join(","));
  const balancer = service.status.loadBalancer.ingress.map(({ ip }) => ip).join(",");
  const shown =
    !wide && balancer.length > LOAD_BALANCER_WIDTH ? `${balancer.slice(0, LOAD_BALANCER_WIDTH - 3)}...` : balancer;
  const all = [shown, ...externalIPs].filter((text) => text !== "").join(",");
  return all === "" ? "<pending>" : all;
}

export function orNone(text: string): string {
  return text === "" ? "<none>" : text;
}
