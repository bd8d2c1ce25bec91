// A Service and the two pods behind it, asked from everywhere. Shown in docs/LIBRARY.md.
import { loadLab } from "@kubehop/lab";
import "@kubehop/lab/vitest";
import { expect, it } from "vitest";

const LAB = `
scenario: a Service and the pods behind it
matrix: { br_netfilter: [loaded, absent] }
cluster:
  hosts: [client]
  nodes: { node1: { modules: { br_netfilter: "\${br_netfilter}" } }, node2: {} }
place: { web#1: node1, web#2: node2, shell: node1 }
pin: { services: { web: { nodePort: 30080 } } }
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
  - { apiVersion: v1, kind: Service, metadata: { name: web }, spec: { type: NodePort, selector: { app: web }, ports: [{ port: 80 }] } }
  - { apiVersion: v1, kind: Pod, metadata: { name: shell }, spec: { containers: [{ name: c, image: busybox }] } }
`;

it("a pod reaches the Service, and is seen with its own address", async () => {
  const lab = await loadLab(LAB);
  await expect(lab.from("pod/shell").curl("http://web")).toReach({ backend: "deploy/web", client: "pod/shell" });
});

it("a client outside hides behind the node it asked", async () => {
  const lab = await loadLab(LAB);
  const answer = await lab.from("client").curl("http://node1:30080");
  await expect(answer).toReach({ backend: ["web#1", "web#2"] });
  await expect(answer).not.toReach({ client: "client" });
});

it("without br_netfilter the endpoint on the same node never answers", async () => {
  const lab = await loadLab(LAB, { cell: { br_netfilter: "absent" }, seed: 4 });
  const answers = await Promise.all(Array.from({ length: 8 }, () => lab.from("pod/shell").curl("http://web")));
  const lost = answers.filter(({ result }) => result === "timeout");
  expect(lost.length).toBeGreaterThan(0);
  expect(lost.length).toBeLessThan(8);
  for (const answer of lost) await expect(answer).not.toReach();
  for (const answer of answers.filter(({ result }) => result === "ok"))
    await expect(answer).toReach({ backend: "web#2" });
});

it("time passes when it is told to, and what happened can be explained", async () => {
  const lab = await loadLab(LAB);
  await lab.wait("30s");
  expect((await lab.node("node1").run("conntrack -L -p tcp")).stdout).toBe("");
  await lab.from("pod/shell").ping("web#2");
  expect(lab.explain("minimal")).toContain("flannel.1");
  expect(lab.now).toBe(30_000);
});
