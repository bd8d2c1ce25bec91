// Small clusters that explanations are tried on.

import { loadScenario } from "../../src/load/load-scenario.ts";
import type { Scenario } from "../../src/model/scenario.ts";

/** Two web pods, the first on node1, behind a NodePort Service; `extra` replaces the default steps. */
export interface WebOptions {
  readonly cluster?: string;
  readonly place?: string;
  readonly head?: string;
  readonly steps: string;
}

export const TWO_NODES = `
  kubernetes: "1.10"
  nodes:
    node1: { ip: 192.168.120.226, podCIDR: 10.1.5.0/24, nic: ens192 }
    node2: { ip: 192.168.120.227, podCIDR: 10.1.6.0/24, nic: ens192 }
  hosts: { client: { ip: 192.168.120.252 } }
  underlay: { cidr: 192.168.120.0/24 }
  cni: { flannel: { network: 10.1.0.0/16 } }`;

export function web({ cluster = TWO_NODES, place = "node2", head = "", steps }: WebOptions): Scenario {
  const text = `scenario: web
${head}
cluster:${cluster}
manifests:
  - apiVersion: apps/v1
    kind: Deployment
    metadata: { name: web }
    spec:
      replicas: 2
      selector: { matchLabels: { app: web } }
      template:
        metadata: { labels: { app: web } }
        spec: { containers: [{ name: c, image: nginx, ports: [{ containerPort: 80 }] }] }
  - apiVersion: v1
    kind: Service
    metadata: { name: web }
    spec: { type: NodePort, clusterIP: 10.96.0.80, selector: { app: web }, ports: [{ port: 80, nodePort: 30080 }] }
  - apiVersion: v1
    kind: Service
    metadata: { name: empty }
    spec: { type: NodePort, selector: { app: none }, ports: [{ port: 80, nodePort: 30081 }] }
place: { "web#1": node1, "web#2": ${place} }
pin: { pods: { "web#1": { name: web-a }, "web#2": { name: web-b } } }
steps:
${steps}
`;
  const loaded = loadScenario("web.yaml", text, () => undefined);
  if (!loaded.ok) throw new Error(loaded.diagnostics.map(({ message }) => message).join("\n"));
  return loaded.scenario;
}
