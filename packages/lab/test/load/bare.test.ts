// Labs of namespaces: what the loader makes of them, and what it says of mistakes.
import { describe, expect, it } from "vitest";
import { brief, mistakes, scenarioOf } from "./read.ts";

describe("a lab of namespaces", () => {
  it("is read with its namespaces, cards and commands in order", () => {
    const [plan] = scenarioOf(`scenario: t
namespaces: { N1: { nics: { eth0: { segment: lan, mtu: 1400 } } }, N2:, A: { mute: [eth0] } }
build:
  - in: [N1, N2]
    run: |
      ip link set lo up
      iptables-restore <<EOF
      *filter
      COMMIT
      EOF
  - { in: A, run: ip addr }
steps:
  - { in: A, inject: { dev: eth0, frame: "FFFFFFFFFFFF 0a580a010002 0806" } }
  - { in: N1, datagram: { sport: 20001, to: "10.1.1.3:53", payload: hé } }
`).cells;
    expect(plan?.bare?.namespaces).toMatchObject([
      { name: "N1", nics: [{ name: "eth0", segment: "lan", mac: undefined, mtu: 1400 }], mute: [] },
      { name: "N2", nics: [], mute: [] },
      { name: "A", nics: [], mute: [{ dev: "eth0" }] },
    ]);
    expect(plan?.bare?.build.map((block) => [block.in, block.commands.map(({ text }) => text)])).toEqual([
      [
        ["N1", "N2"],
        ["ip link set lo up", "iptables-restore <<EOF\n*filter\nCOMMIT\nEOF"],
      ],
      [["A"], ["ip addr"]],
    ]);
    expect(plan?.steps.map(({ action }) => action)).toEqual([
      { kind: "inject", in: "A", dev: "eth0", frame: "ffffffffffff0a580a0100020806" },
      { kind: "datagram", in: "N1", sport: 20001, to: { name: "10.1.1.3", port: 53 }, hex: "68c3a9" },
    ]);
    expect(plan?.steps.map(({ expect: { checks } }) => checks)).toEqual([[], []]);
    expect(plan?.cluster.nodes).toEqual([]);
  });

  it("says all mistakes at once", () => {
    expect(
      brief(`scenario: t
cluster: { nodes: [node1] }
namespaces: [A, B, A, 10.0.0.1]
build:
  - { in: [A, C], run: "sleep 5 &" }
  - { in: A, run: "# nothing" }
steps:
  - { run: ip addr }
  - { in: D, run: ip addr }
  - { in: A, inject: { dev: eth0, frame: abc } }
  - { in: A, inject: { dev: eth0, frame: "aabb" } }
  - { in: A, datagram: { sport: 1, to: "10.0.0.1", payload: a, bytes: "00" } }
  - { in: A, datagram: { sport: 1, to: "10.0.0.1:99999" } }
  - { in: A, wait: 1s }
  - { in: admin, run: kubectl get pods }
`),
    ).toMatchInlineSnapshot(`
      [
        "2:1 "cluster" belongs to a cluster, and this is a lab of namespaces",
        "3:20 two namespaces are named A",
        "3:23 "10.0.0.1" is not a name of a namespace",
        "5:15 no namespace is named "C"",
        "5:24 what is built ends before time 0: no command stays in the background",
        "6:19 no command",
        "8:5 missing key "in": the namespace in which this happens",
        "9:11 no namespace or alias is named "D"",
        "10:42 "abc" is not hex",
        "11:42 2 bytes are too few: at least 14",
        "12:40 "10.0.0.1" is not ADDRESS:PORT",
        "12:64 "bytes" stands in place of "payload"",
        "13:40 "10.0.0.1:99999" is not ADDRESS:PORT",
        "14:7 "in" says where run, inject, datagram and race happen, wait has no use for it",
        "15:11 no namespace or alias is named "admin"",
      ]
    `);
  });

  it("needs namespaces for what it builds, and a place on the network for frames", () => {
    expect(
      mistakes(`scenario: t
build: [{ in: A, run: ip addr }]
steps:
  - { inject: { dev: eth0, frame: "ffffffffffff0a580a0100020806" } }
`),
    ).toMatchInlineSnapshot(`
      "lab.yaml:2:1: "build" builds namespaces, and there are none
         2 | build: [{ in: A, run: ip addr }]
           | ^^^^^
      hint: write namespaces: [A, B]

      lab.yaml:4:5: admin is not on the network: say in which place this happens
         4 |   - { inject: { dev: eth0, frame: "ffffffffffff0a580a0100020806" } }
           |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      hint: write in: PLACE"
    `);
  });
});
