import type { ClientOutcome } from "@kubehop/commands";
import { formatIpv4 } from "@kubehop/netstack";
import { describe, expect, it } from "vitest";
import { Cluster } from "../../src/cluster/cluster.ts";
import { loadScenario } from "../../src/load/load-scenario.ts";
import type { CellPlan } from "../../src/model/scenario.ts";
import { startSend } from "../../src/steps/send.ts";

const TEXT = `scenario: a cluster
cluster: { nodes: [node1, node2], hosts: [client] }
manifests:
  - apiVersion: apps/v1
    kind: Deployment
    metadata: { name: web }
    spec:
      replicas: 2
      selector: { matchLabels: { app: web } }
      template:
        metadata: { labels: { app: web } }
        spec: { containers: [{ name: nginx, image: nginx, ports: [{ containerPort: 80 }] }] }
  - apiVersion: v1
    kind: Service
    metadata: { name: web }
    spec: { type: NodePort, selector: { app: web }, ports: [{ port: 80, nodePort: 30080 }] }
  - apiVersion: v1
    kind: Pod
    metadata: { name: shell }
    spec: { containers: [{ name: shell, image: busybox }] }
place: { web: [node2, node1], shell: node1 }
steps:
  - { send: "shell > svc/web:80", expect: ok }
`;

function plan(): CellPlan {
  const loaded = loadScenario("a.yaml", TEXT, () => undefined);
  if (!loaded.ok) throw new Error(loaded.diagnostics.map((d) => `${d.line}:${d.col} ${d.message}`).join("\n"));
  const [cell] = loaded.scenario.cells;
  if (cell === undefined) throw new Error("no cell");
  return cell;
}

function send(cluster: Cluster, from: string, to: string, port: number): ClientOutcome | undefined {
  const place = cluster.places.find(from);
  const address = cluster.places.address(to);
  if (place === undefined || address === undefined) throw new Error(`${from} > ${to}`);
  let result: ClientOutcome | undefined;
  const flow = { text: "", from: { name: from, port: undefined }, to: { name: to, port }, protocol: "tcp" as const };
  startSend(
    place.ns,
    { kind: "send", flow, payload: undefined, timeout: 5000 },
    formatIpv4(address),
    (r) => (result = r),
  );
  cluster.advance(6000);
  return result;
}

describe("a flannel cluster", () => {
  it.each([
    // The masquerade address is the one of the device the packet leaves by: cni0 here, flannel.1 to the other node.
    { endpoint: "web#2", viaNodePort: "10.244.0.1" },
    { endpoint: "web#1", viaNodePort: "10.244.0.0" },
  ])("reaches $endpoint by pod, Service and node port", ({ endpoint, viaNodePort }) => {
    const cluster = Cluster.build(plan(), 1);
    const pod = cluster.places.pod(endpoint);
    cluster.pick(pod?.status.podIP ?? "");
    expect(send(cluster, "shell", endpoint, 80)?.result).toBe("ok");
    expect(send(cluster, "shell", "svc/web", 80)?.result).toBe("ok");
    expect(cluster.served.at(-1)).toMatchObject({ ns: `default/${pod?.metadata.name}`, client: "10.244.0.2" });
    expect(send(cluster, "client", "node1", 30080)?.result).toBe("ok");
    expect(cluster.served.at(-1)).toMatchObject({ ns: `default/${pod?.metadata.name}`, client: viaNodePort });
  });

  it("is the same for the same seed, and its random parts differ with another", () => {
    const [a, b, c] = [1, 1, 2].map((seed) => Cluster.build(plan(), seed).world.namespaces.get("node1"));
    const text = (ns: typeof a): string => `${ns?.devices.byName("flannel.1")?.addr} ${ns?.xt.backend().save()}`;
    expect(text(b)).toBe(text(a));
    expect(text(c)).not.toBe(text(a));
  });
});
