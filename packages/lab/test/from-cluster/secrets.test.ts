// What a new scenario must not hold: it is made to be shared, and a dump is full of passwords.
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { newScenario } from "../../src/from-cluster/new-scenario.ts";

/** Wherever people put secrets, in a pod of its own and in a template. Every value of it begins with SECRET. */
const CONTAINER = `
        - name: c
          image: nginx
          command: [SECRET-COMMAND, "-c"]
          args: [--password=SECRET-ARG]
          env: [{ name: DB, value: SECRET-ENV }]
          ports: [{ containerPort: 80 }]
          livenessProbe: { httpGet: { path: /SECRET-PATH, port: 80, httpHeaders: [{ name: Authorization, value: SECRET-HEADER }] } }
          lifecycle: { preStop: { exec: { command: [SECRET-STOP] } } }
          volumeMounts: [{ name: v, mountPath: /SECRET-MOUNT }]`;
const ANNOTATIONS = `annotations: { vault.token: SECRET-ANNOTATION, kubectl.kubernetes.io/last-applied-configuration: SECRET-APPLIED }`;

const DUMP = `
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Node
  metadata: { name: n1, labels: { zone: east, unused: SECRET-LABEL }, ${ANNOTATIONS} }
  spec: { podCIDR: 10.244.0.0/24 }
  status: { addresses: [{ type: InternalIP, address: 10.0.0.1 }], nodeInfo: { kubeletVersion: v1.28.3 } }
- apiVersion: v1
  kind: Pod
  metadata: { name: p, labels: { app: p }, ${ANNOTATIONS} }
  spec:
    nodeName: n1
    nodeSelector: { zone: east }
    imagePullSecrets: [{ name: SECRET-PULL }]
    initContainers: [{ name: i, image: busybox, command: [SECRET-INIT] }]
    containers: ${CONTAINER}
  status: { phase: Running, podIP: 10.244.0.9, message: SECRET-MESSAGE }
- apiVersion: apps/v1
  kind: Deployment
  metadata: { name: web, labels: { app: web }, ${ANNOTATIONS} }
  spec:
    replicas: 1
    selector: { matchLabels: { app: web } }
    template:
      metadata: { labels: { app: web, tier: front }, ${ANNOTATIONS} }
      spec:
        containers: ${CONTAINER}
        ${CONTAINER.trim().replace("name: c", "name: d").replace("containerPort: 80", "containerPort: 81")}
- apiVersion: v1
  kind: Service
  metadata: { name: web, ${ANNOTATIONS} }
  spec: { clusterIP: 10.96.0.9, selector: { app: web }, ports: [{ port: 80 }] }
- { apiVersion: v1, kind: Secret, metadata: { name: s, namespace: default }, data: { password: SECRET-DATA } }
- { apiVersion: v1, kind: ConfigMap, metadata: { name: cm, namespace: default }, data: { password: SECRET-CONFIG } }
- apiVersion: v1
  kind: ConfigMap
  metadata: { name: kube-proxy, namespace: kube-system }
  data: { config.conf: "mode: iptables\\nclientConnection: SECRET-CLIENT\\n", kubeconfig.conf: "token: SECRET-TOKEN" }
`;

function made(manifests: string | undefined): Extract<ReturnType<typeof newScenario>, { ok: true }> {
  const result = newScenario("stdin", DUMP, { title: "t", manifests });
  if (!result.ok) throw new Error(result.diagnostics.map(({ message }) => message).join("\n"));
  return result;
}

describe("a dump full of passwords", () => {
  it.each([undefined, "./manifests.yaml"])("leaves none of them in what is written or said (%s)", (path) => {
    const { scenario, manifests = "", notes, problems } = made(path);
    expect(problems).toEqual([]);
    for (const text of [scenario, manifests, notes.join("\n")])
      expect(text.split("\n").filter((line) => line.includes("SECRET"))).toEqual([]);
  });

  it("keeps what decides who is selected", () => {
    const { scenario } = made(undefined);
    expect(parse(scenario)).toMatchObject({
      cluster: { nodes: { n1: { labels: { zone: "east" } } } },
      manifests: [
        { metadata: { labels: { app: "p" } } },
        { spec: { template: { metadata: { labels: { app: "web", tier: "front" } } } } },
        { spec: { selector: { app: "web" } } },
      ],
    });
  });

  it("says what was left out", () => {
    const { notes } = made(undefined);
    expect(notes).toContain(
      "left out: command and args of containers, which nothing runs here (6 times): Pod default/p, Deployment default/web",
    );
    expect(notes).toContain(
      "left out: annotations (4 times): Pod default/p vault.token, Deployment default/web vault.token, Service default/web vault.token",
    );
  });
});
