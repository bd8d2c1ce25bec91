// `place:`, `pin:` and `serve:` — what decides instead of chance.
import { type Cidr, cidrContains, parseCidr, parseIPv4, type Path } from "@kubehop/kube";
import type { ClusterSpec } from "../model/cluster-spec.ts";
import type {
  OrderPin,
  Pins,
  PlaceRule,
  PodPin,
  ServerSpec,
  ServeRule,
  ServicePin,
  SocketPin,
} from "../model/scenario.ts";
import type { ScenarioFile } from "../schema/scenario-schema.ts";
import type { LoadContext } from "./context.ts";
import { type Draft, entriesOf, manyOf } from "./draft.ts";
import type { KnownNames } from "./names.ts";

export function buildPlace(context: LoadContext, names: KnownNames): PlaceRule[] {
  return entriesOf(context.draft.place).map(([ref, written]) => {
    const path = ["place", ref];
    const pods = atKey(context, path, () => names.podRef(ref, path));
    const nodes = manyOf(written);
    for (const { item, step } of nodes) names.checkNode(item, [...path, ...step]);
    if (pods.index !== undefined && nodes.length > 1) context.report(path, `${ref} is one pod, it runs on one node`);
    return { pods, nodes: nodes.map(({ item }) => item) };
  });
}

/** References that are keys are reported at the key. */
function atKey<T>(context: LoadContext, path: Path, check: () => T): T {
  const before = context.diagnostics.length;
  const result = check();
  for (const [index, diagnostic] of context.diagnostics.entries()) {
    if (index >= before) context.diagnostics[index] = { ...diagnostic, ...context.document.keyPosition(path) };
  }
  return result;
}

export function buildPins(
  context: LoadContext,
  cluster: ClusterSpec,
  names: KnownNames,
  place: readonly PlaceRule[],
): Pins {
  const draft = context.draft.pin ?? {};
  const pods = entriesOf(draft.pods).map(([ref, pin]): PodPin => {
    const path = ["pin", "pods", ref];
    const pod = atKey(context, path, () => names.podRef(ref, path));
    const { name, ip, mac, veth, vethMac } = pin;
    return { pod, name, ip, mac: mac?.toLowerCase(), veth, vethMac: vethMac?.toLowerCase() };
  });
  checkUnique(context, pods);
  checkPodAddresses(context, cluster, pods, place);
  return {
    pods,
    services: buildServicePins(context, cluster, names),
    sockets: buildSocketPins(context, names),
    order: buildOrder(context, names, draft.order),
  };
}

function checkUnique(context: LoadContext, pods: readonly PodPin[]): void {
  for (const key of ["name", "ip", "mac", "vethMac"] as const) {
    const seen = new Map<string, string>();
    for (const pin of pods) {
      const value = pin[key];
      if (value === undefined) continue;
      const owner = seen.get(value);
      if (owner !== undefined)
        context.report(["pin", "pods", pin.pod.text, key], `${value} is already pinned for ${owner}`, {
          code: "conflict",
        });
      seen.set(value, pin.pod.text);
    }
  }
}

/** A pinned address lies in the podCIDR of the pod's node, if that is known, else of any node. */
function checkPodAddresses(
  context: LoadContext,
  cluster: ClusterSpec,
  pods: readonly PodPin[],
  place: readonly PlaceRule[],
): void {
  for (const { pod, ip } of pods) {
    const address = ip === undefined ? undefined : parseIPv4(ip);
    if (address === undefined) continue;
    const rule = place.find((candidate) => candidate.pods.text === pod.text);
    const nodes = cluster.nodes.filter((node) => rule === undefined || rule.nodes.includes(node.name));
    const path = ["pin", "pods", pod.text, "ip"];
    const home = nodes.find((node) => contains(parseCidr(node.podCIDR), address));
    if (home === undefined && nodes.length > 0) {
      const where =
        rule === undefined
          ? "any podCIDR"
          : `the podCIDR ${nodes.map((node) => node.podCIDR).join(" or ")} of ${rule.nodes.join(" or ")}`;
      context.report(path, `${ip} is not in ${where}`, { code: "conflict" });
    } else if (home !== undefined && isReserved(parseCidr(home.podCIDR), address)) {
      context.report(path, `${ip} is not an address pods of ${home.name} get`, {
        hint: "the first one belongs to the bridge, the ends to the network",
      });
    }
  }
}

function contains(network: Cidr | undefined, address: number): boolean {
  return network !== undefined && cidrContains(network, address);
}

/** host-local gives out neither the network's ends nor the gateway. */
function isReserved(network: Cidr | undefined, address: number): boolean {
  if (network === undefined) return false;
  const offset = address - network.base;
  return offset <= 1 || offset === 2 ** (32 - network.prefix) - 1;
}

function buildServicePins(context: LoadContext, cluster: ClusterSpec, names: KnownNames): ServicePin[] {
  const network = parseCidr(cluster.services.cidr);
  const [first, last] = cluster.services.nodePorts;
  const seen = new Map<string, string>();
  return entriesOf(context.draft.pin?.services).map(([key, pin]) => {
    const path = ["pin", "services", key];
    const [written, name = key] = key.includes("/") ? key.split("/", 2) : [undefined, key];
    const namespace = names.checkService(written, name, path, true);
    const address = pin.clusterIP === undefined ? undefined : parseIPv4(pin.clusterIP);
    if (address !== undefined && network !== undefined && !cidrContains(network, address)) {
      context.report(
        [...path, "clusterIP"],
        `${pin.clusterIP} is outside the Services' network ${cluster.services.cidr}`,
        { code: "conflict", hint: "write cluster.services.cidr" },
      );
    }
    const owner = pin.clusterIP === undefined ? undefined : seen.get(pin.clusterIP);
    if (owner !== undefined)
      context.report([...path, "clusterIP"], `${pin.clusterIP} is already pinned for ${owner}`, { code: "conflict" });
    if (pin.clusterIP !== undefined) seen.set(pin.clusterIP, key);
    const ports = [
      ...(pin.nodePort === undefined ? [] : [{ at: ["nodePort"], port: pin.nodePort }]),
      ...entriesOf(pin.nodePorts).map(([port, number]) => ({ at: ["nodePorts", port], port: number })),
    ];
    for (const { at, port } of ports) {
      if (port < first || port > last)
        context.report([...path, ...at], `node port ${port} is out of range (${first}-${last})`);
    }
    const nodePorts = {
      ...(pin.nodePort === undefined ? {} : { "": pin.nodePort }),
      ...Object.fromEntries(entriesOf(pin.nodePorts)),
    };
    return { namespace, name, clusterIP: pin.clusterIP, nodePorts, position: context.document.keyPosition(path) };
  });
}

/** By place; the references are keys. */
function buildSocketPins(context: LoadContext, names: KnownNames): SocketPin[] {
  return entriesOf(context.draft.pin?.sockets).map(([place, pin]): SocketPin => {
    const path = ["pin", "sockets", place];
    atKey(context, path, () => names.checkPlace(place, path));
    const { isn, ports, ipIds, resetIds, timestamp, windowScale } = pin;
    return {
      place,
      isn: present(isn),
      ports: present(ports),
      ipIds: present(ipIds),
      resetIds: present(resetIds),
      timestamp,
      windowScale,
    };
  });
}

function present<T>(list: readonly (T | undefined)[] | undefined): T[] {
  return (list ?? []).filter((item) => item !== undefined);
}

function buildOrder(
  context: LoadContext,
  names: KnownNames,
  draft: NonNullable<Draft<ScenarioFile>["pin"]>["order"],
): OrderPin {
  const path = ["pin", "order"];
  for (const { item, step } of manyOf<string>(draft?.services))
    names.checkServicePort(item, [...path, "services", ...step]);
  for (const [key, list] of entriesOf(draft?.endpoints)) {
    names.checkServicePort(key, [...path, "endpoints", key], true);
    for (const { item, step } of manyOf<string>(list)) {
      if (!isEndpoint(item))
        context.report([...path, "endpoints", key, ...step], `${JSON.stringify(item)} is not ADDRESS:PORT`);
    }
  }
  const services = (draft?.services ?? []).filter((key) => key !== undefined);
  const endpoints = entriesOf(draft?.endpoints).map(([key, list]): [string, string[]] => [
    key,
    list.filter((endpoint) => endpoint !== undefined),
  ]);
  return { services, endpoints: Object.fromEntries(endpoints) };
}

function isEndpoint(text: string): boolean {
  const [address = "", port = "", ...rest] = text.split(":");
  return parseIPv4(address) !== undefined && /^[1-9]\d{0,4}$/.test(port) && Number(port) <= 65535 && rest.length === 0;
}

const SERVERS: Readonly<Record<string, Pick<ServerSpec, "kind" | "protocol">>> = {
  http: { kind: "http", protocol: "tcp" },
  echo: { kind: "echo", protocol: "tcp" },
  hostname: { kind: "hostname", protocol: "tcp" },
  "udp-echo": { kind: "echo", protocol: "udp" },
  "udp-hostname": { kind: "hostname", protocol: "udp" },
};

export function buildServe(context: LoadContext, names: KnownNames): ServeRule[] {
  return entriesOf(context.draft.serve).map(([ref, written]) => {
    const path = ["serve", ref];
    const pods = atKey(context, path, () => names.podRef(ref, path));
    if (typeof written === "string") return { pods, servers: [] };
    const { body, ...ports } = written;
    if (body !== undefined && ports.http === undefined)
      context.report([...path, "body"], "a body is what an http server answers", { hint: "add http: 80", atKey: true });
    const servers = entriesOf(ports).flatMap(([kind, port]) => {
      const server = SERVERS[kind];
      return server === undefined ? [] : [{ ...server, port, body: kind === "http" ? body : undefined }];
    });
    if (servers.length === 0 && body === undefined)
      context.report(path, "nothing is served", { hint: "write none, or a server such as http: 80" });
    return { pods, servers };
  });
}
