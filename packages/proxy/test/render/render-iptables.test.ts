/** Single decisions of the layouts, and properties every rendering has. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { renderIptables } from "../../src/index.ts";
import type { NodeFacts, ProxyInput, ServicePort } from "../../src/index.ts";
import { probabilityText } from "../../src/render/probability.ts";
import { servicePorts } from "../support/arbitrary-services.ts";
import { declaredChains } from "../support/canonical.ts";
import { endpoint, NODE, service } from "../support/services.ts";

function rules(text: string, chain: string): string[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith(`-A ${chain} `))
    .map((line) => line.slice(4 + chain.length));
}

function render(version: string, svc: ServicePort, node: Partial<NodeFacts> = {}) {
  return renderIptables({ version, node: { ...NODE, ...node }, services: [svc] });
}

describe("a service without endpoints", () => {
  const svc = service("ns/web:http", {
    clusterIP: "172.30.0.1",
    nodePort: 30080,
    externalIPs: ["192.0.2.1"],
    loadBalancerIPs: ["1.2.3.4"],
  });
  const reject = (match: string): string => `-m comment --comment "ns/web:http has no endpoints" ${match} -j REJECT`;

  it("1.9: everything is rejected in filter/KUBE-SERVICES, the nat rules are written all the same", () => {
    const { nat, filter } = render("1.9", svc);
    expect(rules(filter, "KUBE-SERVICES")).toEqual([
      reject("-m tcp -p tcp -d 192.0.2.1/32 --dport 80"),
      reject("-m addrtype --dst-type LOCAL -m tcp -p tcp --dport 30080"),
      reject("-m tcp -p tcp -d 172.30.0.1/32 --dport 80"),
    ]);
    expect(rules(nat, "KUBE-NODEPORTS")).toHaveLength(2);
    expect(declaredChains(nat).filter((chain) => chain.startsWith("KUBE-SVC-"))).toHaveLength(1);
  });

  it("1.10: cluster IP in KUBE-SERVICES, the rest in KUBE-EXTERNAL-SERVICES, load balancers nowhere", () => {
    const { nat, filter } = render("1.10", svc);
    expect(rules(filter, "KUBE-SERVICES")).toEqual([reject("-m tcp -p tcp -d 172.30.0.1/32 --dport 80")]);
    expect(rules(filter, "KUBE-EXTERNAL-SERVICES")).toEqual([
      reject("-m tcp -p tcp -d 192.0.2.1/32 --dport 80"),
      reject("-m addrtype --dst-type LOCAL -m tcp -p tcp --dport 30080"),
    ]);
    expect(rules(nat, "KUBE-SERVICES")).toHaveLength(1);
  });

  it("1.28: load balancers too, addresses without prefix length", () => {
    const { filter } = render("1.28", svc);
    expect(rules(filter, "KUBE-SERVICES")).toEqual([reject("-m tcp -p tcp -d 172.30.0.1 --dport 80")]);
    expect(rules(filter, "KUBE-EXTERNAL-SERVICES")).toEqual([
      reject("-m tcp -p tcp -d 192.0.2.1 --dport 80"),
      reject("-m tcp -p tcp -d 1.2.3.4 --dport 80"),
      reject("-m addrtype --dst-type LOCAL -m tcp -p tcp --dport 30080"),
    ]);
  });
});

describe("policies", () => {
  it("internal Local without a local endpoint: DROP in filter, no masquerading", () => {
    const svc = service("ns/web:http", {
      clusterIP: "172.30.0.1",
      internalTrafficPolicy: "Local",
      endpoints: [endpoint("10.1.0.1", 80)],
    });
    const { nat, filter } = render("1.28", svc);
    expect(rules(filter, "KUBE-SERVICES")).toEqual([
      '-m comment --comment "ns/web:http has no local endpoints" -m tcp -p tcp -d 172.30.0.1 --dport 80 -j DROP',
    ]);
    expect(declaredChains(nat).filter((chain) => /SVC|SVL|SEP/.test(chain))).toEqual([]);
  });

  it("terminating endpoints serve only when no ready one is left", () => {
    const leaving = endpoint("10.1.0.2", 80, "node1", { ready: false, terminating: true });
    const svc = service("ns/web:http", { clusterIP: "172.30.0.1", endpoints: [leaving] });
    expect(render("1.28", svc).nat).toContain("10.1.0.2:80");
    expect(render("1.10", svc).nat).not.toContain("10.1.0.2:80");
    const both = { ...svc, endpoints: [leaving, endpoint("10.1.0.1", 80)] };
    expect(render("1.28", both).nat).not.toContain("10.1.0.2:80");
  });

  it("masqueradeAll marks cluster IP traffic from anywhere", () => {
    const svc = service("ns/web:http", { clusterIP: "172.30.0.1", endpoints: [endpoint("10.1.0.1", 80)] });
    expect(render("1.10", svc, { masqueradeAll: true }).nat).not.toContain("! -s");
    expect(rules(render("1.10", svc, { masqueradeAll: true }).nat, "KUBE-SERVICES")[0]).toMatch(
      /--dport 80 -j KUBE-MARK-MASQ$/,
    );
  });

  it("a source range that holds the node adds the load balancer address itself", () => {
    const svc = service("ns/web:http", {
      clusterIP: "172.30.0.1",
      loadBalancerIPs: ["1.2.3.4"],
      loadBalancerSourceRanges: ["192.168.0.0/24"],
      endpoints: [endpoint("10.1.0.1", 80)],
    });
    expect(render("1.28", svc).nat).toMatch(/"ns\/web:http loadbalancer IP" -s 1\.2\.3\.4 -j KUBE-EXT-/);
    expect(render("1.10", svc).nat).toMatch(/"ns\/web:http loadbalancer IP" -s 1\.2\.3\.4\/32 -j KUBE-SVC-/);
    expect(render("1.28", svc, { nodeIP: "10.9.9.9" }).nat).not.toContain("-s 1.2.3.4");
  });
});

describe("order", () => {
  const svc = service("ns/web:http", {
    clusterIP: "172.30.0.1",
    endpoints: ["10.1.1.1", "10.1.1.11", "10.1.1.2"].map((ip) => endpoint(ip, 80)),
  });
  const targets = (input: ProxyInput): string[] =>
    [...renderIptables(input).nat.matchAll(/--to-destination (\S+):80/g)].map((match) => match[1] ?? "");

  it("endpoints by address before slices, by text since, or as pinned", () => {
    expect(targets({ version: "1.10", node: NODE, services: [svc] })).toEqual(["10.1.1.1", "10.1.1.11", "10.1.1.2"]);
    expect(targets({ version: "1.28", node: NODE, services: [svc] })).toEqual(["10.1.1.11", "10.1.1.1", "10.1.1.2"]);
    const pin = { endpoints: { "ns/web:http": ["10.1.1.2:80"] } };
    expect(targets({ version: "1.28", node: NODE, services: [svc], pin })).toEqual([
      "10.1.1.2",
      "10.1.1.11",
      "10.1.1.1",
    ]);
  });

  it("does not depend on the order of the input", () => {
    fc.assert(
      fc.property(servicePorts(true), (services) => {
        const input = { version: "1.28", node: NODE };
        const reversed = services.toReversed().map((s) => ({ ...s, endpoints: s.endpoints.toReversed() }));
        expect(renderIptables({ ...input, services: reversed })).toEqual(renderIptables({ ...input, services }));
      }),
    );
  });
});

describe("node ports", () => {
  const NOTE = '-m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain"';
  const addresses = ["127.0.0.1", "192.168.0.2", "10.1.0.1"];
  const tail = (version: string, node: Partial<NodeFacts>): string[] =>
    rules(renderIptables({ version, node: { ...NODE, addresses, ...node }, services: [] }).nat, "KUBE-SERVICES");

  it("are narrowed to the node's addresses in the given ranges", () => {
    expect(tail("1.28", { nodePortAddresses: ["192.168.0.0/16", "127.0.0.0/8"] })).toEqual([
      `${NOTE} -d 127.0.0.1 -j KUBE-NODEPORTS`,
      `${NOTE} -d 192.168.0.2 -j KUBE-NODEPORTS`,
    ]);
  });

  it("leave out loopback when localhost node ports are off", () => {
    expect(tail("1.28", { localhostNodePorts: false })).toEqual([
      `${NOTE} -m addrtype --dst-type LOCAL ! -d 127.0.0.0/8 -j KUBE-NODEPORTS`,
    ]);
  });

  it("cannot be narrowed before 1.10", () => {
    expect(() => tail("1.9", { nodePortAddresses: ["192.168.0.0/16"] })).toThrow(/nodePortAddresses: kube-proxy 1.9/);
  });
});

describe("every rendering", () => {
  it.each(["1.9", "1.10", "1.28"])("%s: jumps only to chains that exist, keeps the node ports rule last", (version) => {
    fc.assert(
      fc.property(servicePorts(version === "1.28"), (services) => {
        const { nat } = renderIptables({ version, node: NODE, services });
        const chains = new Set([...declaredChains(nat), "KUBE-MARK-DROP"]);
        for (const [, target = ""] of nat.matchAll(/-j (KUBE-\S+)/g)) expect(chains).toContain(target);
        for (const [, chain = ""] of nat.matchAll(/^-A (\S+)/gm)) expect(chains).toContain(chain);
        expect(rules(nat, "KUBE-SERVICES").at(-1)).toContain("this must be the last rule");
      }),
    );
  });

  it("has an origin for each service rule and none elsewhere", () => {
    const svc = service("ns/web", { clusterIP: "172.30.0.1", endpoints: [endpoint("10.1.0.1", 80)] });
    const { nat, provenance } = render("1.28", svc);
    const lines = nat.split("\n");
    expect(provenance.nat).toHaveLength(lines.length - 1);
    for (const [index, origin] of provenance.nat.entries()) {
      expect(origin !== undefined).toBe(/ns\/web/.test(lines[index] ?? ""));
    }
  });

  it("leaves comments of endpoint rules out above 1000 endpoints", () => {
    const many = Array.from({ length: 1001 }, (_, i) => endpoint(`10.${i >> 8}.${i & 255}.1`, 80));
    const svc = service("ns/web:http", { clusterIP: "172.30.0.1", endpoints: many });
    expect(rules(render("1.28", svc).nat, "KUBE-SERVICES")[0]).toContain("comment");
    expect(render("1.28", svc).nat).not.toContain("ns/web:http ->");
    expect(render("1.10", svc).nat).toContain("--comment ns/web:http -m statistic");
  });

  it.each([
    ["clusterIP", service("ns/web", { clusterIP: "fd00::1" })],
    ["protocol", service("ns/web", { clusterIP: "172.30.0.1", protocol: "sctp" })],
    ["endpoints", service("ns/web", { clusterIP: "172.30.0.1", endpoints: [endpoint("fd00::2", 80)] })],
  ])("refuses what it does not model: %s", (field, svc) => {
    expect(() => render("1.10", svc)).toThrow(`Service ns/web: ${field}`);
  });
});

describe("probabilityText", () => {
  it.each([
    [3, 5, "0.33333"],
    [3, 10, "0.3333333333"],
    [7, 5, "0.14286"],
    [100001, 10, "0.0000099999"],
    [64, 5, "0.01562"],
    [2048, 10, "0.0004882812"],
    [2, 5, "0.50000"],
  ])("1/%s with %s digits, ties to even as Go rounds", (n, digits, text) => {
    expect(probabilityText(n, digits)).toBe(text);
  });
});
