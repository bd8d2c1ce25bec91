// What a good file becomes: defaults, matrix, halves, names, steps.
import { describe, expect, it } from "vitest";
import { isScenarioText } from "../../src/load/load-scenario.ts";
import { formatResolved } from "../../src/report/resolved.ts";
import { scenarioOf, WEB } from "./read.ts";

const FILES = { "./web.yaml": WEB };

describe("a file that says little", () => {
  const scenario = scenarioOf("scenario: x\nsteps: [{ run: ip route }]\n");

  it("gets the newest release, flannel and two nodes", () => {
    const { cluster } = scenario.cells[0]!;
    expect(cluster).toMatchObject({
      kubernetes: "1.28",
      kernel: "6.18",
      cni: { kind: "flannel", network: "10.244.0.0/16", hairpinMode: true },
      proxy: { mode: "iptables", clusterCIDR: "10.244.0.0/16" },
      docker: undefined,
      underlay: { cidr: "192.168.99.0/24", gateway: "192.168.99.1", mtu: 1500 },
      agents: ["kubelet", "flanneld", "kube-proxy"],
    });
    expect(cluster.nodes.map(({ name, ip, podCIDR }) => [name, ip, podCIDR])).toEqual([
      ["node1", "192.168.99.11", "10.244.0.0/24"],
      ["node2", "192.168.99.12", "10.244.1.0/24"],
    ]);
  });

  it("has its defaults listed with their reason", () => {
    const text = formatResolved(scenario, 1);
    expect(text).toContain("  cluster.kubernetes: 1.28  (newest)\n");
    expect(text).toContain("  cluster.kernel: 6.18  (kubernetes 1.28)\n");
    expect(text).toContain("  cluster.nodes.node1.ip: 192.168.99.11  (next free)\n");
  });

  it("has one case, and a step that wants exit status 0", () => {
    expect(scenario.cells.map((plan) => plan.cell)).toEqual([{}]);
    expect(scenario.cells[0]?.steps[0]).toMatchObject({
      id: "step 1",
      repeat: 1,
      action: { kind: "run", in: "admin" },
    });
    expect(scenario.cells[0]?.steps[0]?.expect.checks).toMatchObject([{ kind: "exit", value: 0 }]);
  });
});

describe("clusters", () => {
  const clusterOf = (text: string) =>
    scenarioOf(`scenario: x\ncluster: ${text}\nsteps: [{ run: ip }]\n`).cells[0]!.cluster;

  it("an old release comes with its tools and with Docker", () => {
    expect(clusterOf('{ kubernetes: "1.10" }')).toMatchObject({
      kernel: "3.10",
      iptables: { version: "1.4.21", backend: "legacy" },
      docker: { version: "17.03", bridge: "172.17.0.1/16", forwardPolicy: "DROP" },
      agents: ["dockerd", "kubelet", "flanneld", "kube-proxy"],
    });
  });

  it("pods on docker0: one node, no overlay, no cluster CIDR", () => {
    const cluster = clusterOf('{ kubernetes: "1.10", cni: docker, nodes: { n: { ip: 192.168.0.11, nic: ens33 } } }');
    expect(cluster).toMatchObject({
      cni: { kind: "docker" },
      proxy: { clusterCIDR: undefined },
      underlay: { cidr: "192.168.0.0/24" },
      agents: ["dockerd", "kubelet", "kube-proxy"],
    });
    expect(cluster.nodes).toMatchObject([{ name: "n", nic: "ens33", podCIDR: "172.17.0.0/16" }]);
  });

  it("Docker beside containerd, as somebody installed it", () => {
    expect(clusterOf("{ docker: true }").docker?.version).toBe("24.0");
  });

  it("an old flannel has no hairpin", () => {
    expect(clusterOf('{ cni: { flannel: { version: "0.9.1" } } }').cni).toMatchObject({ hairpinMode: false });
  });

  it("the underlay follows from the addresses, and leaves them alone", () => {
    const { underlay, nodes, hosts } = clusterOf(
      "{ nodes: { a: { ip: 172.20.121.1 }, b: { ip: 172.20.90.7 }, c: {} }, hosts: [h] }",
    );
    expect(underlay).toMatchObject({ cidr: "172.20.64.0/18", gateway: "172.20.64.1" });
    expect([...nodes, ...hosts].map(({ ip }) => ip)).toEqual([
      "172.20.121.1",
      "172.20.90.7",
      "172.20.64.11",
      "172.20.64.101",
    ]);
  });

  it("written podCIDRs are kept, the others go around them", () => {
    const { nodes } = clusterOf("{ nodes: { a: {}, b: { podCIDR: 10.244.0.0/24 }, c: {} } }");
    expect(nodes.map(({ podCIDR }) => podCIDR)).toEqual(["10.244.1.0/24", "10.244.0.0/24", "10.244.2.0/24"]);
  });

  it("a node may be of another release", () => {
    const [a, b] = clusterOf('{ nodes: { a: { kubernetes: "1.10" }, b: { kernel: "4.9" } } }').nodes;
    expect(a).toMatchObject({ kubernetes: "1.10", kernel: "3.10", iptables: { version: "1.4.21" } });
    expect(b).toMatchObject({ kubernetes: "1.28", kernel: "4.9" });
  });
});

describe("matrix and halves", () => {
  const scenario = scenarioOf(
    `scenario: x
matrix: { br_netfilter: [absent, loaded], n: 1..2 }
bug: { when: { br_netfilter: absent }, because: { packet: { in: node1, dev: cni0, flags: S. } } }
cluster: { nodes: { node1: { modules: { br_netfilter: "\${br_netfilter}" } } } }
manifests: [./web.yaml]
steps:
  - { in: client, run: "echo \${n} $\${n}", repeat: "\${n}", expect: { ttl: 64, broken: timeout, fixed: { result: ok, client: client } } }
`,
    { "./web.yaml": WEB.replace("replicas: 2", "replicas: ${n}") },
  );

  it("makes every combination, in the order of the file", () => {
    expect(scenario.cells.map((plan) => [plan.cell, plan.half])).toEqual([
      [{ br_netfilter: "absent", n: "1" }, "broken"],
      [{ br_netfilter: "absent", n: "2" }, "broken"],
      [{ br_netfilter: "loaded", n: "1" }, "fixed"],
      [{ br_netfilter: "loaded", n: "2" }, "fixed"],
    ]);
  });

  it("puts values into settings, numbers, commands and manifests", () => {
    const last = scenario.cells[3]!;
    expect(last.cluster.nodes[0]?.modules.br_netfilter).toBe("loaded");
    expect(last.steps[0]).toMatchObject({ repeat: 2, action: { commands: [{ text: "echo 2 ${n}" }] } });
    expect(last.objects.find(({ object }) => object.kind === "Deployment")?.object).toMatchObject({
      spec: { replicas: 2 },
    });
  });

  it("chooses the half", () => {
    const kinds = scenario.cells.map((plan) =>
      plan.steps[0]?.expect.checks.map((check) =>
        "value" in check ? `${check.kind} ${String(check.value)}` : check.kind,
      ),
    );
    expect(kinds[0]).toEqual(["ttl 64", "result timeout"]);
    expect(kinds[3]).toEqual(["ttl 64", "result ok", "client client"]);
  });

  it("keeps what would hold without the bug, where it shows", () => {
    const [broken, , fixed] = scenario.cells.map((plan) =>
      plan.steps[0]?.expect.repaired?.checks.map(({ kind }) => kind),
    );
    expect(broken).toEqual(["ttl", "result", "client"]);
    expect(fixed).toBeUndefined();
  });

  it("keeps positions", () => {
    const check = scenario.cells[0]?.steps[0]?.expect.checks[1];
    expect(check?.position).toMatchObject({ file: "lab.yaml", line: 7 });
    expect(scenario.sources[0]?.lineOf(7).slice((check?.position.col ?? 0) - 1)).toMatch(/^timeout, fixed/);
  });
});

describe("steps", () => {
  const stepsOf = (text: string) =>
    scenarioOf(`scenario: x\nmanifests: [./web.yaml]\nsteps:\n${text}`, FILES).cells[0]!.steps;

  it("several commands, joined lines, comments and background", () => {
    const [step] = stepsOf(
      "  - in: client\n    run: |\n      tcpdump -ni eth0 &\n      # a comment\n      curl \\\n        http://web/\n      ip link && bridge link\n",
    );
    expect(step?.action).toMatchObject({
      commands: [
        { text: "tcpdump -ni eth0", background: true },
        { text: "curl http://web/", background: false },
        { text: "ip link && bridge link" },
      ],
    });
  });

  it("a request without a tool", () => {
    const [step] = stepsOf(
      "  - { send: { flow: 'client:4000 > svc/web:53/udp', timeout: 2s, payload: q }, pick: web#2 }\n",
    );
    expect(step).toMatchObject({
      action: {
        kind: "send",
        timeout: 2000,
        payload: "q",
        flow: { from: { name: "client", port: 4000 }, to: { name: "svc/web", port: 53 }, protocol: "udp" },
      },
      pick: { name: "web", index: 2 },
      expect: { checks: [{ kind: "result", value: "ok" }] },
    });
  });

  it("short forms of output", () => {
    const [step] = stepsOf("  - { run: ip, expect: { output: hello, has: x, ignore: [pkts] } }\n");
    expect(step?.expect.checks).toMatchObject([
      { kind: "output", how: "has", value: "x", ignore: ["pkts"] },
      { kind: "output", how: "contains", value: "hello", ignore: [] },
      { kind: "exit", value: 0 },
    ]);
  });

  it("files that kubectl reads stand at admin", () => {
    const scenario = scenarioOf(
      "scenario: x\nmatrix: { n: [3] }\nsteps: [{ run: kubectl apply -f web.yaml }, { run: kubectl delete -f web.yaml }]",
      { "web.yaml": WEB.replace("replicas: 2", "replicas: ${n}") },
    );
    expect(scenario.cells[0]?.files["web.yaml"]).toContain("replicas: 3");
    expect(scenario.cells[0]?.objects).toEqual([]);
  });

  it("a file that a step writes first need not be there", () => {
    expect(
      stepsOf("  - { run: kubectl get svc -o yaml > s.yaml }\n  - { run: kubectl delete -f s.yaml }\n"),
    ).toHaveLength(2);
  });
});

describe("pins", () => {
  it("carry what a document fixes", () => {
    const { pins, place } = scenarioOf(
      `scenario: x
manifests: [./web.yaml]
place: { web: [node1, node2] }
pin:
  pods: { web#1: { ip: 10.244.0.7, mac: "0A:58:64:60:36:F0", veth: veth05420679 } }
  services: { web: { clusterIP: 10.96.0.80, nodePort: 30080 } }
  order: { endpoints: { "default/web:": ["10.244.0.7:80"] } }
steps: [{ run: ip }]
`,
      FILES,
    ).cells[0]!;
    expect(place).toMatchObject([{ pods: { name: "web", index: undefined }, nodes: ["node1", "node2"] }]);
    expect(pins.pods).toMatchObject([
      { pod: { name: "web", index: 1 }, ip: "10.244.0.7", mac: "0a:58:64:60:36:f0", veth: "veth05420679" },
    ]);
    expect(pins.services).toMatchObject([
      { namespace: "default", name: "web", clusterIP: "10.96.0.80", nodePorts: { "": 30080 } },
    ]);
    expect(pins.order.endpoints).toEqual({ "default/web:": ["10.244.0.7:80"] });
  });
});

describe("a scenario among other YAML", () => {
  it.each([
    ["scenario: x", true],
    ["# comment\n\n---\nlab: x", true],
    ["\uFEFFscenario: x", true],
    ['"scenario": x', true],
    ["apiVersion: v1\nscenario: x", false],
    ["scenarios: x", false],
    ["", false],
  ])("%j", (text, expected) => {
    expect(isScenarioText(text)).toBe(expected);
  });
});
