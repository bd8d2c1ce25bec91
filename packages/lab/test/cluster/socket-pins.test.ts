import { formatIpv4 } from "@kubehop/netstack";
import { describe, expect, it } from "vitest";
import { Cluster } from "../../src/cluster/cluster.ts";
import { cellRunner } from "../../src/steps/run-steps.ts";
import type { StepOutcome } from "../../src/model/outcome.ts";
import { brief, scenarioOf, WEB } from "../load/read.ts";

const TEXT = `scenario: x
cluster: { kernel: "4.9", nodes: [node1], services: { cidr: 100.64.0.0/13 } }
manifests: [./web.yaml]
pin:
  sockets:
    client: { ports: [43534], isn: [506285654], ipIds: [2160], timestamp: 1000, windowScale: 9 }
steps:
  - { id: cap, in: client, run: "tcpdump -t -vv -i eth0 -n 'tcp' &" }
  - { in: client, run: "curl -s --max-time 5 http://web/", expect: ok }
  - { in: client, run: "curl -s --max-time 5 http://web/", expect: ok }
  - { in: client, run: fg cap }
`;

describe("pin.sockets", () => {
  it("decides the first connection of a place, and chance the next", () => {
    const scenario = scenarioOf(TEXT, { "./web.yaml": WEB });
    const outcomes: StepOutcome[] = [];
    for (const cell of scenario.cells)
      cellRunner(() => undefined)(cell, 1, (_step, outcome) => void outcomes.push(outcome));
    const syns = (outcomes.at(-1)?.stdout ?? "").match(/^IP .*\n.*Flags \[S\],.*$/gm) ?? [];
    expect(syns).toHaveLength(2);
    expect(syns[0]).toMatch(/ttl 64, id 2160,[^]*\.43534 > .*seq 506285654,.*TS val 1000 ecr 0,nop,wscale 9\]/);
    expect(syns[1]).not.toMatch(/id 2160,|43534|506285654/);
  });

  it("names a place", () => {
    expect(brief(TEXT.replace("    client: {", "    clint: {"), { "./web.yaml": WEB }).join()).toMatch(
      /^6:5 .*"?clint"?/,
    );
  });

  it("stands in a cluster whose add-ons have addresses of its own Services' network", () => {
    const [cell] = scenarioOf(TEXT, { "./web.yaml": WEB }).cells;
    if (cell === undefined) throw new Error("no cell");
    const dns = Cluster.build(cell, 1).places.address("kube-dns", "kube-system");
    expect(dns === undefined ? "" : formatIpv4(dns)).toBe("100.64.0.10");
  });
});
