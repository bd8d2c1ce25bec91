import { describe, expect, test } from "vitest";
import { ExplainError, explainScenario } from "../../src/explain/explain.ts";
import type { ExplainOptions } from "../../src/explain/explain.ts";
import { web } from "./scenarios.ts";

const REMOTE = web({ steps: '  - { id: remote, in: client, run: "curl -s node1:30080", pick: "web#2", expect: ok }' });

function minimal(options: Partial<ExplainOptions> = {}): string[] {
  return explainScenario(REMOTE, { level: "minimal", ...options })
    .trimEnd()
    .split("\n");
}

test("minimal: a NodePort request to a pod on the other node, and its reply", () => {
  expect(minimal()).toEqual([
    "request tcp 192.168.120.252 > 192.168.120.226:30080 [S]",
    "client",
    "  routing: route 192.168.120.0/24 dev eth0",
    "  eth0: neigh 192.168.120.226 (node1); ttl 64",
    "node1",
    "  ens192: conntrack NEW; ttl 64",
    "  PREROUTING: KUBE-SERVICES → KUBE-NODEPORTS → MARK 0x4000 → KUBE-SVC-BIJGBSD4RZCCZX5R → KUBE-SEP-BDPC3MKPKDZVA324",
    "  PREROUTING: dst 192.168.120.226:30080 ⇒ 10.1.6.2:80 (pick one of 2)",
    "  FORWARD: route 10.1.6.0/24 via 10.1.6.0 dev flannel.1 onlink; KUBE-FORWARD 1 mark 0x4000/0x4000 ACCEPT; ttl 63",
    "  POSTROUTING: KUBE-POSTROUTING 1 mark 0x4000/0x4000 MASQUERADE: src 192.168.120.252:* ⇒ 10.1.5.0:* (address of flannel.1)",
    "  flannel.1: neigh 10.1.6.0 (node2 flannel.1); fdb → 192.168.120.227 (node2); VXLAN vni 1, udp 8472",
    "  outer POSTROUTING: KUBE-POSTROUTING 1 mark 0x4000/0x4000 MASQUERADE (changes nothing)",
    "node2",
    "  ens192: outer packet for this node, decapsulated by flannel.1",
    "  flannel.1: conntrack NEW; ttl 63",
    "  FORWARD: route 10.1.6.0/24 dev cni0; 7 -s 10.1.0.0/16 ACCEPT; ttl 62",
    "  cni0: neigh 10.1.6.2 (web#2); fdb → port",
    "web#2",
    "  eth0: delivered to tcp 0.0.0.0:80 (web#2); ttl 62",
    "reply tcp 10.1.6.2:80 > 10.1.5.0 [S.]",
    "web#2",
    "  routing: route 10.1.0.0/16 via 10.1.6.1 dev eth0",
    "  eth0: neigh 10.1.6.1 (node2 cni0); ttl 64",
    "node2",
    "  veth: conntrack reply to 10.1.5.0 > 10.1.6.2:80; up to cni0; ttl 64",
    "  FORWARD: route 10.1.5.0/24 via 10.1.5.0 dev flannel.1 onlink; KUBE-FORWARD 2 -s 10.1.0.0/16 ctstate RELATED,ESTABLISHED ACCEPT; ttl 63",
    "  flannel.1: neigh 10.1.5.0 (node1 flannel.1); fdb → 192.168.120.226 (node1); VXLAN vni 1, udp 8472",
    "node1",
    "  ens192: outer packet for this node, decapsulated by flannel.1",
    "  flannel.1: conntrack reply to 192.168.120.252 > 192.168.120.226:30080; ttl 63",
    "  PREROUTING: dst 10.1.5.0:* ⇒ 192.168.120.252:* (translated back)",
    "  FORWARD: route 192.168.120.0/24 dev ens192; KUBE-FORWARD 2 -s 10.1.0.0/16 ctstate RELATED,ESTABLISHED ACCEPT; ttl 62",
    "  POSTROUTING: src 10.1.6.2:80 ⇒ 192.168.120.226:30080 (translated back)",
    "  ens192: neigh 192.168.120.252 (client)",
    "client",
    "  eth0: delivered to tcp 192.168.120.252:* (curl); ttl 62",
  ]);
});

test("minimal does not depend on the seed", () => {
  expect(minimal({ seed: 77 })).toEqual(minimal());
});

test("summary: numbered hops, the object and manifest line behind a DNAT, which endpoint was drawn", () => {
  const text = explainScenario(REMOTE, { level: "summary" });
  expect(text).toMatch(
    /^remote: client\$ curl -s node1:30080\nREQUEST tcp 192\.168\.120\.252:\d+ \(client\) > 192\.168\.120\.226:30080 \(node1\) \[S\]\n/,
  );
  expect(text).toMatch(/^ 2 node1 +ens192 +conntrack NEW +ttl 64$/m);
  expect(text).toMatch(
    /dst 192\.168\.120\.226:30080 ⇒ 10\.1\.6\.2:80 \(web#2\) \(pick 2 of 2\) +Service default\/web:80, web\.yaml:\d+$/m,
  );
  expect(text).toMatch(/^REPLY {3}tcp 10\.1\.6\.2:80 \(web#2\) > /m);
});

test("full: every step, frames as tcpdump prints them, rules with their text", () => {
  const text = explainScenario(REMOTE, { level: "full" });
  expect(text).toMatch(
    /rx ens192: .* > .*, ethertype IPv4 \(0x0800\), length 74: 192\.168\.120\.252\.\d+ > 192\.168\.120\.226\.30080: Flags \[S\]/,
  );
  expect(text).toContain("--to-destination 10.1.6.2:80 ⇒ ACCEPT   [Service default/web:80, web.yaml:");
  expect(text).toMatch(/conntrack confirmed tcp +6 \d+ SYN_SENT/);
});

test("a flow of one's own is sent on the settled cluster", () => {
  const lines = minimal({ flow: "web#1 > svc/web:80" });
  expect(lines[0]).toBe("request tcp 10.1.5.2 > 10.96.0.80:80 [S]");
  expect(lines).toContain("web#1");
  const ping = minimal({ flow: "web#1 > web#2/icmp" });
  expect(ping[0]).toBe("request icmp 10.1.5.2 > 10.1.6.2");
  expect(ping.filter((line) => line.includes("delivered to icmp"))).toHaveLength(1);
});

test("steps before the chosen one have happened", () => {
  const scenario = web({
    steps: `  - { id: deny, in: node2, run: iptables -I FORWARD -p tcp --dport 80 -j DROP }
  - { id: call, in: client, run: curl -m 2 -s node1:30080, pick: "web#2", expect: timeout }`,
  });
  const text = explainScenario(scenario, { level: "minimal", step: "call" });
  expect(text).toContain("  FORWARD: DROPPED NETFILTER_DROP by filter/FORWARD rule 1\n");
  expect(text).not.toContain("reply");
  const before = explainScenario(scenario, { level: "minimal", flow: "web#1 > web#2:80", step: "deny" });
  expect(before).not.toContain("DROPPED");
});

test("without a step the failing one is told, else the first request", () => {
  const scenario = web({
    steps: `  - { id: good, in: client, run: "curl -s node1:30080", expect: ok }
  - { id: bad, in: client, run: "curl -m 2 -s node1:30081", expect: ok }`,
  });
  expect(explainScenario(scenario, { level: "summary" })).toMatch(/^bad: /);
  const fine = web({
    steps: `  - { id: look, in: node1, run: ip route }\n  - { id: good, in: client, run: "curl -s node1:30080", expect: ok }`,
  });
  expect(explainScenario(fine, { level: "summary" })).toMatch(/^good: /);
});

test("a refusal names the rule, the Service behind it and what was answered", () => {
  const scenario = web({ steps: '  - { in: client, run: "curl -m 2 -s node1:30081", expect: refused }' });
  const text = explainScenario(scenario, { level: "summary" });
  expect(text).toMatch(
    /REJECT; answered with ICMP unreachable \(type 3 code 3\) +Service default\/empty:80, web\.yaml:\d+/,
  );
  expect(text).toMatch(/^REPLY {3}icmp 192\.168\.120\.226 \(node1\) > 192\.168\.120\.252 \(client\)$/m);
});

test("a node's own request is changed in OUTPUT and then routed anew", () => {
  const lines = minimal({ flow: "node1 > svc/web:80" });
  const output = lines.filter((line) => line.startsWith("  OUTPUT: ")).map((line) => line.slice(10));
  expect(output[0]).toBe("route default via 192.168.120.1 dev ens192; conntrack NEW");
  expect(output.at(-1)).toMatch(/^now route 10\.1\.[56]\.0\/24 /);
  expect(output.at(-2)).toMatch(/^dst 10\.96\.0\.80:80 ⇒ /);
});

test("of a flooded frame the copy that arrives is followed", () => {
  const scenario = web({
    cluster: '\n  kubernetes: "1.28"\n  nodes: [node1]',
    place: "node1",
    steps: '  - { send: "web#1 > web#2:80" }\n  - { wait: 15m }\n  - { id: aged, send: "web#1 > web#2:80" }',
  });
  const lines = explainScenario(scenario, { level: "minimal", step: "aged" }).split("\n");
  expect(lines).toContain("  cni0: fdb flooded");
  expect(lines).toContain("  eth0: delivered to tcp 0.0.0.0:80 (web#2); ttl 64");
  expect(lines.filter((line) => line === "web#2")).toHaveLength(2);
});

test("hairpin: the pod that calls itself through its Service is masqueraded on the bridge", () => {
  const scenario = web({
    cluster: '\n  kubernetes: "1.28"\n  nodes: [node1]',
    place: "node1",
    steps: '  - { id: self, in: "web#1", run: "curl -m 2 -s web", pick: "web#1" }',
  });
  const lines = explainScenario(scenario, { level: "minimal" }).split("\n");
  expect(lines).toContain(
    "  PREROUTING: KUBE-SERVICES → KUBE-SVC-LOLE4ISW44XBNF3G → KUBE-SEP-NRFUO7XKMWLPJJAE → MARK 0x4000",
  );
  expect(lines).toContain(
    "  POSTROUTING: KUBE-POSTROUTING: MARK 0x0, 3 MASQUERADE: src 10.244.0.2:* ⇒ 10.244.0.1:* (address of cni0)",
  );
});

describe("what cannot be told", () => {
  const error = (options: Partial<ExplainOptions>): string => {
    try {
      return explainScenario(REMOTE, { level: "summary", ...options });
    } catch (caught) {
      if (caught instanceof ExplainError) return caught.message;
      throw caught;
    }
  };

  test.each<[Partial<ExplainOptions>, string]>([
    [{ flow: "x" }, '"x" is not a flow: it needs one ">"'],
    [{ flow: "clinet > node1:80" }, 'there is no place clinet now; did you mean "client"?'],
    [{ flow: "client > svc/wbe:80" }, 'send: no address for svc/wbe; did you mean "svc/web"?'],
    [{ step: "remot" }, 'no step "remot": did you mean "remote"?'],
    [{ cell: { a: "1" } }, "no cell [a=1]: the file has no matrix"],
  ])("%j", (options, message) => {
    expect(error(options)).toBe(message);
  });

  test("a scenario without a request", () => {
    const scenario = web({ steps: "  - { in: node1, run: ip route }" });
    expect(() => explainScenario(scenario, { level: "summary" })).toThrow("no step makes a request");
  });
});

test("a rule belongs to the Service it was for when the packet met it, whatever the step did later", () => {
  const steps = (more: string): string => `  - in: node1\n    run: |\n      curl -s 10.96.0.80${more}`;
  const told = (more: string): string =>
    explainScenario(web({ steps: steps(more) }), { level: "full" })
      .replace(/^step 1: .*\n/, "")
      .replaceAll(/(port |:)[3-6]\d{4}\b/g, "$1*");
  const alone = told("");
  expect(alone).toContain("Service default/web:80");
  expect(told("\n      kubectl delete svc kubernetes\n      sleep 60")).toBe(alone);
});

const BESIDE = web({
  steps: `  - { id: stream, at: 1s, send: "client:40000 > web#2:53/udp", every: 100ms, until: 9s }
  - { id: call, at: 5s, in: client, run: "curl -s node1:30080", pick: "web#2", expect: ok }
  - { id: again, at: 6050ms, in: client, run: "curl -s node1:30080", pick: "web#2", expect: ok }`,
});

test("a request beside a stream from the same place is told by its own ends", () => {
  const told = explainScenario(BESIDE, { level: "minimal", step: "call" });
  expect(told.split("\n")[0]).toBe("request tcp 192.168.120.252 > 192.168.120.226:30080 [S]");
});

test("--at: the first request from then on, whichever step ends first", () => {
  const first = (at: number): string => explainScenario(BESIDE, { level: "minimal", at }).split("\n")[0] ?? "";
  expect(first(5990)).toMatch(/^request udp/);
  expect(first(6010)).toMatch(/^request tcp/);
  expect(first(6060)).toMatch(/^request udp/);
});

describe("a flow of the asker's", () => {
  const OPENED = web({
    steps: `  - { id: close, at: 1s, in: node1, run: "iptables -I FORWARD -p tcp --dport 80 -j DROP" }
  - { id: open, after: close ended + 1s, in: node1, run: "iptables -D FORWARD -p tcp --dport 80 -j DROP" }
  - { id: call, at: 10s, in: client, run: "curl -s node1:30080", pick: "web#2", expect: ok }`,
  });
  const told = (options: Partial<ExplainOptions>): string =>
    explainScenario(OPENED, { level: "summary", flow: "web#1 > web#2:80", ...options });

  test("with a step: when that begins, whatever events have started before", () => {
    expect(told({ step: "open" })).toContain("DROPPED NETFILTER_DROP");
    expect(told({ step: "call" })).not.toContain("DROPPED");
    expect(told({ step: "call" }).split("\n")[0]).toMatch(/ \[S\] {3}at 10\.000 s$/);
  });

  test("at a time: beside the steps, later than all of them too", () => {
    expect(told({ at: 500 })).not.toContain("DROPPED");
    expect(told({ at: 1500 })).toContain("DROPPED NETFILTER_DROP");
    expect(told({ at: 60_000 }).split("\n")[0]).toMatch(/at 60\.000 s$/);
  });

  test("not both", () => {
    expect(() => told({ at: 500, step: "call" })).toThrow(ExplainError);
  });
});
