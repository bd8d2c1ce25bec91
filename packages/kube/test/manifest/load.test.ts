import { expect, test } from "vitest";
import {
  type Deployment,
  IGNORED_KINDS,
  loadManifests,
  parseYaml,
  REFUSED_KINDS,
  renderDiagnostics,
  type Service,
} from "../../src/index.ts";
import { cidr, fixture, load } from "../lab.ts";

function mistakes(text: string, settings?: Parameters<typeof loadManifests>[1]): string[] {
  const { diagnostics } = loadManifests([parseYaml("m.yaml", text)], settings);
  return diagnostics.map(({ line, col, message }) => `${line}:${col} ${message}`);
}

const service = (spec: string, name = "web"): string =>
  `apiVersion: v1\nkind: Service\nmetadata: { name: ${name} }\nspec:\n  ${spec.replaceAll("\n", "\n  ")}\n`;

test("the manifests of article 002 load unmodified", () => {
  const files = ["deployment.yaml", "service-nodeport.yaml", "centos-deployment.yaml"];
  const { objects, diagnostics } = loadManifests(files.map((file) => parseYaml(file, fixture(file))));
  expect(diagnostics).toEqual([]);
  expect(objects.map(({ object }) => `${object.kind} ${object.metadata.namespace}/${object.metadata.name}`)).toEqual([
    "Deployment default/nginx-deployment",
    "Service default/nginx-service",
    "Deployment default/centos-deployment",
  ]);
  const [web, svc] = objects.map(({ object }) => object) as [Deployment, Service];
  expect(web.spec).toMatchObject({ replicas: 4, strategy: { rollingUpdate: { maxSurge: "25%" } } });
  expect(svc.spec.ports).toEqual([{ port: 8000, targetPort: 80, nodePort: 30080, protocol: "TCP" }]);
});

test("fields without effect on the network are accepted and listed, old groups get their old defaults", () => {
  const source = parseYaml("real.yaml", fixture("real-world.yaml"));
  const { objects, diagnostics, notes } = loadManifests([source]);
  expect(renderDiagnostics(diagnostics, [source.source])).toBe("");
  expect(notes.map(({ subject, line }) => `${line} ${subject}`)).toMatchInlineSnapshot(`
    [
      "10 Deployment default/podinfo spec.minReadySeconds",
      "11 Deployment default/podinfo spec.revisionHistoryLimit",
      "17 Deployment default/podinfo spec.template.spec.serviceAccountName",
      "18 Deployment default/podinfo spec.template.spec.securityContext.runAsNonRoot",
      "19 Deployment default/podinfo spec.template.spec.affinity",
      "21 Deployment default/podinfo spec.template.spec.initContainers",
      "25 Deployment default/podinfo spec.template.spec.containers[0].imagePullPolicy",
      "29 Deployment default/podinfo spec.template.spec.containers[0].env",
      "30 Deployment default/podinfo spec.template.spec.containers[0].livenessProbe",
      "31 Deployment default/podinfo spec.template.spec.containers[0].readinessProbe",
      "32 Deployment default/podinfo spec.template.spec.containers[0].resources",
      "33 Deployment default/podinfo spec.template.spec.containers[0].volumeMounts",
      "34 Deployment default/podinfo spec.template.spec.volumes",
      "54 Service default/podinfo spec.ports[0].appProtocol",
      "58 ConfigMap settings",
    ]
  `);
  const [podinfo, svc] = objects.map(({ object }) => object) as [Deployment, Service];
  expect(podinfo.spec.selector).toEqual({ matchLabels: { app: "podinfo" } });
  expect(podinfo.spec.strategy.rollingUpdate).toEqual({ maxSurge: 1, maxUnavailable: 1 });
  expect(podinfo.spec.template.spec.tolerations).toEqual([
    { key: "node-role.kubernetes.io/master", operator: "Equal", effect: "NoSchedule" },
  ]);
  expect(svc.spec.clusterIP).toBe("10.100.1.2");
});

test("every default that was filled in is remembered with its path", () => {
  const [loaded] = load(service("ports: [{ port: 80 }]"));
  expect(loaded?.filled.map(({ path, value }) => `${path.join(".")} = ${String(value)}`)).toEqual([
    "metadata.namespace = default",
    "spec.type = ClusterIP",
    "spec.sessionAffinity = None",
    "spec.publishNotReadyAddresses = false",
    "spec.internalTrafficPolicy = Cluster",
    "spec.ports.0.protocol = TCP",
    "spec.ports.0.targetPort = 80",
  ]);
});

test("a manifest with many mistakes gets all of them at once", () => {
  const source = parseYaml("bad.yaml", fixture("bad.yaml"));
  const { diagnostics, objects } = loadManifests([source]);
  expect(objects).toEqual([]);
  expect(diagnostics.length).toBeGreaterThanOrEqual(8);
  expect(renderDiagnostics(diagnostics, [source.source])).toMatchInlineSnapshot(`
    "bad.yaml:4:9: "Web_1" is not a Service name: lower-case letters, digits and '-', beginning with a letter
       4 |   name: Web_1
         |         ^^^^^

    bad.yaml:5:22: expected text for metadata.labels.version, found the number 1.10
       5 |   labels: { version: 1.10, on: yes }
         |                      ^^^^
    hint: write it in quotes: "1.10"

    bad.yaml:5:32: Kubernetes reads unquoted yes as true or false, metadata.labels.on wants text
       5 |   labels: { version: 1.10, on: yes }
         |                                ^^^
    hint: write it in quotes: "yes"

    bad.yaml:8:14: 192.168.1.1 is not in the service network 10.96.0.0/12
       8 |   clusterIP: 192.168.1.1
         |              ^^^^^^^^^^^
    hint: write cluster.services.cidr so that it holds it, or another address

    bad.yaml:9:3: unknown key "prots" in spec
       9 |   prots: []
         |   ^^^^^
    hint: did you mean "ports"?

    bad.yaml:13:7: unknown key "tagetPort" in spec.ports[0]
      13 |       tagetPort: 8080
         |       ^^^^^^^^^
    hint: did you mean "targetPort"?

    bad.yaml:14:17: nodePort 80 is outside the range 30000-32767
      14 |       nodePort: 80
         |                 ^^
    hint: write a port of the range, or none: a free one is taken

    bad.yaml:15:7: missing key "name": with several ports each needs a name
      15 |     - port: 70000
         |       ^^^^^^^^^^^

    bad.yaml:15:13: must be at most 65535 for spec.ports[1].port, found the number 70000
      15 |     - port: 70000
         |             ^^^^^

    bad.yaml:16:17: expected one of TCP, UDP, SCTP for spec.ports[1].protocol, found text "tcp"
      16 |       protocol: tcp
         |                 ^^^
    hint: did you mean "TCP"?

    bad.yaml:18:17: IPv6 is not modelled yet: fe80::1
      18 |   externalIPs: ["fe80::1"]
         |                 ^^^^^^^^^
    hint: write it in IPv4

    bad.yaml:19:3: topologyKeys is not modelled: topology aware routing
      19 |   topologyKeys: ["*"]
         |   ^^^^^^^^^^^^

    bad.yaml:25:1: missing key "selector" in spec
      25 | spec:
         | ^^^^

    bad.yaml:26:13: expected a number for spec.replicas, found text "three"
      26 |   replicas: "three"
         |             ^^^^^^^

    bad.yaml:30:7: hostAliases is not modelled: names in a pod's /etc/hosts
      30 |       hostAliases: []
         |       ^^^^^^^^^^^

    bad.yaml:32:11: missing key "name" in spec.template.spec.containers[0]
      32 |         - image: nginx
         |           ^^^^^^^^^^^^

    bad.yaml:35:15: hostPort is not modelled: host ports need the portmap plugin
      35 |               hostPort: 80
         |               ^^^^^^^^

    bad.yaml:38:7: unknown kind "Servise"
      38 | kind: Servise
         |       ^^^^^^^
    hint: did you mean "Service"?

    bad.yaml:41:13: no kind Service in apiVersion "v2"
      41 | apiVersion: v2
         |             ^^
    hint: write v1

    bad.yaml:45:22: nodePort needs type NodePort or LoadBalancer, this Service is ClusterIP
      45 |   ports: [{port: 80, nodePort: 30080}]
         |                      ^^^^^^^^

    bad.yaml:45:32: nodePort 30080/TCP is already taken, see bad.yaml:17
      45 |   ports: [{port: 80, nodePort: 30080}]
         |                                ^^^^^"
  `);
});

test.each([
  ["name: Web_1 is no Service name", service("ports: [{ port: 80 }]", "Web_1"), ["3:19"]],
  ["Service without ports", service("selector: { a: b }"), ["4:1"]],
  ["ports without names", service("ports:\n  - port: 80\n  - port: 81"), ["6:7", "7:7"]],
  ["port twice", service("ports:\n  - { name: a, port: 80 }\n  - { name: b, port: 80 }"), ["7:24"]],
  ["nodePort on a ClusterIP Service", service("ports: [{ port: 80, nodePort: 30001 }]"), ["5:23"]],
  ["headless NodePort", service("type: NodePort\nclusterIP: None\nports: [{ port: 80 }]"), ["6:14"]],
  ["traffic policy on ClusterIP", service("externalTrafficPolicy: Local\nports: [{ port: 80 }]"), ["5:3"]],
  ["IPv6 ClusterIP", service("clusterIP: fd00::1\nports: [{ port: 80 }]"), ["5:14"]],
  ["IPv6 family", service("ipFamilies: [IPv4, IPv6]\nports: [{ port: 80 }]"), ["5:22"]],
  ["affinity config without affinity", service("sessionAffinityConfig: {}\nports: [{ port: 80 }]"), ["5:3"]],
  ["a bad target port name", service("ports: [{ port: 80, targetPort: HTTP_main }]"), ["5:35"]],
  ["external name missing", service("type: ExternalName"), ["4:1"]],
])("%s", (_, text, places) => {
  expect(mistakes(text).map((message) => message.split(" ")[0])).toEqual(places);
});

test("objects are checked against each other", () => {
  const port = "type: NodePort\nclusterIP: 10.96.0.5\nports: [{ port: 80, nodePort: 30080 }]";
  const node = (name: string, cidrText: string, ip: string): string =>
    `apiVersion: v1\nkind: Node\nmetadata: { name: ${name} }\nspec: { podCIDR: ${cidrText} }\nstatus: { addresses: [{ type: InternalIP, address: ${ip} }] }\n`;
  const text = [
    service(port),
    service(port, "other"),
    service("ports: [{ port: 1 }]"),
    node("a", "10.1.0.0/16", "1.1.1.1"),
    node("b", "10.1.5.0/24", "1.1.1.1"),
  ];
  expect(mistakes(text.join("---\n"))).toMatchInlineSnapshot(`
    [
      "14:14 clusterIP 10.96.0.5 is already taken, see m.yaml:6",
      "15:33 nodePort 30080/TCP is already taken, see m.yaml:7",
      "19:19 Service default/web is defined already, see m.yaml:3",
      "32:18 podCIDR 10.1.5.0/24 overlaps 10.1.0.0/16, see m.yaml:26",
      "33:52 node address 1.1.1.1 is already taken, see m.yaml:27",
    ]
  `);
});

test("an object with a mistake is not among the results, the others are", () => {
  const text = `${service("ports: [{ port: 80, tagetPort: 1 }]", "bad")}---\n${service("ports: [{ port: 80 }]", "good")}`;
  const { objects } = loadManifests([parseYaml("m.yaml", text)]);
  expect(objects.map(({ object }) => object.metadata.name)).toEqual(["good"]);
});

test("ranges follow the cluster's settings", () => {
  const text = service("type: NodePort\nclusterIP: 100.67.30.133\nports: [{ port: 80, nodePort: 8080 }]");
  expect(mistakes(text)).toHaveLength(2);
  expect(mistakes(text, { serviceCIDR: cidr("100.64.0.0/13"), nodePortRange: [8000, 9000] })).toEqual([]);
});

test("unknown, refused and ignored kinds", () => {
  const kind = (name: string): string => `apiVersion: v1\nkind: ${name}\nmetadata: { name: x }\n`;
  expect(mistakes(kind("Deploymnt"))).toEqual(['2:7 unknown kind "Deploymnt"']);
  for (const refused of Object.keys(REFUSED_KINDS))
    expect(mistakes(kind(refused))[0]).toContain(`${refused} is not modelled yet`);
  for (const ignored of IGNORED_KINDS) expect(mistakes(kind(ignored))).toEqual([]);
  expect(mistakes("- a\n- b\n")).toEqual(["1:1 expected an object with apiVersion and kind"]);
});

test("a selector that would never find its own pods is refused", () => {
  const text = fixture("deployment.yaml").replace("      app: nginx", "      app: ngnix");
  expect(mistakes(text)).toEqual(["7:5 the selector does not match the labels of the pod template"]);
});

test("endpoints cannot be where the API server takes none", () => {
  const endpoints = (ip: string): string =>
    `apiVersion: v1\nkind: Endpoints\nmetadata: { name: a }\nsubsets: [{ addresses: [{ ip: ${ip} }], ports: [{ port: 80 }] }]\n`;
  const slice = (ip: string): string =>
    `apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: { name: a }\naddressType: IPv4\nendpoints: [{ addresses: [${ip}] }]\nports: [{ port: 80 }]\n`;
  for (const text of [endpoints, slice]) {
    expect(mistakes(text("127.0.0.1"))[0]).toContain("127.0.0.1 is a loopback address");
    expect(mistakes(text("169.254.1.1"))[0]).toContain("169.254.1.1 is a link-local address");
    expect(mistakes(text("224.0.0.9"))[0]).toContain("224.0.0.9 is a link-local multicast address");
    expect(mistakes(text("0.0.0.0"))[0]).toContain("0.0.0.0 is the unspecified address");
    expect(mistakes(text("224.0.1.1"))).toEqual([]);
    expect(mistakes(text("192.0.2.1"))).toEqual([]);
  }
});

test("a hundred thousand replicas are refused before anything is made", () => {
  const text = `apiVersion: apps/v1
kind: StatefulSet
metadata: { name: a }
spec:
  replicas: 100000
  selector: { matchLabels: { app: a } }
  template: { metadata: { labels: { app: a } }, spec: { containers: [{ name: c, image: nginx }] } }
`;
  expect(mistakes(text)).toEqual(["5:13 clusters of more than 2000 pods are not modelled"]);
});
