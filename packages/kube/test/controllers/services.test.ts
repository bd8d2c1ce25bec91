import fc from "fast-check";
import { expect, test } from "vitest";
import { ApiError, cidrContains, parseIPv4 } from "../../src/index.ts";
import { compareAddresses } from "../../src/controllers/backends.ts";
import { cidr, deployment, load, TestLab } from "../lab.ts";

const service = (name: string, spec: string): string =>
  `apiVersion: v1\nkind: Service\nmetadata: { name: ${name} }\nspec: ${spec}\n`;

test("ClusterIPs and node ports are drawn from the seed, in range, all different, pins first", () => {
  const lab = new TestLab({
    settings: { serviceCIDR: cidr("10.1.0.0/27") },
    pins: { clusterIPs: { "svc/c": "10.1.0.7" }, nodePorts: { "c:80": 30007 } },
  });
  lab.apply(
    ["a", "b", "c", "d"].map((name) => service(name, "{ type: NodePort, ports: [{ port: 80 }] }")).join("---\n"),
  );
  const services = lab.plane.store.list("Service");
  const addresses = services.map(({ spec }) => spec.clusterIP);
  const ports = services.map(({ spec }) => spec.ports[0]?.nodePort ?? 0);
  expect(new Set(addresses).size).toBe(4);
  expect(addresses.every((address) => cidrContains(cidr("10.1.0.0/27"), parseIPv4(address) ?? 0))).toBe(true);
  expect(new Set(ports).size).toBe(4);
  expect(ports.every((port) => port >= 30000 && port <= 32767)).toBe(true);
  expect(lab.plane.store.get("Service", "default", "c")?.spec).toMatchObject({
    clusterIP: "10.1.0.7",
    ports: [{ nodePort: 30007 }],
  });
});

test("the pin of a Service with one port needs neither the port's name nor its number", () => {
  const lab = new TestLab({ pins: { nodePorts: { "svc/a:": 30007, "svc/b:": 30008 } } });
  lab.apply(
    service("a", "{ type: NodePort, ports: [{ port: 80 }] }") +
      "---\n" +
      service("b", "{ type: NodePort, ports: [{ name: http, port: 80 }] }"),
  );
  expect(lab.plane.store.list("Service").map(({ spec }) => spec.ports[0]?.nodePort)).toEqual([30007, 30008]);
});

test("nothing drawn from the seed sits on a pin, however few addresses there are", () => {
  for (const pin of ["10.1.0.2", "10.1.0.3", "10.1.0.4", "10.1.0.5", "10.1.0.6"]) {
    const lab = new TestLab({ settings: { serviceCIDR: cidr("10.1.0.0/29") }, pins: { clusterIPs: { e: pin } } });
    lab.apply(["a", "b", "c", "d", "e"].map((name) => service(name, "{ ports: [{ port: 80 }] }")).join("---\n"));
    const addresses = lab.plane.store.list("Service").map(({ spec }) => spec.clusterIP);
    expect(addresses.at(-1)).toBe(pin);
    expect(new Set(addresses).size).toBe(5);
  }
});

test("apply keeps what was allocated, and drops node ports with the type", () => {
  const lab = new TestLab();
  lab.apply(service("web", "{ type: NodePort, ports: [{ port: 80 }] }"));
  const before = lab.plane.store.require("Service", "default", "web").spec;
  expect(lab.apply(service("web", "{ type: NodePort, ports: [{ port: 80 }] }"))).toEqual(["unchanged"]);
  expect(lab.apply(service("web", "{ type: NodePort, ports: [{ port: 80, targetPort: 81 }] }"))).toEqual([
    "configured",
  ]);
  const after = lab.plane.store.require("Service", "default", "web").spec;
  expect(after).toMatchObject({
    clusterIP: before.clusterIP,
    ports: [{ targetPort: 81, nodePort: before.ports[0]?.nodePort }],
  });
  lab.apply(service("web", "{ ports: [{ port: 80 }] }"));
  const last = lab.plane.store.require("Service", "default", "web").spec;
  expect(last).toMatchObject({ type: "ClusterIP", clusterIP: before.clusterIP });
  expect(last.ports[0]).not.toHaveProperty("nodePort");
  expect(last).not.toHaveProperty("externalTrafficPolicy");
});

test("a node port that another Service holds is refused with the API server's words", () => {
  const lab = new TestLab();
  lab.apply(service("one", "{ type: NodePort, ports: [{ port: 80, nodePort: 30080 }] }"));
  const second = load(service("two", "{ type: NodePort, ports: [{ port: 80, nodePort: 30080 }] }"));
  expect(() => lab.plane.applyAll(second)).toThrow(ApiError);
  expect(() => lab.plane.applyAll(second)).toThrow(
    'The Service "two" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated',
  );
  lab.plane.delete("Service", "default", "one");
  expect(lab.plane.applyAll(second)).toEqual(["created"]);
});

test("endpoints follow pods: ready, unready, terminating, named target ports, slices with conditions", () => {
  const lab = new TestLab();
  lab.apply(
    `${deployment("web", 2)}---\n${service("web", "{ selector: { app: web }, ports: [{ port: 8000, targetPort: http }] }")}`,
  );
  const subsets = () => lab.plane.store.get("Endpoints", "default", "web")?.subsets;
  expect(subsets()).toEqual([]);
  lab.settle();
  const [first, second] = lab.plane.store.list("Pod");
  if (first === undefined || second === undefined) throw new Error("no pods");
  const addresses = [first, second].map((pod) => pod.status.podIP ?? "").sort(compareAddresses);
  expect(subsets()?.[0]?.addresses.map(({ ip }) => ip)).toEqual(addresses);
  expect(subsets()?.[0]?.ports).toEqual([{ name: "", port: 80, protocol: "TCP" }]);
  expect(subsets()?.[0]?.addresses[0]).toHaveProperty("nodeName");

  lab.plane.setPodStatus("default", first.metadata.name, { ready: false });
  lab.plane.reconcile();
  expect(subsets()?.[0]?.notReadyAddresses.map(({ ip }) => ip)).toEqual([first.status.podIP]);

  lab.plane.delete("Pod", "default", second.metadata.name);
  lab.plane.reconcile();
  expect(subsets()?.[0]?.addresses).toEqual([]);
  const [slice] = lab.plane.store.list("EndpointSlice");
  const conditions = Object.fromEntries(
    slice?.endpoints.map((endpoint) => [endpoint.targetRef?.name, endpoint.conditions]) ?? [],
  );
  expect(conditions).toEqual({
    [first.metadata.name]: { ready: false, serving: false, terminating: false },
    [second.metadata.name]: { ready: false, serving: true, terminating: true },
  });

  lab.plane.delete("Service", "default", "web");
  lab.plane.reconcile();
  expect(subsets()).toBeUndefined();
  expect(lab.plane.store.list("EndpointSlice")).toEqual([]);
});

test("pods that name a port differently stand in different subsets", () => {
  const lab = new TestLab();
  const pod = (name: string, port: number): string =>
    `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name}, labels: { app: x } }\nspec: { containers: [{ name: c, ports: [{ name: http, containerPort: ${port} }] }] }\n`;
  lab.apply(
    [
      pod("a", 80),
      pod("b", 8080),
      service(
        "x",
        "{ selector: { app: x }, ports: [{ name: http, port: 80, targetPort: http }, { name: dns, port: 53, targetPort: 53 }] }",
      ),
    ].join("---\n"),
  );
  lab.settle();
  const subsets = lab.plane.store.require("Endpoints", "default", "x").subsets;
  expect(subsets.map(({ addresses, ports }) => [addresses.length, ports.map(({ port }) => port)])).toEqual([
    [1, [80]],
    [2, [53]],
    [1, [8080]],
  ]);
});

test("hostNetwork pods have their node's address; publishNotReadyAddresses publishes unready ones", () => {
  const lab = new TestLab();
  lab.apply(
    `${deployment("web", 1, "hostNetwork: true")}---\n${service("web", "{ selector: { app: web }, publishNotReadyAddresses: true, ports: [{ port: 80 }] }")}`,
  );
  const [pod] = lab.plane.store.list("Pod");
  lab.plane.setPodStatus("default", pod?.metadata.name ?? "", { phase: "Running", ready: false });
  lab.plane.reconcile();
  expect(lab.plane.store.require("Endpoints", "default", "web").subsets[0]?.addresses[0]?.ip).toBe("192.168.0.1");
});

test("hand-made Endpoints of a Service without selector are mirrored; without a Service they stay", () => {
  const lab = new TestLab();
  const endpoints = (name: string): string =>
    `apiVersion: v1\nkind: Endpoints\nmetadata: { name: ${name} }\nsubsets: [{ addresses: [{ ip: 1.2.3.4 }], ports: [{ port: 5432 }] }]\n`;
  lab.apply([endpoints("db"), endpoints("stray"), service("db", "{ ports: [{ port: 5432 }] }")].join("---\n"));
  lab.plane.ensureKubernetesService(["192.168.0.1"]);
  lab.plane.reconcile();
  expect(
    lab.plane.store
      .list("EndpointSlice")
      .map(({ metadata, endpoints: all }) => [metadata.labels["kubernetes.io/service-name"], all[0]?.addresses[0]]),
  ).toEqual([
    ["db", "1.2.3.4"],
    ["kubernetes", "192.168.0.1"],
  ]);
  expect(lab.plane.store.get("Endpoints", "default", "stray")).toBeDefined();
  expect(lab.plane.store.require("Service", "default", "kubernetes").spec.clusterIP).toBe("10.96.0.1");
});

test("addresses stand in byte order of their text, whatever the order of arrival", () => {
  const part = fc.integer({ min: 0, max: 255 });
  const address = fc.tuple(part, part, part, part).map((parts) => parts.join("."));
  fc.assert(
    fc.property(fc.uniqueArray(address), (addresses) => {
      const sorted = addresses.toSorted(compareAddresses);
      expect(addresses.toReversed().toSorted(compareAddresses)).toEqual(sorted);
      expect(sorted.every((ip, i) => i === 0 || (sorted[i - 1] ?? "") < ip)).toBe(true);
    }),
  );
  // The ten endpoints of article 004, in the order in which `kubectl describe` cut them off.
  const article = ["100.96.9.43", "100.96.54.247", "100.96.5.17", "100.96.55.154", "100.96.54.235"];
  expect(article.sort(compareAddresses)).toEqual([
    "100.96.5.17",
    "100.96.54.235",
    "100.96.54.247",
    "100.96.55.154",
    "100.96.9.43",
  ]);
});

test("nodes get podCIDRs in order of arrival, around those that are given", () => {
  const lab = new TestLab({ nodes: 1, clusterCIDR: cidr("10.1.4.0/22") });
  lab.plane.addNode({ name: "given", ip: "192.168.0.8", podCIDR: "10.1.5.0/24" });
  lab.plane.addNode({ name: "late", ip: "192.168.0.9" });
  lab.plane.reconcile();
  expect(lab.plane.store.list("Node").map(({ metadata, spec }) => [metadata.name, spec.podCIDR])).toEqual([
    ["given", "10.1.5.0/24"],
    ["late", "10.1.6.0/24"],
    ["node1", "10.1.4.0/24"],
  ]);
});
