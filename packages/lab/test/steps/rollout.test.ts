import type { Conntrack, NetNamespace } from "@kubehop/netstack";
import { expect, test } from "vitest";
import type { Ran } from "./run.ts";
import { run, SHELL, web } from "./run.ts";

const SERVICE = "10.96.1.1";

function scenario(steps: readonly string[], cluster = "{ nodes: [node1, node2] }"): string {
  return `scenario: pods come and go
cluster: ${cluster}
manifests: [web.yaml, shell.yaml]
place: { shell: node1 }
steps:
${steps.map((step) => `  - ${step}`).join("\n")}
`;
}

function play(steps: readonly string[], files: Readonly<Record<string, string>> = {}, cluster?: string): Ran {
  const ran = run(scenario(steps, cluster), { "web.yaml": web(2), "shell.yaml": SHELL, ...files });
  expect(ran.end.stopped?.reason).toBeUndefined();
  return ran;
}

function nodeOf({ cluster }: Ran, name: string): NetNamespace {
  const ns = cluster.world.namespaces.get(name);
  if (ns === undefined) throw new Error(name);
  return ns;
}

/** Addresses that kube-proxy of a node sends the Service's connections to. */
function targets(ran: Ran, name = "node1"): string[] {
  const saved = nodeOf(ran, name).xt.backend().save();
  return [...saved.matchAll(/--to-destination (\S+):80$/gm)].map(([, ip]) => ip ?? "").toSorted();
}

function podIPs({ cluster }: Ran): string[] {
  const pods = cluster.control.store.list("Pod", { selector: { matchLabels: { app: "web" }, matchExpressions: [] } });
  return pods.map((pod) => pod.status.podIP ?? "").toSorted();
}

const CURL = `{ in: shell, run: "curl -s -o /dev/null -w '%{http_code}' http://web" }`;

test("scale up: the new pods get rules on every node, and serve", () => {
  const ran = play([
    `{ in: admin, run: kubectl scale deploy/web --replicas=4 }`,
    `{ wait: 2s }`,
    ...[1, 2, 3, 4].map((i) => `{ send: shell > svc/web:80, pick: "web#${i}", expect: ok }`),
  ]);
  expect(podIPs(ran)).toHaveLength(4);
  for (const name of ["node1", "node2"]) expect(targets(ran, name)).toEqual(podIPs(ran));
  expect(new Set(ran.outcomes.slice(2).map(({ flow }) => flow?.by)).size).toBe(4);
  expect(ran.outcomes.slice(2).map(({ flow }) => flow?.result)).toEqual(["ok", "ok", "ok", "ok"]);
});

test("scale to nothing: refused as a Service without endpoints, and no trace of the pods stays", () => {
  const ran = play([
    `{ send: shell > svc/web:80, expect: ok }`,
    `{ in: admin, run: kubectl scale deploy/web --replicas=0 }`,
    `{ wait: 2s }`,
    `{ send: shell > svc/web:80, expect: refused }`,
  ]);
  expect(ran.outcomes.at(-1)?.flow?.result).toBe("refused");
  expect([podIPs(ran), targets(ran)]).toEqual([[], []]);
  const { world } = ran.cluster;
  expect([...world.namespaces.keys()].filter((name) => name.startsWith("default/"))).toEqual(["default/shell"]);
  const veths = ["node1", "node2"].flatMap((name) =>
    [...nodeOf(ran, name).devices].filter((dev) => dev.kind === "veth"),
  );
  expect(veths.map((dev) => dev.peer?.ns.name)).toEqual(["default/shell"]);
});

test("a deleted pod is replaced: rules follow it, and the new one serves", () => {
  const ran = play([`{ in: admin, run: "kubectl get pods -o name -l app=web" }`]);
  const [first = ""] = (ran.outcomes[0]?.stdout ?? "").split("\n");
  const name = first.replace(/^pods?\//, "");
  const again = play([`{ in: admin, run: kubectl delete pod ${name} }`, `{ wait: 2s }`, CURL]);
  expect(again.outcomes[0]?.stdout).toBe(`pod "${name}" deleted\n`);
  expect(again.cluster.control.store.get("Pod", "default", name)).toBeUndefined();
  expect(podIPs(again)).toHaveLength(2);
  expect(targets(again)).toEqual(podIPs(again));
  expect(again.outcomes[2]?.stdout).toBe("200");
  expect(podIPs(again)).not.toEqual(podIPs(ran));
});

test("a changed Deployment rolls out: other pods, other rules", () => {
  const ran = play([CURL, `{ in: admin, run: kubectl apply -f new.yaml }`, `{ wait: 5s }`, CURL], {
    "new.yaml": web(3, "httpd"),
  });
  expect(ran.outcomes[1]?.stdout).toBe("deployment.apps/web configured\nservice/web unchanged\n");
  const images = ran.cluster.control.store.list("Pod").map((pod) => pod.spec.containers[0]?.image ?? "");
  expect(images.toSorted((a, b) => a.localeCompare(b))).toEqual(["busybox", "httpd", "httpd", "httpd"]);
  expect(targets(ran)).toEqual(podIPs(ran));
  expect([ran.outcomes[0]?.stdout, ran.outcomes[3]?.stdout]).toEqual(["200", "200"]);
});

test("many changes at once wait for kube-proxy's least time between syncs", () => {
  const scale = (n: number): string => `{ in: admin, run: kubectl scale deploy/web --replicas=${n} }`;
  const burst = play([scale(3), scale(4), scale(5), scale(6)]);
  expect(targets(burst).length).toBeLessThan(6);
  const later = play([scale(3), scale(4), scale(5), scale(6), `{ wait: 2s }`]);
  expect(targets(later)).toEqual(podIPs(later));
  expect(podIPs(later)).toHaveLength(6);
});

const UDP = `apiVersion: v1
kind: Pod
metadata: { name: dns, labels: { app: dns } }
spec: { nodeName: node2, containers: [{ name: c, image: echo, ports: [{ containerPort: 53, protocol: UDP }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: dns }
spec: { clusterIP: ${SERVICE}, selector: { app: dns }, ports: [{ port: 53, protocol: UDP }] }
`;

function entriesTo(ns: NetNamespace): Conntrack[] {
  return ns.ct.list().filter((ct) => ct.orig.dport === 53);
}

test.each(["1.10", "1.28"])("%s: kube-proxy deletes UDP entries of an endpoint that went", (kubernetes) => {
  const ask = `{ send: "shell:5353 > svc/dns:53/udp", expect: ok }`;
  const files = { "web.yaml": UDP };
  const cluster = `{ kubernetes: "${kubernetes}", nodes: [node1, node2] }`;
  const before = play([ask], files, cluster);
  expect(entriesTo(nodeOf(before, "node1"))).toHaveLength(1);
  const after = play([ask, `{ in: admin, run: kubectl delete pod dns }`, `{ wait: 2s }`], files, cluster);
  expect(entriesTo(nodeOf(after, "node1"))).toEqual([]);
});

test("a command that runs in a deleted pod ends with it", () => {
  const ran = play([
    `{ id: bg, in: admin, run: "sh -c 'sleep 5; kubectl delete pod shell' &" }`,
    `{ in: shell, run: ping -c 20 web }`,
  ]);
  expect(ran.outcomes[1]?.exitCode).toBe(137);
  expect((ran.outcomes[1]?.endedAt ?? 0) - (ran.outcomes[1]?.startedAt ?? 0)).toBeLessThanOrEqual(5000);
});
