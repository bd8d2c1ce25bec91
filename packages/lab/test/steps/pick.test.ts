// `pick` forces the choice among the endpoints of a Service, and nothing else.
import { expect, it } from "vitest";
import { TWO_NODES, web } from "../explain/scenarios.ts";
import { runLoaded } from "../../src/expect/run-file.ts";
import { cellRunner } from "../../src/steps/run-steps.ts";

function failuresOf(steps: string, cluster = TWO_NODES): string[] {
  const { cells } = runLoaded(
    web({ steps, cluster }),
    1,
    cellRunner(() => undefined),
  );
  return cells.flatMap(({ failures }) => failures.map(({ message }) => message));
}

const LOSS = `  - in: node1
    run: |
      iptables -N LOSS
      iptables -A LOSS -j DROP
      iptables -I FORWARD -m statistic --mode random --probability 1 -j LOSS`;

it("a random rule that is no choice of an endpoint keeps its chance", () => {
  const request = (expected: string): string =>
    `${LOSS}\n  - { in: client, run: "curl -s -m 2 node1:30080", pick: "web#2", expect: ${expected} }`;
  expect(failuresOf(request("timeout"))).toEqual([]);
});

it.each(["legacy", "nft"])("choices of the back end %s are forced", (backend) => {
  const cluster = TWO_NODES.replace("\n  nodes:", `\n  iptables: { version: "1.8.7", backend: ${backend} }\n  nodes:`);
  const steps = ["web#1", "web#2", "web#1", "web#2"].map(
    (pod) => `  - { in: client, run: "curl -s node1:30080", pick: "${pod}", expect: { by: "${pod}" } }`,
  );
  expect(failuresOf(steps.join("\n"), cluster)).toEqual([]);
});

it("a pod that is no endpoint of the Service called stops the step", () => {
  const steps = (pick: string): string => `  - in: node1
    run: |
      iptables -t nat -N OTHER
      iptables -t nat -A OTHER -p tcp -m statistic --mode random --probability 0.5 -j DNAT --to-destination 10.1.5.2:80
      iptables -t nat -A OTHER -p tcp -j DNAT --to-destination 10.1.5.2:80
      iptables -t nat -I PREROUTING -d 10.96.0.99 -j OTHER
      iptables -t nat -A POSTROUTING -s 192.168.120.252 -j MASQUERADE
  - { in: client, run: "ip route add 10.96.0.99 via 192.168.120.226" }
  - { in: client, run: "curl -s 10.96.0.99", pick: "${pick}", expect: ok }`;
  expect(failuresOf(steps("web#2"))).toEqual(["pick: web#2 was not among the choices of chain OTHER on node1"]);
  expect(failuresOf(steps("web#1"))).toEqual([]);
});

it("an answer of another pod without any choice stops the step", () => {
  const direct = '  - { in: client, run: "curl -s 10.1.5.2", pick: "web#2", expect: ok }';
  const route = '  - { in: client, run: "ip route add 10.1.0.0/16 via 192.168.120.226" }';
  expect(failuresOf(`${route}\n${direct}`)).toEqual([
    "pick: nothing chose web#2, default/web-a answered without a random choice",
  ]);
});

it("a pod that no rule leads to stops the step before it begins", () => {
  const steps = `  - run: kubectl delete service web
  - wait: 60s
  - { in: client, run: "curl -s -m 1 node1:30080", pick: "web#2", expect: refused }`;
  expect(failuresOf(steps)).toEqual(["pick: no rule of any node leads to web#2 (10.1.6.2)"]);
});
