/**
 * UDP clean-up: a client that keeps its source port keeps its conntrack entry, and with it the endpoint (or the
 * "no DNAT") of the first packet. kube-proxy deletes such entries when endpoints come and go; TCP is left alone.
 * Twin: `CleanStaleEntries` in `pkg/proxy/conntrack/cleanup.go`, before it `syncProxyRules` itself.
 */
import type { ProxyEndpoint, ServicePort } from "../model/input.ts";
import { servicePortKey } from "../model/input.ts";
import type { Features } from "../version/features.ts";

/** Arguments of `conntrack`, to be run before or after the rules are written. */
export interface ConntrackCleanup {
  readonly before: readonly (readonly string[])[];
  readonly after: readonly (readonly string[])[];
}

export function conntrackCleanup(
  previous: readonly ServicePort[],
  current: readonly ServicePort[],
  features: Features,
): ConntrackCleanup {
  const old = udpByKey(previous);
  const now = udpByKey(current);
  const gone = [...old].filter(([key]) => !now.has(key)).map(([, svc]) => svc);
  const active = [...now].filter(([key, svc]) => usable(svc).length > 0 && usable(old.get(key)).length === 0);
  const addresses = new Set(gone.map((svc) => svc.clusterIP));
  for (const [, svc] of active) for (const ip of flushedAddresses(svc, features)) addresses.add(ip);
  const opened = [...now].filter(([key, svc]) => nodePortOf(svc) !== 0 && nodePortOf(old.get(key)) !== nodePortOf(svc));
  const onOpen = features.nodePortConntrack === "on-open";
  const ports = new Set((onOpen ? opened : active).map(([, svc]) => nodePortOf(svc)).filter((port) => port !== 0));
  const byPort = [...ports].map((port) => ["-D", "-p", "udp", "--dport", String(port)]);
  return {
    before: onOpen ? byPort : [],
    after: [
      ...[...addresses].map((ip) => ["-D", "--orig-dst", ip, "-p", "udp"]),
      ...(onOpen ? [] : byPort),
      // A deleted service has no pairs: its entries went with its address.
      ...[...now].flatMap(([key, svc]) =>
        removedEndpoints(old.get(key), svc).flatMap((ep) => pairs(svc, ep, features)),
      ),
    ],
  };
}

function udpByKey(services: readonly ServicePort[]): ReadonlyMap<string, ServicePort> {
  return new Map(services.filter((svc) => svc.protocol === "udp").map((svc) => [servicePortKey(svc), svc]));
}

function usable(svc: ServicePort | undefined): readonly ProxyEndpoint[] {
  return (svc?.endpoints ?? []).filter((ep) => ep.ready);
}

function nodePortOf(svc: ServicePort | undefined): number {
  return svc?.nodePort ?? 0;
}

/** Addresses whose entries say "no DNAT" when a service gets its first endpoint. */
function flushedAddresses(svc: ServicePort, features: Features): readonly string[] {
  if (features.conntrackCleanup === "cluster-ip") return [svc.clusterIP];
  return [svc.clusterIP, ...(svc.externalIPs ?? []), ...(svc.loadBalancerIPs ?? [])];
}

/** Addresses of endpoints that were usable and are not any more. */
function removedEndpoints(before: ServicePort | undefined, after: ServicePort): readonly string[] {
  const key = (ep: ProxyEndpoint): string => `${ep.ip}:${ep.port}`;
  const left = new Set(usable(after).map(key));
  return usable(before)
    .filter((ep) => !left.has(key(ep)))
    .map((ep) => ep.ip);
}

/** One command per address of the service: entries from there to the endpoint. */
function pairs(svc: ServicePort, endpoint: string, features: Features): readonly (readonly string[])[] {
  const toAddress = (ip: string): string[] => ["-D", "--orig-dst", ip, "--dst-nat", endpoint, "-p", "udp"];
  if (features.conntrackCleanup === "cluster-ip") return [toAddress(svc.clusterIP)];
  const port = nodePortOf(svc);
  const byPort = port === 0 ? [] : [["-D", "-p", "udp", "--dport", String(port), "--dst-nat", endpoint]];
  return [...byPort, ...flushedAddresses(svc, features).map(toAddress)];
}
