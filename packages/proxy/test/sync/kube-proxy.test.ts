/** The agent against a node's iptables in miniature. */
import { Clock } from "@kubehop/sim";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KubeProxy } from "../../src/index.ts";
import type { KubeProxyOptions, ServicePort, ServiceSource } from "../../src/index.ts";
import { servicePorts } from "../support/arbitrary-services.ts";
import { FakeNode } from "../support/fake-node.ts";
import { endpoint, GOLDEN_SERVICES, NODE, service } from "../support/services.ts";

class Source implements ServiceSource {
  services: readonly ServicePort[];
  #listeners = new Set<() => void>();

  constructor(services: readonly ServicePort[]) {
    this.services = services;
  }

  list(): readonly ServicePort[] {
    return this.services;
  }

  watch(onChange: () => void): () => void {
    this.#listeners.add(onChange);
    return () => this.#listeners.delete(onChange);
  }

  set(services: readonly ServicePort[]): void {
    this.services = services;
    for (const listener of this.#listeners) listener();
  }
}

function setUp(version: string, services: readonly ServicePort[], more: Partial<KubeProxyOptions> = {}) {
  const node = new FakeNode();
  // kubelet starts first.
  node.tables.get("nat")?.set("KUBE-MARK-DROP", []);
  const source = new Source(services);
  const proxy = new KubeProxy({ version, node: NODE, source, door: node, ...more });
  proxy.start();
  return { node, source, proxy };
}

const LAYOUTS = ["1.9", "1.10", "1.28"];

describe.each(LAYOUTS)("layout %s", (version) => {
  it("writes jumps, chains and rules whose targets all exist", () => {
    const { node, proxy } = setUp(version, GOLDEN_SERVICES);
    expect(proxy.lastError).toBeNull();
    expect(node.chain("nat", "PREROUTING")).toEqual([
      '-m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    ]);
    expect(node.chain("nat", "KUBE-SVC-XPGD46QRK7WJZT7O").length).toBeGreaterThan(0);
  });

  it("a second sync hands over nothing", () => {
    const { node, proxy, source } = setUp(version, GOLDEN_SERVICES);
    node.ops = [];
    expect(proxy.sync()).toBe(true);
    source.set([...GOLDEN_SERVICES]);
    expect(node.ops).toEqual([]);
  });

  it("a resync changes nothing on the node", () => {
    const { node, proxy } = setUp(version, GOLDEN_SERVICES);
    const before = structuredClone(node.dump());
    proxy.resync();
    expect(node.dump()).toEqual(before);
  });

  it("incremental syncs end where one full sync ends", () => {
    const modern = version === "1.28";
    fc.assert(
      fc.property(fc.array(servicePorts(modern), { minLength: 1, maxLength: 4 }), (states) => {
        const { node, source, proxy } = setUp(version, []);
        for (const state of states) source.set(state);
        expect(proxy.lastError).toBeNull();
        expect(node.dump()).toEqual(setUp(version, states.at(-1) ?? []).node.dump());
      }),
      { numRuns: 60 },
    );
  });

  it("removes the chains of a deleted service, and nobody else's", () => {
    const { node, source } = setUp(version, GOLDEN_SERVICES);
    node.tables.get("nat")?.set("CNI-HOSTPORT-DNAT", []);
    source.set(GOLDEN_SERVICES.filter((svc) => svc.name !== "svc1"));
    const left = [...(node.tables.get("nat")?.keys() ?? [])];
    expect(left).not.toContain("KUBE-SVC-XPGD46QRK7WJZT7O");
    expect(left).not.toContain("KUBE-SEP-SXIVWICOYRO3J4NJ");
    expect(left).toContain("CNI-HOSTPORT-DNAT");
  });

  it("sends only the chains that changed", () => {
    const { node, source } = setUp(version, GOLDEN_SERVICES);
    node.ops = [];
    const grown = service("ns1/svc1:p80", {
      clusterIP: "172.30.0.41",
      endpoints: [endpoint("10.180.0.1", 80), endpoint("10.180.0.9", 80)],
    });
    source.set(GOLDEN_SERVICES.map((svc) => (svc.name === "svc1" ? grown : svc)));
    const texts = node.ops.map((op) => (op.op === "iptables-restore" ? op.text : ""));
    expect(texts).toHaveLength(1);
    const chains = [...(texts[0] ?? "").matchAll(/^:(\S+)/gm)].map((match) => match[1]);
    expect(chains).toEqual(["KUBE-SVC-XPGD46QRK7WJZT7O", expect.stringMatching(/^KUBE-SEP-/)]);
    expect(texts[0]).not.toContain("*filter");
  });
});

describe("KubeProxy", () => {
  it("prepends its jumps, above what was there", () => {
    const node = new FakeNode();
    node.chain("filter", "FORWARD").push("-j DOCKER-USER");
    new KubeProxy({ version: "1.28", node: NODE, source: new Source([]), door: node }).start();
    const forward = node.chain("filter", "FORWARD");
    expect(forward.map((rule) => rule.split(" -j ")[1] ?? rule.split("-j ")[1])).toEqual([
      "KUBE-PROXY-FIREWALL",
      "KUBE-FORWARD",
      "KUBE-SERVICES",
      "KUBE-EXTERNAL-SERVICES",
      "DOCKER-USER",
    ]);
  });

  it("fails while kubelet's KUBE-MARK-DROP is missing, and retries after the sync period", () => {
    const node = new FakeNode();
    const clock = new Clock();
    const proxy = new KubeProxy({
      version: "1.10",
      node: NODE,
      source: new Source(GOLDEN_SERVICES),
      door: node,
      clock,
    });
    proxy.start();
    expect(proxy.lastError?.message).toContain("KUBE-MARK-DROP");
    node.tables.get("nat")?.set("KUBE-MARK-DROP", []);
    clock.runUntil(29_999);
    expect(node.chain("nat", "KUBE-MARK-MASQ")).toEqual([]);
    clock.runUntil(30_000);
    expect(proxy.lastError).toBeNull();
    expect(node.chain("nat", "KUBE-MARK-MASQ")).toHaveLength(1);
  });

  it("takes nothing for granted after a failed sync", () => {
    let broken = false;
    const node = new FakeNode();
    const door: KubeProxyOptions["door"] = {
      apply: (batch) => (broken ? { index: 0, errno: "EAGAIN", message: "xtables lock" } : node.apply(batch)),
    };
    const source = new Source(GOLDEN_SERVICES);
    const proxy = new KubeProxy({ version: "1.28", node: NODE, source, door });
    proxy.start();
    const before = structuredClone(node.dump());
    broken = true;
    source.set(GOLDEN_SERVICES.slice(1));
    expect(proxy.lastError?.message).toBe("xtables lock");
    node.tables.set("nat", new FakeNode().tables.get("nat") ?? new Map());
    broken = false;
    source.set(GOLDEN_SERVICES);
    node.tables.get("nat")?.set("KUBE-PROXY-CANARY", []);
    expect(node.dump()).toEqual(before);
  });

  it("holds back the third change within a second", () => {
    const clock = new Clock();
    const { node, source } = setUp("1.28", [], { clock });
    clock.runUntil(10_000);
    const times: number[] = [];
    for (const count of [1, 2, 3]) {
      node.ops = [];
      source.set(GOLDEN_SERVICES.slice(0, count));
      while (node.ops.length === 0 && clock.runNext());
      times.push(clock.now);
    }
    expect(times).toEqual([10_000, 10_000, 11_000]);
  });

  it("does nothing after stop", () => {
    const clock = new Clock();
    const { node, source, proxy } = setUp("1.28", [], { clock });
    source.set(GOLDEN_SERVICES);
    proxy.stop();
    source.set([]);
    node.ops = [];
    clock.runUntil(60_000);
    expect(node.ops).toEqual([]);
  });

  it("a late start clears away a predecessor's chains", () => {
    const node = new FakeNode();
    node.tables.get("nat")?.set("KUBE-SVC-OLDOLDOLDOLDOLDO", []);
    const existingNatChains = (): Iterable<string> => [...(node.tables.get("nat")?.keys() ?? [])];
    new KubeProxy({ version: "1.28", node: NODE, source: new Source([]), door: node, existingNatChains }).start();
    expect([...(node.tables.get("nat")?.keys() ?? [])]).not.toContain("KUBE-SVC-OLDOLDOLDOLDOLDO");
  });

  it("names the Service behind each rule beside the text", () => {
    const { node } = setUp("1.28", [
      { ...service("ns1/svc1:p80", { clusterIP: "172.30.0.41" }), position: "a.yaml:7" },
    ]);
    const restore = node.ops.find((op) => op.op === "iptables-restore");
    if (restore?.op !== "iptables-restore") throw new Error("no restore");
    const line = restore.text.split("\n").findIndex((text) => text.includes("has no endpoints"));
    expect(restore.origins?.get(line)).toEqual({
      agent: "kube-proxy",
      object: "Service ns1/svc1:p80",
      position: "a.yaml:7",
    });
    expect(restore.origins?.size).toBe(1);
  });

  it("sets route_localnet, but not where loopback node ports are off", () => {
    const keys = (node: FakeNode): string[] => node.ops.flatMap((op) => (op.op === "sysctl" ? [op.key] : []));
    expect(keys(setUp("1.10", []).node)).toContain("net.ipv4.conf.all.route_localnet");
    const off = { node: { ...NODE, localhostNodePorts: false } };
    expect(keys(setUp("1.28", [], off).node)).not.toContain("net.ipv4.conf.all.route_localnet");
  });
});
