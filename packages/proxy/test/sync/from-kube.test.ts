import { describe, expect, it } from "vitest";
import { servicePortsFromKube } from "../../src/index.ts";
import type { KubeService } from "../../src/index.ts";

const web: KubeService = {
  metadata: { name: "web", namespace: "default" },
  spec: {
    type: "NodePort",
    clusterIP: "10.96.0.5",
    ports: [{ name: "http", port: 80, protocol: "TCP", nodePort: 30080 }],
  },
};

const metadata = { name: "web", namespace: "default" };
const endpoints = {
  metadata,
  subsets: [{ addresses: [{ ip: "10.1.0.1", nodeName: "node1" }], ports: [{ name: "http", port: 8080 }] }],
};
const slice = {
  metadata: { ...metadata, name: "web-abc", labels: { "kubernetes.io/service-name": "web" } },
  endpoints: [
    { addresses: ["10.1.0.2"], conditions: { ready: false, serving: true, terminating: true }, nodeName: "node2" },
    { addresses: ["10.1.0.3"] },
  ],
  ports: [{ name: "http", port: 8080 }],
};

function ips(version: string, objects: object): string[] {
  const [port] = servicePortsFromKube({ services: [web], ...objects }, version);
  return (port?.endpoints ?? []).map((ep) => ep.ip);
}

describe("servicePortsFromKube", () => {
  it("reads Endpoints before 1.19 and slices since, falling back to Endpoints written by hand", () => {
    expect(ips("1.10", { endpoints: [endpoints], endpointSlices: [slice] })).toEqual(["10.1.0.1"]);
    expect(ips("1.28", { endpoints: [endpoints], endpointSlices: [slice] })).toEqual(["10.1.0.2", "10.1.0.3"]);
    expect(ips("1.28", { endpoints: [endpoints] })).toEqual(["10.1.0.1"]);
  });

  it("takes conditions as the API defaults them", () => {
    const [port] = servicePortsFromKube({ services: [web], endpointSlices: [slice] }, "1.28");
    expect(port?.endpoints).toEqual([
      { ip: "10.1.0.2", port: 8080, ready: false, serving: true, terminating: true, nodeName: "node2" },
      { ip: "10.1.0.3", port: 8080, ready: true, serving: true, terminating: false },
    ]);
  });

  it("headless, ExternalName and unallocated Services have no ports", () => {
    const services = [
      { ...web, spec: { ...web.spec, clusterIP: "None" } },
      { ...web, spec: { ...web.spec, clusterIP: "" } },
      { ...web, spec: { type: "ExternalName", clusterIP: "10.96.0.9" } },
    ];
    expect(servicePortsFromKube({ services }, "1.28")).toEqual([]);
  });

  it("policy Local and the health check port count where the type has them", () => {
    const spec = { ...web.spec, externalTrafficPolicy: "Local", healthCheckNodePort: 30999 } as const;
    const [nodePort] = servicePortsFromKube({ services: [{ ...web, spec }] }, "1.28");
    expect(nodePort).toMatchObject({ externalTrafficPolicy: "Local", nodePort: 30080 });
    expect(nodePort?.healthCheckNodePort).toBeUndefined();
    const balancer = {
      ...web,
      spec: { ...spec, type: "LoadBalancer" },
      status: { loadBalancer: { ingress: [{ ip: "1.2.3.004" }] } },
    };
    const [balanced] = servicePortsFromKube({ services: [balancer] }, "1.28");
    expect(balanced).toMatchObject({ loadBalancerIPs: ["1.2.3.4"], healthCheckNodePort: 30999 });
    const [inside] = servicePortsFromKube({ services: [{ ...web, spec: { ...spec, type: "ClusterIP" } }] }, "1.28");
    expect(inside).toMatchObject({ externalTrafficPolicy: "Cluster", loadBalancerIPs: [] });
  });

  it("refuses what the release does not know, by name", () => {
    const local = { ...web, spec: { ...web.spec, internalTrafficPolicy: "Local" } } as const;
    expect(() => servicePortsFromKube({ services: [local] }, "1.10")).toThrow(
      /Service default\/web: spec.internalTrafficPolicy/,
    );
    const proxied = { ...web, status: { loadBalancer: { ingress: [{ ip: "1.2.3.4", ipMode: "Proxy" }] } } };
    expect(() => servicePortsFromKube({ services: [proxied] }, "1.28")).toThrow(/ipMode/);
  });
});
