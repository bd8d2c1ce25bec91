// References of a scenario to what is not there: each mistake once, with what helps.
import { describe, expect, it } from "vitest";
import { brief, mistakes, scenarioOf } from "./read.ts";

const STEPS = "steps: [{ in: node1, run: ip route }]\n";

describe("nodes", () => {
  it("who writes one node has only that one, and is told so", () => {
    const text = "scenario: x\ncluster: { nodes: [node1] }\nsteps: [{ in: node2, run: ip route }]\n";
    expect(mistakes(text)).toContain("hint: cluster.nodes lists only node1");
    const placed = "scenario: x\ncluster: { nodes: { node1: {} } }\nplace: { client: node2 }\nsteps: [{ run: ip }]\n";
    expect(mistakes(placed)).toContain("hint: cluster.nodes lists only node1");
  });

  it("a network too small for its nodes is said once", () => {
    const text = `scenario: x\ncluster: { cni: { flannel: { network: 10.244.0.0/24 } }, nodes: [node1, b, c, d, e, f] }\n${STEPS}`;
    expect(brief(text)).toEqual(["2:39 no /26 is left in 10.244.0.0/24 for e, f"]);
  });
});

describe("aliases", () => {
  it.each([
    ["{ c: c }", '2:13 "c" stands for itself', ""],
    ["{ a: b, b: node1 }", '2:13 "b" is an alias itself', "hint: write node1"],
    ["{ a: b, b: c, c: node1 }", '2:13 "b" is an alias itself', "hint: write node1"],
    ["{ a: b, b: a }", '2:13 "b" is an alias itself', "hint: these aliases stand for each other"],
    ["{ node1: node1 }", '2:10 "node1" is already the name of a machine', ""],
  ])("%s", (names, first, hint) => {
    const text = `scenario: x\nnames: ${names}\n${STEPS}`;
    expect(brief(text)[0]).toBe(first);
    expect(mistakes(text)).toContain(hint);
  });

  it("a name that is known twice is listed once", () => {
    const text = "scenario: x\nnames: { node1: admin }\nsteps: [{ in: zzz, run: ip }]\n";
    expect(mistakes(text)).toContain("hint: known here: admin, node1, node2\n".trim());
  });
});

describe("pin.order", () => {
  const order = (text: string): string[] => brief(`scenario: x\npin: { order: ${text} }\n${STEPS}`);

  it.each([
    ['{ services: ["default/nope:"] }', 'no Service is named "default/nope"'],
    ['{ services: ["kube-system/kube-dns:nope"] }', 'Service kube-system/kube-dns has no port "nope"'],
    ['{ services: ["web"] }', '"web" is not NAMESPACE/NAME:PORT'],
    ['{ endpoints: { "default/nope:": ["10.0.0.1:80"] } }', 'no Service is named "default/nope"'],
    ['{ endpoints: { "kube-system/kube-dns:dns": ["10.0.0.1"] } }', '"10.0.0.1" is not ADDRESS:PORT'],
  ])("%s", (text, message) => {
    expect(order(text).map((line) => line.replace(/^\S+ /, ""))).toEqual([message]);
  });

  it("takes what is there", () => {
    expect(order('{ services: ["kube-system/kube-dns:dns", "default/kubernetes:https"] }')).toEqual([]);
  });
});

it("namespaces that no manifest has are made, and said to be", () => {
  const pod = (namespace: string): string =>
    `{ apiVersion: v1, kind: Pod, metadata: { name: p, namespace: ${namespace} }, spec: { containers: [{ name: c, image: nginx }] } }`;
  const { cells } = scenarioOf(`scenario: x\nmanifests:\n  - ${pod("prod")}\n  - ${pod("default")}\n${STEPS}`);
  expect(cells[0]?.defaults.filter(({ path }) => path.startsWith("namespace "))).toEqual([
    { path: "namespace prod", value: "made", because: "no manifest has it; kubectl would ask for it" },
  ]);
});
