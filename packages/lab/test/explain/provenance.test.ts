// Who wrote what a packet met: agents, steps, objects; who made the entry that it hit.

import { expect, test } from "vitest";
import { explainScenario } from "../../src/explain/explain.ts";
import { web } from "./scenarios.ts";

test("routes, neighbours and forwarding entries name the agent that wrote them", () => {
  const told = explainScenario(web({ steps: "  - { wait: 1s }" }), { level: "summary", flow: "web#1 > web#2:80" });
  expect(told).toContain("route 10.1.6.0/24 via 10.1.6.0 dev flannel.1 onlink [flanneld]");
  expect(told).toMatch(
    /neigh 10\.1\.6\.0 \(node2 flannel\.1\) = \S+ \[flanneld\]; fdb → 192\.168\.120\.227 \(node2\) \[flanneld\]/,
  );
  expect(told).toContain("route 10.1.0.0/16 via 10.1.5.1 dev eth0 [cni bridge]");
  // The kernel's own route for an address, and one that a neighbour taught.
  expect(told).toMatch(/route 10\.1\.6\.0\/24 dev cni0; /);
  expect(told).toMatch(/neigh 10\.1\.6\.2 \(web#2\) = \S+; fdb → veth\w+$/m);
});

test("what a step types is the step's, in every table", () => {
  const scenario = web({
    steps: `  - id: mine
    in: node1
    run: |
      ip route replace 10.1.6.0/24 via 192.168.120.227 dev ens192
      ip neigh replace 192.168.120.227 lladdr 02:00:00:00:00:99 dev ens192
      iptables -I FORWARD -d 10.1.6.0/24 -j ACCEPT
  - { id: call, send: "web#1 > web#2:80", expect: timeout }`,
  });
  const told = explainScenario(scenario, { level: "summary", step: "call" });
  expect(told).toContain("route 10.1.6.0/24 via 192.168.120.227 dev ens192 [typed in mine, web.yaml:35]");
  expect(told).toContain("= 02:00:00:00:00:99 [typed in mine, web.yaml:36]");
  expect(told).toMatch(/1 -d 10\.1\.6\.0\/24 ACCEPT +typed in mine, web\.yaml:37/);
});

const KEPT_PORT = web({
  steps: `  - { in: node1, run: iptables -t nat -I PREROUTING -p udp --dport 5353 -j DNAT --to-destination 10.1.6.2:53 }
  - { id: first, send: "client:40000 > node1:5353/udp", expect: refused }
  - { run: kubectl delete pod web-b }
  - { in: node1, run: iptables -t nat -D PREROUTING 1 }
  - { id: again, at: 18s, send: "client:40000 > node1:5353/udp" , expect: timeout }`,
});

test("an old entry is told with its time, its rule though that is gone, and the name of the pod that is gone", () => {
  const told = explainScenario(KEPT_PORT, { level: "summary", step: "again" });
  expect(told).toMatch(/ens192 +conntrack NEW, hit \(made 0\.000 s\) +ttl 64/);
  expect(told).toMatch(
    /dst 192\.168\.120\.226:5353 ⇒ 10\.1\.6\.2:53 \(web#2, gone\) \(nat rules not asked again\) +typed in step 1, web\.yaml:32/,
  );
  expect(explainScenario(KEPT_PORT, { level: "full", step: "again" })).toMatch(
    /\[made 0\.000 s by PREROUTING 1, POSTROUTING \d+\]/,
  );
});

test("a connection's own later packets hit its entry, which is no news for its first", () => {
  expect(explainScenario(KEPT_PORT, { level: "summary", step: "first" })).not.toContain("hit");
});

test("--at: the first request that begins then or later", () => {
  const at = (ms: number): string => explainScenario(KEPT_PORT, { level: "full", at: ms }).split("\n", 2)[1] ?? "";
  expect(at(0)).toContain("at 0.000 s");
  expect(at(1)).toContain("at 18.000 s");
  expect(() => at(18_001)).toThrow("no request begins at 18.001 s or later");
});

test("full tells the rules that were looked at in vain, and why", () => {
  const told = explainScenario(web({ steps: "  - { wait: 1s }" }), { level: "full", flow: "client > node1:30080" });
  expect(told).toMatch(/· KUBE-SERVICES \d+–\d+: no, destination is 192\.168\.120\.226$/m);
  expect(told).toMatch(
    /· KUBE-SEP-\w+ 1: -s 10\.1\.\d\.2\/32 .* -j KUBE-MARK-MASQ: no, source is 192\.168\.120\.252$/m,
  );
});

test("of several steps on one line the one that types is the author", () => {
  const steps = `  [{ id: one, in: node1, run: "ip link set lo up" }, { id: two, in: node1, run: "iptables -I FORWARD -j DROP" }, { id: call, send: "web#1 > web#2:80", expect: timeout }]`;
  expect(explainScenario(web({ steps }), { level: "summary", step: "call" })).toMatch(/typed in two, web\.yaml:\d+$/m);
});
