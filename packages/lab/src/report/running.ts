// `validate --resolved`: the cluster of a cell as it stands at time 0, with everything chance and defaults decided.
import type { Pod, Service } from "@kubehop/kube";
import { dumpAddrs, dumpLinks, type LinkRow, type NetNamespace } from "@kubehop/netstack";
import { serversIn } from "../cluster/agents.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { CellPlan } from "../model/scenario.ts";
import { startLab } from "../steps/start-lab.ts";

/**
 * Machines with their devices, pods with node, address, MACs and servers, Services with addresses and node ports; one a line.
 * Throws Refusal when the cluster asks for what is not modelled.
 */
export function runningLines(plan: CellPlan, seed: number): string[] {
  const { cluster } = startLab(plan, seed, { readFile: (path) => plan.files[path] });
  const { store } = cluster.control;
  const machines = [...plan.cluster.nodes, ...plan.cluster.hosts];
  return [
    ...machines.flatMap(({ kind, name, ip }) => [
      `${kind} ${name}  ${ip}`,
      ...deviceLines(cluster.world.namespaces.get(name), isPodEnd).map((line) => `  ${line}`),
    ]),
    ...(plan.bare?.namespaces ?? []).flatMap(({ name }) => [
      `namespace ${name}`,
      ...deviceLines(cluster.world.namespaces.get(name), () => false).map((line) => `  ${line}`),
    ]),
    ...store.list("Pod").map((pod) => podLine(cluster, pod)),
    ...store.list("Service").map(serviceLine),
  ];
}

/** The node's end of a pod's veth pair: told with the pod. */
function isPodEnd({ linkinfo, link_netnsid }: LinkRow): boolean {
  return linkinfo.info_kind === "veth" && link_netnsid !== undefined;
}

/** `eth0  192.168.99.11/24  52:54:00:12:34:56  mtu 1500` */
function deviceLines(ns: NetNamespace | undefined, leaveOut: (row: LinkRow) => boolean): string[] {
  if (ns === undefined) return [];
  const addresses = new Map(
    dumpAddrs(ns).map((row) => [row.ifname, row.addr_info.map(({ local, prefixlen }) => `${local}/${prefixlen}`)]),
  );
  return dumpLinks(ns)
    .filter((row) => row.ifname !== "lo" && !leaveOut(row))
    .map((row) => spaced([row.ifname, ...(addresses.get(row.ifname) ?? []), row.address, `mtu ${row.mtu}`]));
}

/** `pod default/web-5d…-abcde (default/deploy/web#1)  node1  10.244.0.2  0a:58:0a:f4:00:02  mtu 1450  veth1234 de:ad:…  http 80` */
function podLine(cluster: Cluster, pod: Pod): string {
  const { namespace, name } = pod.metadata;
  const reference = cluster.control.referenceOf(pod);
  const subject = `pod ${namespace}/${name}${reference === undefined ? "" : ` (${reference})`}`;
  const node = pod.spec.nodeName ?? "on no node";
  const servers = serversIn(cluster.plan, cluster.control, pod).map((one) => `${one.kind} ${one.port}/${one.protocol}`);
  const serves = servers.length === 0 ? "serves nothing" : `serves ${servers.join(", ")}`;
  return spaced([subject, node, ...wiring(cluster, pod), serves]);
}

/** Address, MAC and MTU of the pod's eth0, and the node's end of its cable. */
function wiring(cluster: Cluster, pod: Pod): string[] {
  const { podIP = "no address" } = pod.status;
  if (pod.spec.hostNetwork) return [podIP, "the node's network"];
  const ns = cluster.world.namespaces.get(`${pod.metadata.namespace}/${pod.metadata.name}`);
  const eth0 = ns === undefined ? undefined : dumpLinks(ns).find(({ ifname }) => ifname === "eth0");
  const home = cluster.world.namespaces.get(pod.spec.nodeName ?? "");
  const peer = ns?.devices.byName("eth0")?.peer?.name;
  const veth = home === undefined ? undefined : dumpLinks(home).find(({ ifname }) => ifname === peer);
  return [
    podIP,
    ...(eth0 === undefined ? [] : [eth0.address, `mtu ${eth0.mtu}`]),
    ...(veth === undefined ? [] : [`${veth.ifname} ${veth.address}`]),
  ];
}

/** `svc default/web  NodePort 10.96.0.80  http 80/TCP > 8080, node port 30080` */
function serviceLine({ metadata, spec }: Service): string {
  const ports = spec.ports.map((port) =>
    [
      port.name ?? "",
      `${port.port}/${port.protocol} > ${port.targetPort}${port.nodePort === undefined ? "" : `, node port ${port.nodePort}`}`,
    ]
      .filter((part) => part !== "")
      .join(" "),
  );
  const address = spec.clusterIP === "" ? "no address" : spec.clusterIP;
  return spaced([`svc ${metadata.namespace}/${metadata.name}`, `${spec.type} ${address}`, ...ports]);
}

function spaced(parts: readonly string[]): string {
  return parts.join("  ");
}
