// Every mistake of a scenario or manifest is said with its place, its line, a caret and what to write instead.
import { describe, expect, it } from "vitest";
import { brief, mistakes, WEB } from "./read.ts";

const STEPS = "steps:\n  - run: ip route\n";

describe("a mistake is shown as file:line:col, source line, caret, suggestion", () => {
  it("unknown key", () => {
    expect(mistakes(`scenario: x\nclutser: {}\n${STEPS}`)).toBe(
      `lab.yaml:2:1: unknown key "clutser"
   2 | clutser: {}
     | ^^^^^^^
hint: did you mean "cluster"?`,
    );
  });

  it("wrong type", () => {
    expect(mistakes(`scenario: x\ncluster:\n  nodes: 3\n${STEPS}`)).toBe(
      `lab.yaml:3:10: expected a list or a map for cluster.nodes, found the number 3
   3 |   nodes: 3
     |          ^`,
    );
  });

  it("bad network", () => {
    expect(mistakes(`scenario: x\ncluster:\n  cni: { flannel: { network: 10.244.0.0/40 } }\n${STEPS}`)).toBe(
      `lab.yaml:3:30: "10.244.0.0/40" is not an IPv4 network (a.b.c.d/n)
   3 |   cni: { flannel: { network: 10.244.0.0/40 } }
     |                              ^^^^^^^^^^^^^`,
    );
  });

  it("network with host bits", () => {
    expect(mistakes(`scenario: x\ncluster:\n  underlay: { cidr: 192.168.99.7/24 }\n${STEPS}`)).toBe(
      `lab.yaml:3:21: 192.168.99.7/24 names a host inside its network
   3 |   underlay: { cidr: 192.168.99.7/24 }
     |                     ^^^^^^^^^^^^^^^
hint: a network has zeros behind its length`,
    );
  });

  it("overlapping podCIDR", () => {
    const nodes = "{ a: { podCIDR: 10.244.1.0/24 }, b: { podCIDR: 10.244.1.128/25 } }";
    expect(mistakes(`scenario: x\ncluster:\n  nodes: ${nodes}\n${STEPS}`)).toBe(
      `lab.yaml:3:57: the podCIDR of b 10.244.1.128/25 overlaps the podCIDR of a 10.244.1.0/24, see line 3
   3 |   nodes: { a: { podCIDR: 10.244.1.0/24 }, b: { podCIDR: 10.244.1.128/25 } }
     |                                                         ^^^^^^^^^^^^^^^
hint: every network needs a range of its own`,
    );
  });

  it("unknown node", () => {
    expect(
      mistakes(`scenario: x\nmanifests: [./web.yaml]\nplace: { web#1: nod2 }\n${STEPS}`, { "./web.yaml": WEB }),
    ).toBe(
      `lab.yaml:3:17: no node is named "nod2"
   3 | place: { web#1: nod2 }
     |                 ^^^^
hint: did you mean "node2"?`,
    );
  });

  it("duplicate address", () => {
    const nodes = "\n    a: { ip: 192.168.99.11 }\n    b: { ip: 192.168.99.11 }";
    expect(mistakes(`scenario: x\ncluster:\n  nodes:${nodes}\n${STEPS}`)).toBe(
      `lab.yaml:5:14: address 192.168.99.11 is already that of a
   5 |     b: { ip: 192.168.99.11 }
     |              ^^^^^^^^^^^^^
hint: every machine needs an address of its own`,
    );
  });

  it("node port out of range, in a manifest", () => {
    const service = `apiVersion: v1
kind: Service
metadata: { name: web }
spec: { type: NodePort, selector: { app: web }, ports: [{ port: 80, nodePort: 8080 }] }
`;
    expect(mistakes(`scenario: x\nmanifests: [./svc.yaml]\n${STEPS}`, { "./svc.yaml": service })).toBe(
      `svc.yaml:4:79: nodePort 8080 is outside the range 30000-32767
   4 | spec: { type: NodePort, selector: { app: web }, ports: [{ port: 80, nodePort: 8080 }] }
     |                                                                               ^^^^
hint: write a port of the range, or none: a free one is taken`,
    );
  });

  it("YAML syntax", () => {
    expect(mistakes("scenario: x\nsteps:\n  - run: 'a\n")).toMatch(/^lab\.yaml:3:10: YAML: this ' is never closed\n/);
    expect(mistakes("scenario: x\nsteps:\n  - run: a: b\n")).toBe(
      `lab.yaml:3:11: YAML: a colon and a blank in a text without quotes
   3 |   - run: a: b
     |           ^
hint: put the text in quotes: "a: b"`,
    );
  });

  it("tab as indentation", () => {
    expect(mistakes("scenario: x\nsteps:\n\t- run: ip\n")).toBe(
      `lab.yaml:3:1: YAML: Tabs are not allowed as indentation
   3 | \t- run: ip
     | ^
hint: indent with spaces; YAML does not allow tabs`,
    );
  });

  it("a file that is not there", () => {
    expect(mistakes(`scenario: x\nmanifests: [./nope.yaml]\n${STEPS}`)).toBe(
      `lab.yaml:2:13: no such file: ./nope.yaml
   2 | manifests: [./nope.yaml]
     |             ^^^^^^^^^^^
hint: paths are relative to the scenario file`,
    );
  });

  it("IPv6", () => {
    expect(mistakes(`scenario: x\ncluster:\n  hosts: { client: { ip: "fd00::1" } }\n${STEPS}`)).toBe(
      `lab.yaml:3:26: IPv6 is not modelled yet: fd00::1
   3 |   hosts: { client: { ip: "fd00::1" } }
     |                          ^^^^^^^^^
hint: write it in IPv4`,
    );
  });

  it("a word that is not one of the known ones", () => {
    expect(mistakes("scenario: x\nsteps:\n  - { run: ip route, expect: tiemout }\n")).toBe(
      `lab.yaml:3:30: expected one of ok, timeout, refused, reset, unreachable for steps[0].expect, found text "tiemout"
   3 |   - { run: ip route, expect: tiemout }
     |                              ^^^^^^^
hint: did you mean "timeout"?`,
    );
  });

  it("a request is never dropped: its packets are", () => {
    expect(mistakes("scenario: x\nsteps:\n  - { run: curl a, expect: dropped }\n")).toBe(
      `lab.yaml:3:28: expected one of ok, timeout, refused, reset, unreachable for steps[0].expect, found text "dropped"
   3 |   - { run: curl a, expect: dropped }
     |                            ^^^^^^^
hint: the client of a dropped packet sees timeout; write { result: timeout, dropped: { in: PLACE } }`,
    );
    expect(brief("scenario: x\nsteps:\n  - { run: curl a, expect: { result: dropped } }\n")).toHaveLength(1);
  });

  it("a release that is not modelled", () => {
    expect(mistakes(`scenario: x\ncluster: { kubernetes: "1.30" }\n${STEPS}`)).toBe(
      `lab.yaml:2:24: Kubernetes 1.30 is not modelled
   2 | cluster: { kubernetes: "1.30" }
     |                        ^^^^^^
hint: modelled: 1.9, 1.10, 1.28`,
    );
  });

  it("a planned key is refused by name", () => {
    expect(mistakes(`scenario: x\nvary: []\n${STEPS}`)).toBe(
      `lab.yaml:2:1: "vary" is not modelled yet: one draw per student
   2 | vary: []
     | ^^^^`,
    );
  });

  it("a comma that ends a text", () => {
    expect(mistakes("scenario: x\nsteps:\n  - { run: echo a, b }\n")).toBe(
      `lab.yaml:3:20: unknown key "b" in steps[0]
   3 |   - { run: echo a, b }
     |                    ^
hint: inside { } a comma starts a new key: put text that contains a comma in quotes`,
    );
  });

  it("a module that is on", () => {
    expect(
      mistakes(`scenario: x\ncluster:\n  nodes: { node1: { modules: { br_netfilter: on } } }\n${STEPS}`),
    ).toContain("hint: write loaded");
  });

  it("an unknown column of a table", () => {
    expect(mistakes("scenario: x\nsteps:\n  - { run: ip neigh, expect: { neigh: { in: node1, lladr: x } } }\n")).toBe(
      `lab.yaml:3:52: unknown key "lladr" in steps[0].expect.neigh
   3 |   - { run: ip neigh, expect: { neigh: { in: node1, lladr: x } } }
     |                                                    ^^^^^
hint: did you mean "lladdr"?`,
    );
  });
});

describe("all mistakes of a file are said at once", () => {
  it("of shape, of names, of the network, of manifests and of the matrix", () => {
    const text = `scenario: many
stesp: []
matrix: { a: [x, y] }
bug: { when: { nope: x } }
cluster:
  cni: flanel
  nodes:
    node1: { ip: 192.168.99.11, podCIDR: 10.1.0.0/24, foo: 1 }
    node2: { ip: 192.168.99.11 }
manifests: [./web.yaml, ./gone.yaml]
place: { web: node7 }
steps:
  - { in: cleint, run: "echo \${b}", expect: { fixed: ok } }
  - { wait: 5 }
  - { send: "client > svc/web:99999" }
`;
    expect(brief(text, { "./web.yaml": WEB.replace("replicas: 2", "replicas: two") })).toEqual([
      '2:1 unknown key "stesp"',
      '4:16 "nope" is not a name of the matrix',
      '6:8 expected one of flannel, docker for cluster.cni, found text "flanel"',
      "8:42 podCIDR 10.1.0.0/24 is outside the flannel network 10.244.0.0/16",
      '8:55 unknown key "foo" in cluster.nodes.node1',
      "9:18 address 192.168.99.11 is already that of node1",
      "10:25 no such file: ./gone.yaml",
      '11:15 no node is named "node7"',
      '13:11 no node, host, pod or alias is named "cleint"',
      "13:30 ${b} is not a name of the matrix",
      '13:47 missing key "broken": both halves are needed',
      "14:13 5 has no unit",
      "15:13 port 99999 is out of range (1–65535)",
      '10:13 expected a number for spec.replicas, found text "two"',
    ]);
  });
});

describe("mistakes between keys", () => {
  const wrong = (rest: string): string[] =>
    brief(`scenario: x\nmanifests: [./web.yaml]\n${rest}`, { "./web.yaml": WEB });

  it.each([
    [
      "steps: [{ in: client, run: ip, send: 'client > svc/web:80' }]",
      "3:32 a step does one thing, this one has run and send",
    ],
    ["steps: [{ in: node3, run: ip }]", '3:15 no node, host, pod or alias is named "node3"'],
    [
      "steps: [{ in: svc/web, run: ip }]",
      '3:15 "svc/web" is no place: commands run at admin, on nodes, hosts and in pods',
    ],
    ["steps: [{ run: ip, pick: web#3 }]", "3:26 Deployment web has 2 pods, there is no #3"],
    ["steps: [{ run: ip, pick: web#0 }]", '3:26 pods are counted from 1: "web#0"'],
    ["steps: [{ send: 'client > svc/wbe:80' }]", '3:31 no Service is named "wbe"'],
    ["steps: [{ send: 'client > svc/web' }]", "3:27 the flow has no port to go to"],
    ["steps: [{ id: a, run: ip }, { id: a, run: ip }]", '3:35 two steps are named "a", see line 3'],
    ["steps: [{ at: 5s, run: ip }, { at: 1s, run: ip }]", "3:36 this time is before that of an earlier step"],
    [
      "steps: [{ run: ip, expect: { fixed: ok, broken: timeout } }]",
      '3:30 "fixed" needs a bug: say in which cells it shows',
    ],
    [
      "steps: [{ run: ip, expect: { output: { matches: '(' } } }]",
      "3:49 not a regular expression: /(/m: Unterminated group",
    ],
    [
      "steps: [{ run: ip, expect: { share: { web#1: 1/2, web#2: 1/3 } } }]",
      "3:37 the shares add up to 83.3 %, not to 100 %",
    ],
    ["steps: [{ run: ip, expect: { ignore: [pkts] } }]", "3:38 a mask without text to compare"],
    ["names: { node1: web#1 }\nsteps: [{ run: ip }]", '3:10 "node1" is already the name of a machine'],
    ["pin: { pods: { web#1: { ip: 10.9.9.9 } } }\nsteps: [{ run: ip }]", "3:29 10.9.9.9 is not in any podCIDR"],
    [
      "pin: { pods: { web#1: { ip: 10.244.0.5 }, web#2: { ip: 10.244.0.5 } } }\nsteps: [{ run: ip }]",
      "3:56 10.244.0.5 is already pinned for web#1",
    ],
    [
      "pin: { services: { web: { clusterIP: 10.0.0.1 } } }\nsteps: [{ run: ip }]",
      "3:38 10.0.0.1 is outside the Services' network 10.96.0.0/12",
    ],
    [
      "pin: { services: { web: { nodePort: 80 } } }\nsteps: [{ run: ip }]",
      "3:37 node port 80 is out of range (30000-32767)",
    ],
    ["serve: { web: { body: x } }\nsteps: [{ run: ip }]", "3:17 a body is what an http server answers"],
    ["cluster: { agents: [kubelet, kubelet] }\nsteps: [{ run: ip }]", "3:30 kubelet stands twice"],
    [
      "cluster: { cni: docker, nodes: [a, b] }\nsteps: [{ run: ip }]",
      "3:32 cni: docker joins no nodes: pods of other nodes could not be reached",
    ],
    [
      "mutations: [{ cluster.nodes.node9.ip: 1.2.3.4 }]\nsteps: [{ run: ip }]",
      "3:15 cluster.nodes.node9.ip leads nowhere in this file",
    ],
    ["steps: [{ run: kubectl apply -f ./svc.yaml }]", "3:33 no such file: ./svc.yaml"],
  ])("%s", (rest, expected) => {
    expect(wrong(rest)).toContain(expected);
  });

  it("a pod that names a node that is not there", () => {
    const pod =
      "apiVersion: v1\nkind: Pod\nmetadata: { name: p }\nspec: { nodeName: node9, containers: [{ name: c }] }\n";
    expect(brief("scenario: x\nmanifests: [p.yaml]\nsteps: [{ run: ip }]", { "p.yaml": pod })).toEqual([
      '4:19 no node is named "node9"',
    ]);
  });

  it("names are not guessed missing when a manifest could not be read", () => {
    expect(brief("scenario: x\nmanifests: [gone.yaml]\nsteps: [{ in: shop, run: ip }]")).toEqual([
      "2:13 no such file: gone.yaml",
    ]);
  });
});
