// Dumps of clusters become scenarios that stand and run. Golden: data/NAME.scenario.yaml and data/NAME.notes.txt.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { runScenarioText } from "../../src/expect/run-file.ts";
import { newScenario, type NewScenario } from "../../src/from-cluster/new-scenario.ts";
import { loadScenario } from "../../src/load/load-scenario.ts";
import { cellRunner } from "../../src/steps/run-steps.ts";

type Made = Extract<NewScenario, { ok: true }>;

function data(name: string): string {
  return readFileSync(new URL(`data/${name}`, import.meta.url), "utf8");
}

function made(dump: string, manifests?: string): Made {
  const result = newScenario("stdin", dump, { title: "t", manifests });
  if (!result.ok) throw new Error(result.diagnostics.map(({ line, message }) => `${line}: ${message}`).join("\n"));
  return result;
}

/** The parts of a scenario as data. */
function scenarioOf(dump: string): Record<string, never> {
  return parse(made(dump).scenario) as Record<string, never>;
}

const NODE = (name: string, ip: string, more = ""): string => `---
apiVersion: v1
kind: Node
metadata: { name: ${name} }
spec: { ${more} }
status: { addresses: [{ type: InternalIP, address: ${ip} }], nodeInfo: { kubeletVersion: v1.28.7 } }
`;

const POD = (name: string, node: string, ip: string, owner: string, more = ""): string => `---
apiVersion: v1
kind: Pod
metadata: { name: ${name}, labels: { app: db }, ownerReferences: [{ controller: true, ${owner} }] }
spec: { nodeName: ${node}, containers: [{ name: c, image: x/db, ports: [{ containerPort: 5353, protocol: UDP }] }] }
status: { phase: Running, podIP: ${ip} ${more} }
`;

describe.each(["shop"])("a dump of %s", (name) => {
  it("becomes this scenario, and this is told", () => {
    const { scenario, notes } = made(data(`${name}.yaml`));
    expect(scenario).toBe(data(`${name}.scenario.yaml`));
    expect(`${notes.join("\n")}\n`).toBe(data(`${name}.notes.txt`));
  });

  it("is the same whether manifests stand inside or beside it", () => {
    const inline = made(data(`${name}.yaml`));
    const beside = made(data(`${name}.yaml`), "./manifests.yaml");
    const objects = (beside.manifests ?? "").split("---\n").map((text) => parse(text) as unknown);
    expect(parse(inline.scenario)).toEqual({ ...(parse(beside.scenario) as object), manifests: objects });
  });

  it("can be read and run, with the addresses of the dump", () => {
    const { scenario } = made(data(`${name}.yaml`));
    const result = runScenarioText(
      "new.yaml",
      scenario,
      () => undefined,
      5,
      cellRunner(() => undefined),
    );
    expect(result.diagnostics).toEqual([]);
    expect(result.cells.map(({ status }) => status)).toEqual(["passed"]);
    expect(result.cells[0]?.steps[0]?.outcome.flow).toMatchObject({ result: "ok", client: "10.244.1.30" });
  });

  it("holds nothing secret", () => {
    const { scenario, manifests, notes } = made(data(`${name}.yaml`), "./m.yaml");
    for (const text of [scenario, manifests ?? "", notes.join("\n")]) {
      expect(text).not.toContain("hunter2");
      expect(text).not.toContain("aHVudGVy");
    }
  });
});

describe("a dump", () => {
  const STATEFUL = `apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db }
spec:
  replicas: 2
  serviceName: db
  selector: { matchLabels: { app: db } }
  template:
    metadata: { labels: { app: db } }
    spec: { hostAliases: [{ ip: 1.2.3.4 }], containers: [{ name: c, image: x/db, ports: [{ containerPort: 5353, protocol: UDP }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: db }
spec: { clusterIP: 172.20.9.9, selector: { app: db }, ports: [{ port: 53, targetPort: 5353, protocol: UDP }] }
`;
  const OWNER = "kind: StatefulSet, name: db, uid: u, apiVersion: apps/v1";
  const dump = `${STATEFUL}${NODE("a.example.com", "10.0.0.1")}${NODE("b.example.com", "10.0.0.2", "unschedulable: true")}${POD("db-1", "b.example.com", "10.9.2.5", OWNER)}${POD("db-0", "a.example.com", "10.9.1.5", OWNER)}${POD("db-2", "a.example.com", "10.9.1.6", OWNER)}`;

  it("of several documents, ordinals, no podCIDR, other Service networks", () => {
    const { cluster, place, pin, steps } = scenarioOf(dump);
    expect(place).toEqual({ "sts/db#1": "a.example.com", "sts/db#2": "b.example.com" });
    expect(pin).toEqual({
      pods: { "sts/db#1": { ip: "10.9.1.5" }, "sts/db#2": { ip: "10.9.2.5" } },
      services: { db: { clusterIP: "172.20.9.9" } },
    });
    expect(cluster).toMatchObject({
      services: { cidr: "172.20.9.0/24" },
      nodes: { "a.example.com": { podCIDR: "10.9.1.0/24" } },
    });
    expect(steps).toEqual([{ send: "a.example.com > svc/default/db:53/udp", expect: "ok" }]);
  });

  it("tells what it guessed and what is missing", () => {
    expect(made(dump).notes).toEqual([
      "missing: pods beyond the replicas of their workload: Pod default/db-2",
      "missing: spec.template.spec.hostAliases, not modelled (names in a pod's /etc/hosts): StatefulSet default/db",
      "missing: spec.unschedulable: Node b.example.com",
      "cluster.services.cidr 172.20.9.0/24 is a guess: the smallest usual network with all ClusterIPs",
      "podCIDR 10.9.1.0/24 of a.example.com is a guess from its pods' addresses",
      "podCIDR 10.9.2.0/24 of b.example.com is a guess from its pods' addresses",
      "cluster.cni: no ConfigMap kube-flannel-cfg in the dump, flannel with 10.9.0.0/16 is a guess",
    ]);
  });

  const FLANNEL = (name: string, ip: string, mac: string, publicIp = ip): string =>
    NODE(name, ip, "podCIDR: 10.244.1.0/24").replace(
      "metadata: {",
      `metadata: { annotations: { flannel.alpha.coreos.com/backend-data: '{"VNI":1,"VtepMAC":"${mac}"}', flannel.alpha.coreos.com/public-ip: ${publicIp} },`,
    );

  it("of flannel: its release, and what flanneld wrote to the Nodes", () => {
    const daemon = `---
apiVersion: v1
kind: Pod
metadata: { name: kube-flannel-ds-x, namespace: kube-system }
spec: { nodeName: a, hostNetwork: true, containers: [{ name: f, image: "quay.io/coreos/flannel:v0.9.1-amd64" }] }
`;
    const mac = "36:DC:08:bc:b6:23";
    const nodes = FLANNEL("a", "10.0.0.1", mac) + FLANNEL("b", "10.0.0.2", mac, "52.1.2.3");
    const { cluster } = scenarioOf(nodes + daemon);
    expect(cluster).toMatchObject({
      cni: { flannel: { version: "0.9.1" } },
      nodes: { a: { vtepMac: "36:dc:08:bc:b6:23" } },
    });
    expect(cluster).not.toHaveProperty("nodes.b.vtepMac");
    expect(made(nodes + daemon).notes).toEqual(
      expect.arrayContaining([
        "missing: the VTEP MAC 36:dc:08:bc:b6:23, which a has too: Node b",
        "missing: flannel.alpha.coreos.com/public-ip 52.1.2.3: flanneld takes 10.0.0.2: Node b",
      ]),
    );
  });

  it("says what is assumed of pods that are probed", () => {
    const unready = POD(
      "p",
      "n",
      "10.244.0.9",
      "kind: Job, name: j",
      ", conditions: [{ type: Ready, status: 'False' }]",
    );
    const probed = unready.replace("image: x/db", "image: x/db, readinessProbe: { tcpSocket: { port: 1 } }");
    const { notes } = made(`${NODE("n", "10.0.0.1", "podCIDR: 10.244.0.0/24")}${probed}`);
    expect(notes).toEqual(
      expect.arrayContaining([
        "missing: pods that are not ready in the dump: here they are, and are endpoints: Pod default/p",
        "missing: spec.containers[].readinessProbe, not made: a pod is ready when its network is: Pod default/p",
      ]),
    );
  });

  it("whose values are refused loses the object, not the rest", () => {
    const port = "ports: [{ containerPort: 80, hostPort: 8080 }]";
    const pod = `${NODE("n", "10.0.0.1", "podCIDR: 10.244.0.0/24")}---\napiVersion: v1\nkind: Pod\nmetadata: { name: edge }\nspec: { containers: [{ name: c, image: nginx, ${port} }] }\n`;
    const { scenario, notes } = made(pod);
    expect(loadScenario("s.yaml", scenario, () => undefined).ok).toBe(true);
    expect(notes.join("\n")).toContain(
      "missing: refused (hostPort is not modelled: host ports need the portmap plugin): Pod default/edge",
    );
  });

  it("whose pods have gone or are going has others", () => {
    const ended = POD("old", "n", "10.244.0.9", "kind: Job, name: j", "").replace("phase: Running", "phase: Succeeded");
    const { notes, scenario } = made(`${NODE("n", "10.0.0.1", "podCIDR: 10.244.0.0/24")}${ended}`);
    expect(scenario).not.toContain("old");
    expect(notes.join("\n")).toContain("left out: pods that have ended: Pod default/old");
  });

  it.each([
    ["", 1, "there is no object in it"],
    ["a: [", 1, "YAML"],
    ["kind: Pod\nmetadata: { name: x }\n", 1, "an object without apiVersion, kind or metadata.name"],
    ["- 1\n- 2\n", 1, "an object without apiVersion"],
  ])("that is none is refused in its place: %j", (text, line, message) => {
    const result = newScenario("stdin", text, { title: "t", manifests: undefined });
    expect(result).toMatchObject({ ok: false, diagnostics: [{ line, message: expect.stringContaining(message) }] });
  });
});
