import { expect, test } from "vitest";
import { Refusal } from "@kubehop/sim";
import { deployment, TestLab } from "../lab.ts";

test("a Deployment makes pods with names like real ones, spread over the nodes, the same for the same seed", () => {
  const build = (): TestLab => {
    const lab = new TestLab({ nodes: 3 });
    lab.apply(deployment("web", 6));
    return lab;
  };
  const lab = build();
  expect(lab.podNames()).toHaveLength(6);
  for (const name of lab.podNames())
    expect(name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2-9]{8,10}-[bcdfghjklmnpqrstvwxz2-9]{5}$/);
  const counts = ["node1", "node2", "node3"].map(
    (node) => lab.plane.store.list("Pod").filter((pod) => pod.spec.nodeName === node).length,
  );
  expect(counts).toEqual([2, 2, 2]);
  expect(build().podNames()).toEqual(lab.podNames());
});

test("another workload does not change the names of the first", () => {
  const alone = new TestLab();
  alone.apply(deployment("web", 2));
  const both = new TestLab();
  both.apply(`${deployment("api", 3)}---${deployment("web", 2)}`);
  expect(both.podNames()).toEqual(expect.arrayContaining(alone.podNames()));
});

test("pins fix hash, names and nodes; a pin that fits nothing is listed", () => {
  const lab = new TestLab({
    pins: {
      templateHashes: { "deploy/web": "67594d6bf6" },
      podNames: { "web#1": "web-67594d6bf6-aaaaa" },
      place: { web: ["node2"], "deploy/web#2": "node1", "webb#1": "node1" },
    },
  });
  lab.apply(deployment("web", 3));
  const pods = lab.plane.store.list("Pod");
  expect(pods.every((pod) => pod.metadata.name.startsWith("web-67594d6bf6-"))).toBe(true);
  const at = (reference: string): string | undefined => {
    const { found } = lab.plane.resolvePod(reference);
    return found && lab.plane.store.get("Pod", found.namespace, found.name)?.spec.nodeName;
  };
  expect([at("web#1"), at("web#2"), at("deploy/web#3")]).toEqual(["node2", "node1", "node2"]);
  expect(at("web-67594d6bf6-aaaaa")).toBe("node2");
  expect(lab.plane.unusedPins()).toEqual(["place webb#1"]);
});

test("a pinned pod name fixes its ReplicaSet's name too", () => {
  const lab = new TestLab({ pins: { podNames: { "deploy/web#1": "web-748dc5bfb9-4jpgx" } } });
  lab.apply(deployment("web", 2));
  expect(lab.plane.store.list("ReplicaSet").map((set) => set.metadata.name)).toEqual(["web-748dc5bfb9"]);
  expect(lab.podNames()).toContain("web-748dc5bfb9-4jpgx");
});

test("a lost node takes no pods, and those on it are unready", () => {
  const lab = new TestLab({ nodes: 2 });
  lab.apply(deployment("web", 2));
  lab.settle();
  lab.plane.setNodeReady("node1", false);
  lab.plane.scale("Deployment", "default", "web", 4);
  lab.settle();
  const pods = lab.plane.store.list("Pod").map(({ spec, status }) => `${spec.nodeName} ${status.ready}`);
  expect(pods.sort()).toEqual(["node1 false", "node2 true", "node2 true", "node2 true"]);
});

test("a deleted pod is replaced at once and goes when its kubelet has stopped it; numbering goes on", () => {
  const lab = new TestLab();
  lab.apply(deployment("web", 1));
  lab.settle();
  const [first] = lab.podNames();
  lab.plane.delete("Pod", "default", first ?? "");
  lab.plane.reconcile();
  expect(lab.podNames()).toHaveLength(2);
  expect(lab.plane.store.get("Pod", "default", first ?? "")?.metadata.deletionTimestamp).toBe(0);
  lab.settle();
  expect(lab.podNames()).not.toContain(first);
  expect(lab.plane.resolvePod("web").found?.identity.ordinal).toBe(2);
  expect(lab.plane.resolvePod("web#1").found?.name).toBe(first);
});

test("a rollout keeps at least 75 % available and at most 125 % in all", () => {
  const lab = new TestLab();
  lab.apply(deployment("web", 4));
  lab.settle();
  const before = lab.podNames();
  lab.plane.rolloutRestart("Deployment", "default", "web");
  lab.plane.reconcile();
  for (let round = 0; round < 20; round++) {
    const pods = lab.plane.store.list("Pod").filter((pod) => pod.metadata.deletionTimestamp === undefined);
    expect(pods.length).toBeLessThanOrEqual(5);
    expect(pods.filter((pod) => pod.status.ready).length).toBeGreaterThanOrEqual(3);
    if (!lab.kubelet()) break;
  }
  expect(lab.podNames()).toHaveLength(4);
  expect(lab.podNames().some((name) => before.includes(name))).toBe(false);
  expect(lab.plane.store.list("ReplicaSet").map((set) => set.spec.replicas)).toEqual(expect.arrayContaining([0, 4]));
});

test("Recreate stops all old pods before the first new one", () => {
  const lab = new TestLab();
  const text = deployment("web", 2).replace("replicas: 2", "replicas: 2\n  strategy: { type: Recreate }");
  lab.apply(text);
  lab.settle();
  lab.apply(text.replace("image: nginx", "image: nginx:2"));
  const images = (): (string | undefined)[] => lab.plane.store.list("Pod").map((pod) => pod.spec.containers[0]?.image);
  expect(images()).toEqual(["nginx", "nginx"]);
  lab.settle();
  expect(images()).toEqual(["nginx:2", "nginx:2"]);
});

test("scaling down takes pending pods first, then the younger of a crowded node", () => {
  const lab = new TestLab();
  lab.apply(deployment("web", 3));
  lab.settle();
  lab.plane.scale("Deployment", "default", "web", 4);
  lab.plane.reconcile();
  lab.plane.scale("Deployment", "default", "web", 2);
  lab.plane.reconcile();
  lab.settle();
  const left = lab.plane.store.list("Pod").map((pod) => lab.plane.referenceOf(pod));
  expect(new Set(left)).toEqual(new Set(["deploy/web#1", "deploy/web#2"]));
});

test("a StatefulSet starts upwards one after another, stops downwards, and names its pods for DNS", () => {
  const lab = new TestLab();
  const text = `apiVersion: apps/v1\nkind: StatefulSet\nmetadata: { name: db }\nspec:\n  serviceName: db\n  replicas: 3\n  selector: { matchLabels: { app: db } }\n  template:\n    metadata: { labels: { app: db } }\n    spec: { containers: [{ name: c }] }\n`;
  lab.apply(text);
  expect(lab.podNames()).toEqual(["db-0"]);
  lab.kubelet();
  expect(lab.podNames()).toEqual(["db-0", "db-1"]);
  lab.settle();
  expect(lab.podNames()).toEqual(["db-0", "db-1", "db-2"]);
  expect(lab.plane.store.get("Pod", "default", "db-1")?.spec).toMatchObject({ hostname: "db-1", subdomain: "db" });
  lab.plane.scale("StatefulSet", "default", "db", 1);
  lab.plane.reconcile();
  expect(
    lab.plane.store
      .list("Pod")
      .filter((pod) => pod.metadata.deletionTimestamp !== undefined)
      .map((pod) => pod.metadata.name),
  ).toEqual(["db-2"]);
  lab.settle();
  expect(lab.podNames()).toEqual(["db-0"]);
});

test("a DaemonSet puts one pod on every node it tolerates, also on nodes that come later", () => {
  const lab = new TestLab({ nodes: 2 });
  lab.plane.addNode({
    name: "master",
    ip: "192.168.0.9",
    taints: [{ key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" }],
  });
  const text = `apiVersion: apps/v1\nkind: DaemonSet\nmetadata: { name: agent }\nspec:\n  selector: { matchLabels: { app: agent } }\n  template:\n    metadata: { labels: { app: agent } }\n    spec: { containers: [{ name: c }] }\n`;
  lab.apply(text);
  const nodes = (): string[] =>
    lab.plane.store
      .list("Pod")
      .map((pod) => pod.spec.nodeName ?? "")
      .sort();
  expect(nodes()).toEqual(["node1", "node2"]);
  lab.plane.addNode({ name: "node3", ip: "192.168.0.3" });
  lab.plane.reconcile();
  expect(nodes()).toEqual(["node1", "node2", "node3"]);
  lab.apply(text.replace("spec: { containers", "spec: { tolerations: [{ operator: Exists }], containers"));
  lab.settle();
  expect(nodes()).toEqual(["master", "node1", "node2", "node3"]);
});

test("deleting a Deployment takes ReplicaSets and pods with it", () => {
  const lab = new TestLab();
  lab.apply(deployment("web", 2));
  lab.settle();
  lab.plane.delete("Deployment", "default", "web");
  lab.settle();
  expect(lab.podNames()).toEqual([]);
  expect(lab.plane.store.list("ReplicaSet")).toEqual([]);
});

test("a ReplicaSet adopts bare pods that match", () => {
  const lab = new TestLab();
  lab.apply(
    "apiVersion: v1\nkind: Pod\nmetadata: { name: lonely, labels: { app: rs } }\nspec: { containers: [{ name: c }] }\n",
  );
  lab.apply(
    `apiVersion: apps/v1\nkind: ReplicaSet\nmetadata: { name: rs }\nspec:\n  replicas: 2\n  selector: { matchLabels: { app: rs } }\n  template: { metadata: { labels: { app: rs } }, spec: { containers: [{ name: c }] } }\n`,
  );
  expect(lab.podNames()).toHaveLength(2);
  expect(lab.podNames()).toContain("lonely");
});

test("siblings are spread even where one node is emptier", () => {
  const lab = new TestLab({ nodes: 2 });
  lab.apply(deployment("other", 3, "nodeName: node1"));
  lab.apply(deployment("web", 2));
  const web = lab.plane.store.list("Pod").filter((pod) => pod.metadata.labels["app"] === "web");
  expect(web.map((pod) => pod.spec.nodeName ?? "").sort()).toEqual(["node1", "node2"]);
});

test("taints, node selectors and nodeName decide where a pod may go", () => {
  const lab = new TestLab({ nodes: 1 });
  lab.plane.addNode({
    name: "gpu",
    ip: "192.168.0.7",
    labels: { gpu: "yes" },
    taints: [{ key: "gpu", value: "yes", effect: "NoSchedule" }],
  });
  lab.apply(deployment("plain", 2));
  lab.apply(deployment("picky", 1, "nodeSelector: { gpu: 'yes' }"));
  lab.apply(
    deployment(
      "tolerant",
      1,
      "nodeSelector: { gpu: 'yes' }\n      tolerations: [{ key: gpu, operator: Equal, value: 'yes' }]",
    ),
  );
  lab.apply(deployment("fixed", 1, "nodeName: gpu"));
  const nodes = Object.fromEntries(
    lab.plane.store.list("Pod").map((pod) => [lab.plane.referenceOf(pod), pod.spec.nodeName]),
  );
  expect(nodes).toEqual({
    "deploy/plain#1": "node1",
    "deploy/plain#2": "node1",
    "deploy/picky#1": undefined,
    "deploy/tolerant#1": "gpu",
    "deploy/fixed#1": "gpu",
  });
});

test("more pods than are modelled are refused, however they are asked for", () => {
  const lab = new TestLab();
  lab.apply(deployment("web", 1500));
  const scale = (replicas: number) => (): void => {
    lab.plane.scale("Deployment", "default", "web", replicas);
    lab.plane.reconcile();
  };
  expect(scale(2001)).toThrow(Refusal);
  expect(scale(2001)).toThrow("Deployment default/web: 2001 pods: clusters of more than 2000 pods are not modelled");
  expect(() => lab.apply(deployment("api", 600))).toThrow(
    "Deployment default/api: clusters of more than 2000 pods are not modelled",
  );
});
