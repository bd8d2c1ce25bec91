import { describe, expect, it } from "vitest";
import { compareRuns, type ComparedRun } from "../../src/compare/compare-runs.ts";
import type { Comparison } from "../../src/compare/comparison.ts";
import { formatComparison } from "../../src/compare/text.ts";
import type { Scenario } from "../../src/model/scenario.ts";
import { cellRunner } from "../../src/steps/run-steps.ts";
import { TWO_NODES, web } from "../explain/scenarios.ts";

function side(label: string, { cells }: Scenario, index = 0): ComparedRun {
  const plan = cells[index];
  if (plan === undefined) throw new Error("no cell");
  return { label, plan, run: cellRunner(() => undefined) };
}

const CALL = '  - { id: call, in: client, run: "curl -m 2 -s node1:30080", pick: "web#2", expect: { exit: 0 } }';

function compared(first: string, second: string): Comparison {
  const scenario = (before: string): Scenario => web({ steps: `${before}${CALL}` });
  return compareRuns(side("a", scenario(first)), side("b", scenario(second)), 1);
}

const typed = (command: string): string => `  - { in: node2, run: ${JSON.stringify(command)} }\n`;

describe("two runs", () => {
  it("that do the same are equal", () => {
    const same = compared("", "");
    expect(same.requests.map(({ differs }) => differs)).toEqual([false]);
    expect(formatComparison(same)).toBe("A a\nB b\n0 of 1 requests differ\n");
  });

  it("other seeds draw other ports and names, which is no difference", () => {
    const scenario = web({ steps: CALL });
    const [one, other] = [1, 9].map((seed) => compareRuns(side("a", scenario), side("b", scenario), seed));
    expect([one?.requests, other?.requests].map((all) => all?.some(({ differs }) => differs))).toEqual([false, false]);
  });

  it("part at the rule that drops; the other side's rule at the same place stands beside it", () => {
    expect(formatComparison(compared("", typed("iptables -I FORWARD -p tcp --dport 80 -j DROP")))).toBe(`A a
B b
call, request 1
  A  ok by web#2 client 10.1.5.0 (node1 flannel.1)   client > node1 > node2 > web#2
  B  timeout   client > node1 > node2
first divergent hop (request of call, request 1)
  A  node2 FORWARD  route 10.1.6.0/24 dev cni0; 7 -s 10.1.0.0/16 ACCEPT
     decides  filter/FORWARD 7 -s 10.1.0.0/16 -j ACCEPT ← flanneld
  B  node2 FORWARD  DROPPED NETFILTER_DROP by filter/FORWARD rule 1
     decides  filter/FORWARD 1 -p tcp -m tcp --dport 80 -j DROP ← typed in step 1, web.yaml:32
1 of 1 requests differ
`);
  });

  it("part at the route that leads elsewhere", () => {
    const { requests } = compared("", typed("ip route replace 10.1.6.0/24 dev lo"));
    expect(requests[0]?.divergence).toMatchObject({
      of: "request",
      chance: false,
      a: { where: expect.stringMatching(/^node2 /), decides: expect.stringContaining("route 10.1.6.0/24 dev cni0") },
      b: { decides: expect.stringContaining("route 10.1.6.0/24 dev lo scope link ← typed in step 1, web.yaml:32") },
    });
  });

  it("part at the neighbour row with another machine's MAC, though its frame goes the same way for a while", () => {
    const stale = (mac: string): string =>
      `  - { in: node1, run: "bridge fdb replace 0e:00:00:00:00:99 dev flannel.1 dst 192.168.120.227; ip neigh replace 10.1.6.0 lladdr ${mac} dev flannel.1" }\n`;
    const cluster = TWO_NODES.replace("nic: ens192 }\n  hosts", 'nic: ens192, vtepMac: "0e:00:00:00:00:02" }\n  hosts');
    const [one, other] = ["0e:00:00:00:00:99", "0e:00:00:00:00:02"].map((mac) =>
      web({ cluster, steps: `${stale(mac)}${CALL}` }),
    );
    if (one === undefined || other === undefined) throw new Error("no scenario");
    expect(compareRuns(side("a", one), side("b", other), 1).requests[0]?.divergence).toEqual({
      of: "request",
      chance: false,
      a: {
        where: "node1 flannel.1",
        text: expect.stringContaining("= 0e:00:00:00:00:99"),
        decides:
          "neigh 10.1.6.0 dev flannel.1 lladdr 0e:00:00:00:00:99, but node2 flannel.1 has 0e:00:00:00:00:02 ← typed in step 1, web.yaml:32",
      },
      b: {
        where: "node1 flannel.1",
        text: expect.stringContaining("= 0e:00:00:00:00:02"),
        decides: "neigh 10.1.6.0 dev flannel.1 lladdr 0e:00:00:00:00:02 ← typed in step 1, web.yaml:32",
      },
    });
  });

  it("requests that differ in the same way are told once", () => {
    const [one, other] = ["DROP", "ACCEPT"].map((verdict) =>
      web({
        steps: `  - { in: node2, run: "iptables -I FORWARD -p tcp --dport 80 -j ${verdict}" }
  - { id: many, send: "web#1 > web#2:80", repeat: 5, expect: timeout }`,
      }),
    );
    if (one === undefined || other === undefined) throw new Error("no scenario");
    const told = formatComparison(compareRuns(side("a", one), side("b", other), 1));
    expect(told).toContain("many, request 1, 5 requests like this\n  A  timeout");
    expect(told).not.toContain("many, request 2");
  });

  it("part on the way back", () => {
    const { requests } = compared("", typed("iptables -I FORWARD -p tcp --sport 80 -j DROP"));
    expect(requests[0]?.divergence).toMatchObject({ of: "reply", b: { where: "node2 FORWARD" } });
  });

  it("a choice by chance is said to be one", () => {
    const [one, two] = ["web#1", "web#2"].map((pod) => web({ steps: CALL.replace("web#2", pod) }));
    if (one === undefined || two === undefined) throw new Error("no scenario");
    const told = formatComparison(compareRuns(side("a", one), side("b", two), 1));
    expect(told).toContain("(web#1) (pick 1 of 2)");
    expect(told).toContain("nothing but chance parts them (request of call, request 1)");
  });

  it("a request that one of them did not make", () => {
    const longer = web({ steps: `${CALL}\n${CALL.replace("id: call", "id: again")}` });
    const told = formatComparison(compareRuns(side("a", web({ steps: CALL })), side("b", longer), 1));
    expect(told).toContain("again, request 1\n  A  was not made\n  B  ok by web#2");
  });
});
