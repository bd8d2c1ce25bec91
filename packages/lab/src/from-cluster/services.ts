// Services: their addresses and node ports become pins, so that they are those of the ticket.
import { cidrContains, formatCidr, parseCidr, parseIPv4 } from "@kubehop/kube";
import { cleaned, loadBalancerStatus } from "./clean.ts";
import { at, type Dumped, entriesAt, listAt, textAt } from "./dumped.ts";
import type { Notes } from "./notes.ts";

type Plain = Record<string, unknown>;

/** `web`, `prod/web`. */
export function serviceKey({ namespace, name }: Pick<Dumped, "namespace" | "name">): string {
  return namespace === "default" || namespace === "" ? name : `${namespace}/${name}`;
}

/** The manifest without what the pin holds. */
export function serviceManifest(service: Dumped, notes: Notes): Plain {
  const { spec, ...rest } = cleaned(service, "Service", notes);
  const { clusterIP, clusterIPs: _clusterIPs, ipFamilies: _families, ...kept } = Object.fromEntries(entriesAt(spec));
  const headless = clusterIP === "None" ? { clusterIP } : {};
  const ports = listAt(kept, "ports").map((port) => {
    const { nodePort: _nodePort, ...others } = Object.fromEntries(entriesAt(port));
    return others;
  });
  const type = kept["type"] === "ClusterIP" ? {} : "type" in kept ? { type: kept["type"] } : {};
  const { type: _type, ports: _ports, ...others } = kept;
  return { ...rest, spec: { ...type, ...headless, ...others, ports }, ...loadBalancerStatus(service) };
}

/** Addresses and ports that the API server gave; undefined: it gave none. */
export function servicePin({ value }: Dumped): Plain | undefined {
  const clusterIP = textAt(value, "spec", "clusterIP");
  const address = clusterIP === undefined || clusterIP === "None" || clusterIP === "" ? {} : { clusterIP };
  const ports = listAt(value, "spec", "ports").flatMap((port): [string, unknown][] => {
    const nodePort = at(port, "nodePort");
    return typeof nodePort === "number" ? [[textAt(port, "name") ?? "", nodePort]] : [];
  });
  const [only] = ports;
  const pinned =
    only === undefined ? {} : only[0] === "" ? { nodePort: only[1] } : { nodePorts: Object.fromEntries(ports) };
  const pin = { ...address, ...pinned };
  return Object.keys(pin).length === 0 ? undefined : pin;
}

/** kubeadm's. */
const USUAL_CIDR = "10.96.0.0/12";

/** The network of ClusterIPs, as far as the Services show it; undefined: the usual one holds them all. */
export function serviceNetwork(services: readonly Dumped[], notes: Notes): string | undefined {
  const addresses = services
    .map(({ value }) => parseIPv4(textAt(value, "spec", "clusterIP") ?? ""))
    .filter((ip) => ip !== undefined);
  const holdsAll = (text: string): boolean => {
    const cidr = parseCidr(text);
    return cidr !== undefined && addresses.every((address) => cidrContains(cidr, address));
  };
  const [first] = addresses;
  if (first === undefined || holdsAll(USUAL_CIDR)) return undefined;
  const found = [24, 20, 16, 12, 8].map((prefix) => formatCidr({ base: masked(first, prefix), prefix })).find(holdsAll);
  notes.say(`cluster.services.cidr ${found ?? "unknown"} is a guess: the smallest usual network with all ClusterIPs`);
  return found;
}

function masked(address: number, prefix: number): number {
  const size = 2 ** (32 - prefix);
  return Math.floor(address / size) * size;
}
