// One broken cluster for each kind of candidate: the change that undoes the damage is found, by trying.

import { describe, expect, it } from "vitest";
import { loadScenario } from "../../src/load/load-scenario.ts";
import { findFixes, type FixSearch } from "../../src/repair/search.ts";
import { cellRunner } from "../../src/steps/run-steps.ts";

const HEAD = `scenario: something is wrong
cluster: { kubernetes: "1.28", nodes: { node1: {}, node2: { vtepMac: "0e:00:00:00:00:02" } }, hosts: [laptop] }
manifests:
  - apiVersion: v1
    kind: Pod
    metadata: { name: near, labels: { app: web } }
    spec: { containers: [{ name: c, image: nginx, ports: [{ containerPort: 80 }] }] }
  - apiVersion: v1
    kind: Pod
    metadata: { name: far, labels: { app: web } }
    spec: { containers: [{ name: c, image: nginx, ports: [{ containerPort: 80 }] }] }
  - apiVersion: v1
    kind: Pod
    metadata: { name: client }
    spec: { containers: [{ name: c, image: alpine }] }
  - apiVersion: v1
    kind: Service
    metadata: { name: web }
    spec:
      type: NodePort
      clusterIP: 10.96.0.80
      externalTrafficPolicy: POLICY
      selector: { app: web }
      ports: [{ port: 80, nodePort: 30080, targetPort: TARGET }]
place: { near: node1, client: node1, far: node2 }
pin: { pods: { near: { ip: 10.244.0.7 } } }
serve: { far: { http: 80, udp-echo: 53, body: "${"x".repeat(4000)}" } }
steps:
`;

function search(steps: string, { policy = "Cluster", target = "80", replays = 80, more = "" } = {}): FixSearch {
  const text = HEAD.replace("POLICY", policy).replace("TARGET", target).replace("\nplace:", `${more}\nplace:`) + steps;
  const readFile = (): undefined => undefined;
  const loaded = loadScenario("web.yaml", text, readFile);
  if (!loaded.ok) throw new Error(loaded.diagnostics.map(({ line, message }) => `${line} ${message}`).join("\n"));
  const [plan] = loaded.scenario.cells;
  if (plan === undefined) throw new Error("no cell");
  return findFixes(plan, { file: "web.yaml", text, readFile }, { seed: 1, run: cellRunner(readFile), replays });
}

function texts(found: FixSearch): string[] {
  return found.fixes.map(({ text }) => text);
}

/** The answer's segments fill the tunnel, and node1's card takes no frame as long as that. */
const LARGE_ANSWER = `
  - { in: node1, run: ip link set dev eth0 mtu 1400 }
  - { in: client, run: curl -s --max-time 3 -o body http://far/, expect: ok }`;

const BROKEN: readonly { readonly name: string; readonly steps: string; readonly fix: string }[] = [
  {
    name: "a rule that drops: without it, or past it",
    steps: `
  - { in: node2, run: iptables -I FORWARD -p tcp --dport 80 -j DROP }
  - { send: { flow: "client > far:80", timeout: 1s } }`,
    fix: "iptables -D FORWARD -p tcp -m tcp --dport 80 -j DROP on node2",
  },
  {
    name: "a rule that rejects",
    steps: `
  - { in: node1, run: iptables -I FORWARD -s 10.244.0.0/24 -d 10.244.1.0/24 -j REJECT }
  - { send: { flow: "client > far:80", timeout: 1s } }`,
    fix: "iptables -D FORWARD -s 10.244.0.0/24 -d 10.244.1.0/24 -j REJECT --reject-with icmp-port-unreachable on node1",
  },
  {
    name: "a policy",
    steps: `
  - { in: node1, run: iptables -P INPUT DROP }
  - { in: laptop, run: "ping -c 1 -W 1 node1" }`,
    fix: "iptables -P INPUT ACCEPT on node1",
  },
  {
    name: "forwarding that was turned off",
    steps: `
  - { in: node1, run: sysctl -w net.ipv4.ip_forward=0 }
  - { send: { flow: "client > far:80", timeout: 1s } }`,
    fix: "sysctl -w net.ipv4.ip_forward=1 on node1",
  },
  {
    name: "a machine that answers no ARP",
    steps: `
  - { in: node1, run: sysctl -w net.ipv4.conf.all.arp_ignore=8 }
  - { in: laptop, run: "ping -c 1 -W 1 node1" }`,
    fix: "sysctl -w net.ipv4.conf.all.arp_ignore=0 on node1",
  },
  {
    name: "a reverse path that leads elsewhere",
    steps: `
  - in: node1
    run: |
      sysctl -w net.ipv4.conf.eth0.rp_filter=1
      ip route add 192.168.99.101 dev cni0
  - { in: laptop, run: "ping -c 1 -W 1 node1" }`,
    fix: "ip route del 192.168.99.101 dev cni0 on node1",
  },
  {
    name: "a wrong neighbour",
    steps: `
  - { in: node1, run: "ip neigh replace 10.244.0.7 lladdr 02:00:00:00:00:01 dev cni0 nud permanent" }
  - { send: { flow: "node1 > near:80", timeout: 1s } }`,
    fix: "ip neigh del 10.244.0.7 dev cni0 on node1",
  },
  {
    name: "a route that refuses",
    steps: `
  - { in: node1, run: ip route add blackhole 10.244.0.7 }
  - { in: node1, run: "ping -c 1 -W 1 near" }`,
    fix: "ip route del blackhole 10.244.0.7 on node1",
  },
  {
    name: "a default route that a pod lacks",
    steps: `
  - { in: client, run: ip route del default }
  - { send: { flow: "client > svc/web:80", timeout: 1s } }`,
    fix: "ip route add default via 10.244.0.1 dev eth0 on client",
  },
  {
    name: "a connection entry that outlived its rules",
    steps: `
  - { in: node1, run: iptables -t nat -I PREROUTING -i eth0 -p udp --dport 5353 -j DNAT --to-destination 10.244.0.99 }
  - { send: { flow: "laptop:4000 > node1:5353/udp", timeout: 1s }, expect: timeout }
  - { in: node1, run: iptables -t nat -D PREROUTING -i eth0 -p udp --dport 5353 -j DNAT --to-destination 10.244.0.99 }
  - { send: { flow: "laptop:4000 > node1:5353/udp", timeout: 1s }, expect: refused }`,
    fix: "conntrack -D -p udp --dport 5353 on node1",
  },
  {
    name: "a card that is too short",
    steps: `
  - { in: node1, run: ip link set dev eth0 mtu 1400 }
  - { in: laptop, run: "ping -c 1 -W 1 -s 1400 node1" }`,
    fix: "ip link set dev eth0 mtu 1428 on node1",
  },
  {
    name: "a tunnel that is longer than its way: the sender's device",
    steps: LARGE_ANSWER,
    fix: "ip link set dev eth0 mtu 1350 on far",
  },
  {
    name: "a tunnel that is longer than its way: what both ends are told",
    steps: LARGE_ANSWER,
    fix: "iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1310 on node1",
  },
  {
    name: "a tunnel end that has another MAC",
    steps: `
  - in: node1
    run: |
      ip neigh replace 10.244.1.0 lladdr 0e:00:00:00:00:99 dev flannel.1 nud permanent
      bridge fdb replace 0e:00:00:00:00:99 dev flannel.1 dst 192.168.99.12
  - { send: { flow: "client > far:80", timeout: 1s } }`,
    fix: "ip neigh replace 10.244.1.0 lladdr 0e:00:00:00:00:02 dev flannel.1 nud permanent on node1",
  },
  {
    name: "a tunnel end whose machine is another",
    steps: `
  - { in: node1, run: bridge fdb replace 0e:00:00:00:00:02 dev flannel.1 dst 192.168.99.77 }
  - { send: { flow: "client > far:80", timeout: 1s } }`,
    fix: "bridge fdb replace 0e:00:00:00:00:02 dev flannel.1 dst 192.168.99.12 on node1",
  },
  {
    name: "a tunnel end whose entry is gone",
    steps: `
  - { fault: { delete: { in: node1, fdb: { dev: flannel.1, dst: node2 } } } }
  - { send: { flow: "client > far:80", timeout: 1s } }`,
    fix: "bridge fdb append 0e:00:00:00:00:02 dev flannel.1 dst 192.168.99.12 on node1",
  },
  {
    name: "a tunnel end that is no neighbour any more",
    steps: `
  - { fault: { delete: { in: node1, neigh: { dev: flannel.1 } } } }
  - { send: { flow: "client > far:80", timeout: 1s } }`,
    fix: "ip neigh replace 10.244.1.0 lladdr 0e:00:00:00:00:02 dev flannel.1 nud permanent on node1",
  },
  {
    name: "a route that leads to a node that is gone",
    steps: `
  - { in: node1, run: ip route replace 10.244.1.0/24 via 10.244.7.0 dev flannel.1 onlink }
  - { send: { flow: "client > far:80", timeout: 1s } }`,
    fix: "ip route replace 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink on node1",
  },
  {
    name: "a route that is gone, back on the way of the answer",
    steps: `
  - { in: node2, run: ip route del 10.244.0.0/24 }
  - { send: { flow: "client > far:80", timeout: 1s } }`,
    fix: "ip route add 10.244.0.0/24 via 10.244.0.0 dev flannel.1 onlink on node2",
  },
  {
    name: "a rule that is gone, where it stood",
    steps: `
  - { in: node1, run: iptables -t nat -D PREROUTING 1 }
  - { send: { flow: "client > svc/web:80", timeout: 1s }, pick: far }`,
    fix: 'iptables -t nat -A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES on node1',
  },
  {
    name: "several rows that are gone: who wrote them",
    steps: `
  - in: node1
    run: |
      ip route del 10.244.1.0/24
      ip neigh del 10.244.1.0 dev flannel.1
      bridge fdb del 0e:00:00:00:00:02 dev flannel.1 dst 192.168.99.12
  - { send: { flow: "client > far:80", timeout: 1s } }`,
    fix: "restart flanneld on node1",
  },
  {
    name: "an agent that is dead",
    steps: `
  - { fault: { agent: node1/kube-proxy, do: kill } }
  - { in: admin, run: kubectl delete pod near }
  - { in: client, run: "curl -s --max-time 1 http://web/", repeat: 8, expect: ok }`,
    fix: "start kube-proxy on node1",
  },
];

describe("found by trying", () => {
  it.each(BROKEN)("$name", ({ steps, fix }) => {
    expect(texts(search(steps))).toContain(fix);
  });

  it("a field of a manifest, with its line", () => {
    const found = search(`
  - { in: laptop, run: "curl -s --max-time 1 http://node2:30080/", repeat: 6, expect: { result: ok, client: laptop } }`);
    expect(texts(found)).toContain("edit web.yaml:22 externalTrafficPolicy: Local");
    expect(found.fixes[0]?.tried).toBe("6 of 6");
  });

  it("a port that nobody listens on", () => {
    const found = search(
      `
  - { send: { flow: "client > svc/web:80", timeout: 1s } }`,
      { target: "8080" },
    );
    expect(texts(found)).toContain("edit web.yaml:24 targetPort: 80");
  });
});

describe("a search", () => {
  const DROPPED = `
  - { id: block, in: node2, run: iptables -I FORWARD -p tcp --dport 80 -j DROP }
  - { id: call, send: { flow: "client > far:80", timeout: 1s } }`;

  it("has nothing to do where all holds", () => {
    expect(search('  - { send: "client > far:80" }')).toMatchObject({ failing: undefined, fixes: [], tried: 0 });
  });

  it("keeps to its budget, and says how much it left", () => {
    const found = search(DROPPED, { replays: 2 });
    expect(found.replays).toBeLessThanOrEqual(3);
    expect(found.tried).toBeLessThan(found.candidates);
  });

  it("tells no change with which something else gets worse", () => {
    // Whoever opens the port opens it for everybody.
    const found = search(`${DROPPED}
  - { id: other, send: { flow: "client > far:80", timeout: 1s }, expect: timeout }`);
    expect(found.failing?.id).toBe("call");
    expect(texts(found)).toEqual([]);
  });

  it("looks past a later step that finds its own repair done", () => {
    const found = search(`${DROPPED}
  - { id: repair, in: node2, run: iptables -D FORWARD -p tcp --dport 80 -j DROP }
  - { id: again, send: { flow: "client > far:80", timeout: 1s } }`);
    expect(found.failing?.id).toBe("call");
    expect(texts(found)).toContain("iptables -D FORWARD -p tcp -m tcp --dport 80 -j DROP on node2");
  });

  it("goes back to where state was made that outlives its rule", () => {
    const found = search(`
  - { id: rule, in: node1, run: iptables -t nat -I POSTROUTING -d 10.244.1.0/24 -p udp -j MASQUERADE }
  - { id: first, send: { flow: "client:5000 > far:53/udp", timeout: 1s } }
  - id: both
    in: client
    run: |
      echo a | nc -u -w 1 -p 5000 far 53
      echo a | nc -u -w 1 -p 5001 far 53
    expect: { client: client }`);
    expect(found.failing?.id).toBe("both");
    expect(texts(found)).toContain(
      "iptables -t nat -D POSTROUTING -d 10.244.1.0/24 -p udp -j MASQUERADE on node1 (before step first)",
    );
  });

  it("gives the same answers twice", () => {
    expect(search(DROPPED)).toEqual(search(DROPPED));
  });
});

describe("a place in a repair", () => {
  const deploy = (namespace: string): string => `
  - apiVersion: apps/v1
    kind: Deployment
    metadata: { name: echo, namespace: ${namespace} }
    spec:
      selector: { matchLabels: { app: echo } }
      template: { metadata: { labels: { app: echo } }, spec: { containers: [{ name: c, image: nginx }] } }`;
  const cut = (pod: string): string => `
  - { in: ${pod}, run: ip route del default }
  - { in: ${pod}, run: ping -c 1 -W 1 laptop }`;

  it("has the pod's namespace where its name is another's, too", () => {
    const [first] = texts(search(cut("shop/echo#1"), { more: deploy("shop") + deploy("store") }));
    expect(first).toMatch(/^ip route add default via \S+ dev eth0 on shop\/echo#1$/);
  });

  it("is short where one has that name", () => {
    const [first] = texts(search(cut("echo#1"), { more: deploy("shop") }));
    expect(first).toMatch(/ on echo#1$/);
  });
});

describe("a stream", () => {
  const stream = (blocked: string, unblocked = ""): string => `
  - id: stream
    send: { flow: "client > far:80", timeout: 100ms }
    every: 200ms
    until: 5s
    expect: { lost: 0 }
  - { id: block, at: 2.1s, in: node2, run: iptables ${blocked} FORWARD -p tcp --dport 80 -j DROP }${unblocked}`;
  const UNDO = "iptables -D FORWARD -p tcp -m tcp --dport 80 -j DROP on node2";

  it("is repaired when it begins to fail: the requests behind that count", () => {
    const found = search(stream("-I"));
    expect(found.failing?.id).toBe("stream");
    // One begins each 200 ms; that of 2.2 s is lost already.
    expect(found.fixes).toContainEqual({ text: UNDO, tried: "13 of 13" });
  });

  it("that goes right again by itself is not", () => {
    const unblocked = `
  - { at: 2.3s, in: node2, run: iptables -D FORWARD -p tcp --dport 80 -j DROP }`;
    expect(texts(search(stream("-I", unblocked)))).not.toContain(UNDO);
  });

  it("is repaired before it begins where its first request fails", () => {
    const found = search(`
  - { in: node2, run: iptables -I FORWARD -p tcp --dport 80 -j DROP }${stream("-D")}`);
    expect(found.fixes).toContainEqual({ text: UNDO, tried: "25 of 25" });
  });
});
