// When steps begin, what goes on beside them, and what happens in what order.
import { expect, test } from "vitest";
import type { LabEvent } from "../../src/model/lab-event.ts";
import type { Ran } from "./run.ts";
import { run, SHELL, web } from "./run.ts";

function play(steps: readonly string[], more = ""): Ran {
  return run(
    `scenario: time
cluster: { nodes: [node1, node2] }
manifests: [web.yaml, shell.yaml]
place: { shell: node1, web: [node1, node2] }
${more}
steps:
${steps.map((step) => `  - ${step}`).join("\n")}
`,
    { "web.yaml": web(2), "shell.yaml": SHELL },
  );
}

function fine(steps: readonly string[], more = ""): Ran {
  const ran = play(steps, more);
  expect(ran.end.stopped?.reason).toBeUndefined();
  return ran;
}

/** `10.000 web#1 gone` of the subjects that are asked for. */
function told({ cluster }: Ran, wanted: (event: LabEvent) => boolean): string[] {
  return cluster.events
    .filter(wanted)
    .map(({ at, subject, event, number }) => `${at} ${subject} ${event}${number === undefined ? "" : ` ${number}`}`);
}

const SCALE = `{ at: 10s, id: scale, run: kubectl scale deploy/web --replicas=1 }`;

test("a step starts when its event has come, beside the step that is going on", () => {
  const ran = fine([
    `{ id: long, wait: 60s }`,
    `{ id: then, after: "scale ended + 2s", in: shell, run: "true" }`,
    `{ id: early, after: "long begun", in: shell, run: sleep 10; kubectl >/dev/null 2>&1 || true }`,
    `{ id: scale, after: "early ended", run: kubectl scale deploy/web --replicas=1 }`,
  ]);
  expect(told(ran, ({ event }) => event === "begun" || event === "ended")).toEqual([
    "0 long begun",
    "0 early begun",
    "10000 early ended",
    "10000 scale begun",
    "10000 scale ended",
    "12000 then begun",
    "12000 then ended",
    "60000 long ended",
  ]);
});

test("pods, endpoints and agents tell what happens to them", () => {
  const ran = fine([SCALE, `{ wait: 5s }`]);
  const subjects = ["web#2", "svc/web", "node1/kube-proxy"];
  expect(told(ran, ({ subject }) => subjects.includes(subject))).toEqual([
    "10000 web#2 terminating",
    "10000 web#2 gone",
    "10000 svc/web endpoints 1",
    "10000 node1/kube-proxy batch 1",
    "10000 node1/kube-proxy synced",
  ]);
  const synced = ran.cluster.events.find(({ event, subject }) => event === "synced" && subject === "node1/kube-proxy");
  expect(synced?.detail).toBe("1 batch, conntrack untouched");
});

test("a step between two batches of one sync: the agent stands still, the world goes on", () => {
  const ran = fine([
    `{ id: up, run: kubectl scale deploy/web --replicas=3 }`,
    `{ id: held, after: "node1/kube-proxy batch 1", in: node1, run: sleep 3 }`,
    `{ id: during, after: "held begun + 1s", run: kubectl scale deploy/web --replicas=4 }`,
    `{ wait: 10s }`,
  ]);
  const proxies = told(ran, ({ subject }) => subject.endsWith("kube-proxy"));
  // node2 hears of the fourth pod at once, node1 only when it goes on.
  expect(proxies.filter((line) => line.includes("node2") && line.includes("synced"))).toHaveLength(2);
  expect(proxies.filter((line) => line.includes("node1") && line.includes("synced"))[0]).toBe(
    "3000 node1/kube-proxy synced",
  );
  expect(proxies.some((line) => line.startsWith("1000 node2/kube-proxy batch"))).toBe(true);
});

test("an agent that is killed between two batches writes nothing more; started anew it writes what is missing", () => {
  const kill = [
    `{ id: up, run: kubectl scale deploy/web --replicas=3 }`,
    `{ after: "node1/kube-proxy batch 1", fault: { agent: node1/kube-proxy, do: kill } }`,
    `{ wait: 60s }`,
    `{ id: more, run: kubectl scale deploy/web --replicas=1 }`,
    `{ wait: 60s }`,
  ];
  const dead = fine(kill);
  expect(told(dead, ({ subject }) => subject === "node1/kube-proxy")).toEqual([
    "0 node1/kube-proxy batch 1",
    "0 node1/kube-proxy killed",
  ]);
  const targets = ({ cluster }: Ran, node: string): number =>
    [...(cluster.world.namespaces.get(node)?.xt.backend().save() ?? "").matchAll(/--to-destination \S+:80$/gm)].length;
  expect([targets(dead, "node1"), targets(dead, "node2")]).toEqual([3, 1]);
  const again = fine([...kill, `{ fault: { agent: node1/kube-proxy, do: start } }`]);
  expect([targets(again, "node1"), targets(again, "node2")]).toEqual([1, 1]);
});

test("an agent that lags knows what was, not what is", () => {
  const ran = fine([SCALE, `{ wait: 10s }`], "timing: { node1/kube-proxy: 3s, kube-proxy: 1s, endpoints: 500ms }");
  expect(told(ran, ({ event, subject }) => event === "synced" || subject === "svc/web")).toEqual([
    "10500 svc/web endpoints 1",
    "11500 node2/kube-proxy synced",
    "13500 node1/kube-proxy synced",
  ]);
});

test("what an agent has not heard of is not in its rules, also when it writes for another reason", () => {
  const slow = fine([
    `{ fault: { agent: node1/kube-proxy, do: delay, by: 4s } }`,
    SCALE,
    `{ at: 13s, run: kubectl scale deploy/web --replicas=3 }`,
    `{ id: early, at: 14500ms, in: node1, run: iptables-save -t nat }`,
    `{ id: late, at: 17500ms, in: node1, run: iptables-save -t nat }`,
  ]);
  const targets = slow.outcomes.map(({ stdout }) => stdout.match(/--to-destination \S+:80$/gm)?.length);
  expect(targets.slice(-2)).toEqual([1, 3]);
});

test("a delay that is taken away: later news do not overtake earlier ones", () => {
  const ran = fine([
    `{ fault: { agent: node1/kube-proxy, do: delay, by: 4s } }`,
    SCALE,
    `{ at: 11s, fault: { agent: node1/kube-proxy, do: delay, by: 0s } }`,
    `{ at: 12s, run: kubectl scale deploy/web --replicas=2 }`,
    `{ wait: 10s }`,
  ]);
  expect(told(ran, ({ event, subject }) => event === "synced" && subject === "node1/kube-proxy")[0]).toBe(
    "14000 node1/kube-proxy synced",
  );
});

test("kubelet that starts anew finds its pods again, and takes away those that went meanwhile", () => {
  const ran = fine([
    `{ fault: { agent: node2/kubelet, do: kill } }`,
    SCALE,
    `{ wait: 5s }`,
    `{ id: before, run: kubectl get pods -o name }`,
    `{ fault: { agent: node2/kubelet, do: start } }`,
    `{ wait: 5s }`,
  ]);
  const gone = told(ran, ({ subject, event }) => subject === "web#2" && event === "gone");
  expect(gone).toEqual(["15000 web#2 gone"]);
  expect([...ran.cluster.world.namespaces.keys()].filter((name) => name.startsWith("default/web"))).toHaveLength(1);
});

test("a node that crashes says nothing: who asks it waits in vain", () => {
  const ran = fine([
    `{ send: "shell > svc/web:80", pick: web#2, expect: ok }`,
    `{ fault: { crash: node2 } }`,
    `{ send: { flow: "shell > svc/web:80", timeout: 2s }, pick: web#2, expect: timeout }`,
    `{ id: nodes, run: kubectl get endpoints web }`,
  ]);
  expect(ran.outcomes[0]?.flow?.result).toBe("ok");
  expect(ran.outcomes[2]?.flow?.result).toBe("timeout");
  expect(ran.outcomes[3]?.stdout.match(/:80/g)).toHaveLength(2);
});

test("a place on a crashed node is no more", () => {
  const ran = play([`{ fault: { crash: node2 } }`, `{ in: node2, run: ip addr }`]);
  expect(ran.end.stopped?.reason).toBe("there is no place node2 now");
});

test("an event that does not come ends the run, with what did come", () => {
  const ran = play([SCALE, `{ after: "web#1 gone", run: kubectl get pods }`]);
  expect(ran.end.stopped?.reason).toBe("after: web#1 gone: did not happen within 600 s; nothing happened to web#1");
  const two = play([SCALE, `{ after: "svc/web endpoints 0", run: kubectl get pods }`]);
  expect(two.end.stopped?.reason).toBe(
    "after: svc/web endpoints 0: did not happen within 600 s; events of svc/web: 10.000 endpoints 1",
  );
});

test("a fault that the cluster cannot have is told at its place", () => {
  const twice = `{ fault: { agent: node1/kube-proxy, do: kill } }`;
  expect(() => play([twice, twice])).toThrow("node1/kube-proxy does not run");
  expect(() => play([`{ fault: { agent: node1/kube-proxy, do: start } }`])).toThrow("node1/kube-proxy runs already");
});

test("kubelet held while it wires a pod: what it hears meanwhile waits, requests and other nodes do not", () => {
  const ran = fine([
    `{ id: up, run: kubectl scale deploy/web --replicas=3 }`,
    `{ id: held, after: "node1/kubelet batch 2", in: shell, run: ping -c 3 web#2 }`,
    `{ id: more, after: "held begun + 1s", run: kubectl scale deploy/web --replicas=4 }`,
    `{ id: asked, after: "more ended", send: "shell > svc/web:80" }`,
    `{ wait: 10s }`,
  ]);
  const ready = told(ran, ({ event }) => event === "ready");
  expect(ready).toEqual(["1000 web#4 ready", "2000 web#3 ready"]);
  expect(told(ran, ({ subject, event }) => subject === "asked" && event === "ended")).toEqual(["1000 asked ended"]);
});

test("a sync of kube-proxy that its own timer would begin while it is held comes afterwards", () => {
  const scale = (id: string, n: number, at: string): string =>
    `{ id: ${id}, ${at}, run: kubectl scale deploy/web --replicas=${n} }`;
  const ran = fine([
    scale("a", 3, "at: 0s"),
    `{ id: held, after: "node1/kube-proxy batch 1", in: node1, run: sleep 5 }`,
    scale("b", 4, "at: 1s"),
    scale("c", 5, "at: 2s"),
    `{ wait: 20s }`,
  ]);
  const mine = told(ran, ({ subject }) => subject === "node1/kube-proxy");
  expect(mine.slice(0, 4)).toEqual([
    "0 node1/kube-proxy batch 1",
    "5000 node1/kube-proxy synced",
    "5000 node1/kube-proxy batch 1",
    "5000 node1/kube-proxy synced",
  ]);
  const saved = ran.cluster.world.namespaces.get("node1")?.xt.backend().save() ?? "";
  expect(saved.match(/--to-destination \S+:80$/gm)).toHaveLength(5);
});

test("kube-proxy that starts anew writes what it finds missing, once", () => {
  const ran = fine([
    `{ fault: { agent: node1/kube-proxy, do: kill } }`,
    SCALE,
    `{ fault: { agent: node1/kube-proxy, do: start } }`,
    `{ wait: 2s }`,
  ]);
  const [first, ...rest] = told(ran, ({ subject, event }) => subject === "node1/kube-proxy" && event !== "batch");
  expect([first, ...rest]).toEqual([
    "0 node1/kube-proxy killed",
    "10000 node1/kube-proxy synced",
    "10000 node1/kube-proxy started",
  ]);
});

test.each([
  [`a step that is the last one`, [`{ id: a, run: "true" }`, `{ after: "a ended", in: shell, run: "true" }`]],
  [
    `a chain`,
    [`{ id: a, run: "true" }`, `{ id: b, after: "a ended", wait: 1s }`, `{ after: "b ended + 1s", wait: 1s }`],
  ],
  [`a pod at the very end`, [`{ run: kubectl scale deploy/web --replicas=1 }`, `{ after: "web#2 gone", wait: 1s }`]],
  [
    `a sync, later`,
    [`{ run: kubectl scale deploy/web --replicas=1 }`, `{ after: "node1/kube-proxy synced + 5s", wait: 1s }`],
  ],
])("what begins after %s begins", (_, steps) => {
  const ran = fine(steps);
  expect(told(ran, ({ event }) => event === "ended")).toHaveLength(steps.length);
});

test("an event may come while a step goes on for longer than anybody waits", () => {
  const ran = fine([
    `{ id: long, after: "short ended", wait: 20m }`,
    `{ id: short, wait: 1s }`,
    `{ after: "long ended", wait: 1s }`,
  ]);
  expect(told(ran, ({ event }) => event === "ended")).toHaveLength(3);
});

test("a stream whose end never comes is told, not those that wait for it", () => {
  const ran = play([
    `{ id: s, send: "shell > web#1:80", every: 60s, until: "web#1 gone" }`,
    `{ id: t, after: "s ended", wait: 1s }`,
  ]);
  expect(ran.end.stopped?.reason).toMatch(/^until: web#1 gone: did not happen within 600 s/);
});
