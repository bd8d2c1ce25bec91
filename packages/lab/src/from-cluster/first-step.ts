// The first thing anybody asks of a cluster in trouble: does the Service answer?
import { at, type Dumped, entriesAt, listAt, textAt } from "./dumped.ts";
import type { KnownPod } from "./pods.ts";

type Plain = Record<string, unknown>;

/** A request to the first Service, from a pod that is not behind it, else from a node; without a Service a look at the routes. */
export function firstStep(services: readonly Dumped[], pods: readonly KnownPod[], nodes: readonly string[]): Plain {
  const service = services.find(({ value }) => entriesAt(value, "spec", "selector").length > 0 && hasAddress(value));
  if (service === undefined) return { run: "kubectl get pods -o wide -A" };
  const client = pods.find((known) => !isBehind(known, service));
  const from = client?.ref ?? nodeOf(pods, nodes);
  const [port] = listAt(service.value, "spec", "ports");
  const number = textAt(port, "port") ?? "80";
  const protocol = (textAt(port, "protocol") ?? "TCP").toLowerCase();
  const name =
    client === undefined ? (textAt(service.value, "spec", "clusterIP") ?? service.name) : dnsName(service, client);
  if (protocol === "tcp") return { in: from, run: `curl --silent --show-error --max-time 5 http://${name}:${number}/` };
  return { send: `${from} > svc/${service.namespace}/${service.name}:${number}/${protocol}` };
}

function hasAddress(service: unknown): boolean {
  const address = textAt(service, "spec", "clusterIP") ?? "";
  return address !== "" && address !== "None";
}

function isBehind({ pod }: KnownPod, service: Dumped): boolean {
  if (pod.namespace !== service.namespace) return false;
  return entriesAt(service.value, "spec", "selector").every(
    ([key, value]) => at(pod.value, "metadata", "labels", key) === value,
  );
}

/** A node that surely exists: one of the dump, with a pod where there is such, else the first by default. */
function nodeOf(pods: readonly KnownPod[], nodes: readonly string[]): string {
  return pods.find(({ node }) => node !== undefined && nodes.includes(node))?.node ?? nodes[0] ?? "node1";
}

/** As short as the client's search list allows. */
function dnsName({ name, namespace }: Dumped, { pod }: KnownPod): string {
  return namespace === pod.namespace ? name : `${name}.${namespace}`;
}
