// Dumps that become no scenario that runs: it is written all the same, and why it does not run is said.
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { newScenario, type NewScenario } from "../../src/from-cluster/new-scenario.ts";

type Made = Extract<NewScenario, { ok: true }>;

interface Parts {
  readonly node?: string;
  readonly address?: string;
  readonly podCIDR?: string;
  readonly clusterIP?: string;
  readonly on?: string;
  readonly status?: string;
  readonly more?: string;
  readonly service?: string;
}

const pod = (name: string, on: string, status: string): string => `---
{ apiVersion: v1, kind: Pod, metadata: { name: ${name}, labels: { app: p } }, spec: { nodeName: ${on}, containers: [{ name: c, image: nginx, ports: [{ containerPort: 80 }] }] }, status: { phase: Running, ${status} } }
`;

/** A node, a pod on it and a Service; each test spoils one part. */
function dump({
  node = "a",
  address = "10.0.0.1",
  podCIDR = "10.244.0.0/24",
  clusterIP = "10.96.3.3",
  on = "a",
  status = "podIP: 10.244.0.9",
  more = "",
  service = "",
}: Parts): string {
  const nodes =
    node === ""
      ? ""
      : `---
apiVersion: v1
kind: Node
metadata: { name: "${node}" }
spec: { podCIDR: "${podCIDR}" }
status: { addresses: [{ type: InternalIP, address: "${address}" }], nodeInfo: { kubeletVersion: v1.28.3 } }
`;
  return `${nodes}${pod("p", on, status)}${more}---
{ apiVersion: v1, kind: Service, metadata: { name: s }, spec: { clusterIP: "${clusterIP}", selector: { app: p }, ports: [{ port: 80 }]${service} } }
`;
}

function made(parts: Parts): Made {
  const result = newScenario("stdin", dump(parts), { title: "t", manifests: undefined });
  if (!result.ok) throw new Error(result.diagnostics.map(({ message }) => message).join("\n"));
  return result;
}

describe("new", () => {
  it.each<[string, Parts, string]>([
    ["a Service in IPv6", { clusterIP: "fd00::1" }, "IPv6 is not modelled yet: fd00::1"],
    ["a node in IPv6", { address: "fd00::5" }, "IPv6 is not modelled yet: fd00::5"],
    ["pods' network in IPv6", { podCIDR: "fd00::/64" }, "IPv6 is not modelled yet: fd00::/64"],
    ["a pod in IPv6", { status: 'podIP: "fd00::9"' }, "Pod default/p has only fd00::9: IPv6 is not modelled"],
    ["an address elsewhere", { status: "podIP: 10.99.0.9" }, "10.99.0.9 is not in the podCIDR 10.244.0.0/24 of a"],
    ["one address twice", { more: pod("q", "a", "podIP: 10.244.0.9") }, "10.244.0.9 is already pinned for pod/p"],
    ["one name twice", { more: pod("p", "a", "podIP: 10.244.0.8") }, "Pod default/p is defined already"],
    ["a node without a good name", { node: "$(reboot) ; x" }, '"$(reboot) ; x" is not a name: lower-case letters'],
  ])("says why it does not run: %s", (_what, parts, message) => {
    const { scenario, problems } = made(parts);
    expect(problems.join("\n")).toContain(message);
    expect(problems.join("\n")).not.toContain("at least one node");
    expect(scenario).toContain("manifests:");
  });

  it("asks only nodes that exist", () => {
    const firstStep = (parts: Parts): unknown => {
      const { scenario, problems } = made(parts);
      expect(problems).toEqual([]);
      return (parse(scenario) as { steps: { in: string }[] }).steps[0]?.in;
    };
    expect(firstStep({ node: "" })).toBe("node1");
    expect(firstStep({ on: "gone" })).toBe("a");
    expect(made({ on: "gone" }).notes).toContain("missing: node gone, not in the dump: Pod default/p");
  });

  it("asks only Services that are written", () => {
    const { scenario, notes } = made({ service: ", loadBalancerSourceRanges: [1.2.3.0/24]" });
    expect(notes.join("\n")).toContain("missing: refused (loadBalancerSourceRanges");
    expect(parse(scenario)).toMatchObject({ steps: [{ run: "kubectl get pods -o wide -A" }] });
  });

  it("takes the IPv4 address of a pod with both, and says what it left", () => {
    const { scenario, notes, problems } = made({
      status: 'podIP: "fd00::9", podIPs: [{ ip: "fd00::9" }, { ip: 10.244.0.9 }]',
    });
    expect(problems).toEqual([]);
    expect(parse(scenario)).toMatchObject({ pin: { pods: { "pod/p": { ip: "10.244.0.9" } } } });
    expect(notes).toContain("missing: IPv6 is not modelled: address fd00::9: Pod default/p");
  });
});

describe("a large dump", () => {
  /** Pods by hand, each with its pin: every one of them is looked for by name. */
  const NODES = 20;
  const large = Array.from({ length: 1200 }, (_, index) => {
    const [node, last] = [index % NODES, Math.floor(index / NODES) + 2];
    return pod(`p${index}`, `n${node}`, `podIP: 10.244.${node}.${last}`);
  }).join("");
  const nodes = Array.from(
    { length: NODES },
    (_, n) =>
      `---\n{ apiVersion: v1, kind: Node, metadata: { name: n${n} }, spec: { podCIDR: 10.244.${n}.0/24 }, status: { addresses: [{ type: InternalIP, address: 10.0.0.${n + 1} }], nodeInfo: { kubeletVersion: v1.28.3 } } }\n`,
  ).join("");

  // It took minutes when every pod's pin was looked for among all pods.
  it("is written and run in seconds, and says that it is at it", { timeout: 45_000 }, () => {
    const stages: string[] = [];
    const result = newScenario("stdin", `${nodes}${large}`, {
      title: "t",
      manifests: undefined,
      onProgress: (stage) => void stages.push(stage),
    });
    expect(result).toMatchObject({ ok: true, problems: [] });
    expect(stages).toEqual(["1220 objects are read", "the scenario is written; it is run once"]);
  });

  it("alone says so", () => {
    const stages: string[] = [];
    newScenario("stdin", dump({}), {
      title: "t",
      manifests: undefined,
      onProgress: (stage) => void stages.push(stage),
    });
    expect(stages).toEqual([]);
  });
});
