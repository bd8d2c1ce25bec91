// When steps happen, faults and delays: what is read, and what is told of mistakes.
import { expect, test } from "vitest";
import { brief, mistakes, scenarioOf, WEB } from "./read.ts";

function file(steps: string, more = ""): string {
  return `scenario: x\ncluster: { hosts: [client] }\nmanifests: [web.yaml]\n${more}\nsteps:\n${steps}`;
}

const FILES = { "web.yaml": WEB };

function wrong(steps: string, more = ""): string[] {
  return brief(file(steps, more), FILES).map((line) => line.replace(/^\d+:\d+ /, ""));
}

test("events, streams and delays as the model has them", () => {
  const text = file(
    `  - { id: s, send: "client:40000 > svc/web:80/udp", every: 200ms, until: "web#1 gone + 2s", expect: { since: 3s, lost: 0 } }
  - { after: "node1/kube-proxy batch 2", run: kubectl get pods }
  - { after: "svc/web endpoints 1", fault: { agent: node2/kubelet, do: delay, by: 2s } }
  - { after: "default/deploy/web#2 ready", wait: 1s }
  - { after: s begun, wait: 1s }`,
    "timing: { kube-proxy: 500ms, node1/kube-proxy: 2s, endpoints: 100ms }",
  );
  const plan = scenarioOf(text, FILES).cells[0]!;
  expect(plan.timing).toEqual({ agents: { "node1/kube-proxy": 2000, "node2/kube-proxy": 500 }, endpoints: 100 });
  const [stream, batch, endpoints, ready, begun] = plan.steps;
  expect(stream?.stream).toEqual({
    every: 200,
    until: { text: "web#1 gone + 2s", subject: "web#1", event: "gone", number: undefined, plus: 2000 },
  });
  expect(stream?.expect.checks.map(({ kind }) => kind)).toEqual(["lost"]);
  expect(stream?.expect.only).toEqual({ flow: undefined, since: 3000, until: undefined });
  expect([batch, endpoints, ready, begun].map((step) => [step?.after?.subject, step?.after?.number])).toEqual([
    ["node1/kube-proxy", 2],
    ["svc/web", 1],
    ["default/deploy/web#2", undefined],
    ["s", undefined],
  ]);
  expect(endpoints?.action).toMatchObject({
    kind: "fault",
    fault: { kind: "agent", node: "node2", agent: "kubelet", do: "delay", by: 2000 },
  });
});

test.each([
  ["web#1", '"web#1" is not OBJECT EVENT'],
  ["web#1 died", '"died" is no event'],
  ["web#1 gone 2", "gone has no number"],
  ["web#1 gone + 2", '"2" is not a time'],
  ["svc/web endpoints", "endpoints needs a number: svc/echo endpoints 1"],
  ["node1/kube-proxy batch 0", "batches are counted from 1"],
  ["web#3 gone", "Deployment web has 2 pods, there is no #3"],
  ["web gone", '"web" may be any of several pods'],
  ["svc/wbe endpoints 1", 'no Service is named "wbe"'],
  ["web endpoints 1", '"web" is no Service'],
  ["node1/kube-proxi synced", 'no agent is named "node1/kube-proxi"'],
  ["node3/kubelet synced", 'no agent is named "node3/kubelet"'],
  ["there ended", 'no step is named "there"'],
  ["here ended", "a step cannot wait for itself"],
])("after: %s", (after, message) => {
  expect(wrong(`  - { id: here, after: "${after}", wait: 1s }`)).toEqual([message]);
});

test.each([
  [`{ at: 1s, after: here begun, wait: 1s }`, '"at" beside "after": a step begins at a time or after an event'],
  [`{ send: "client > svc/web:80", every: 1s }`, 'missing key "until": when the stream ends'],
  [`{ send: "client > svc/web:80", until: 1s }`, '"until" ends a stream, and this is none'],
  [`{ send: "client > svc/web:80", every: 0s, until: 1s }`, "nothing can begin again after no time"],
  [`{ wait: 1s, every: 1s, until: 3s }`, '"every" means nothing beside wait'],
  [
    `{ send: "client > svc/web:80", repeat: 2, every: 1s, until: 3s }`,
    '"repeat" beside "every": a stream repeats already',
  ],
  [
    `{ send: "client > svc/web:80", pick: web#1, every: 1s, until: 3s }`,
    '"pick" beside "every": a pick would force the choices of other steps too',
  ],
  [`{ wait: 1s, until: 5s }`, '"until" means nothing beside wait'],
  [`{ fault: {} }`, "a fault needs one of agent, crash, link, heal, delete"],
  [`{ fault: { agent: node1/kubelet } }`, 'missing key "do"'],
  [`{ fault: { agent: node1/kubelet, do: delay } }`, 'missing key "by": how much later'],
  [`{ fault: { agent: node1/kubelet, do: kill, by: 1s } }`, '"by" means nothing beside do: kill'],
  [`{ fault: { agent: node1/kubelet, do: kill, crash: node1 } }`, "a fault is one thing, this one has agent and crash"],
  [`{ fault: { crash: node1, by: 1s } }`, '"by" means nothing beside crash'],
  [`{ fault: { crash: client } }`, 'no node is named "client"'],
  [`{ fault: { boot: node1 } }`, "what a machine finds when it comes back is not modelled"],
  [
    `{ in: node1, fault: { crash: node1 } }`,
    '"in" says where run, inject, datagram and race happen, fault has no use for it',
  ],
  [
    `{ send: "client > svc/web:80", expect: { stream: { lost: 0 } } }`,
    '"stream" looks at parts of a stream, and this step is none',
  ],
  [
    `{ send: "client > svc/web:80", every: 1s, until: 2s, expect: { stream: { since: 1s } } }`,
    "nothing is expected of these requests",
  ],
  [`{ send: "client > svc/web:80", expect: { since: web#1 gane, lost: 0 } }`, '"gane" is no event'],
  [`{ send: "client > svc/web:80", expect: { never: {} } }`, "nothing is expected"],
])("%s", (step, message) => {
  expect(wrong(`  - { id: here, wait: 1s }\n  - ${step}`)).toEqual([message]);
});

test("delays of what is not there", () => {
  const text = file("  - { wait: 1s }", "timing: { kube-proxy: 500ms, kubelett: 1s, node3/kubelet: 1s, endpoints: 5 }");
  expect(mistakes(text, FILES)).toMatchInlineSnapshot(`
    "lab.yaml:4:30: nothing of the control plane is named "kubelett"
       4 | timing: { kube-proxy: 500ms, kubelett: 1s, node3/kubelet: 1s, endpoints: 5 }
         |                              ^^^^^^^^
    hint: did you mean "kubelet"?

    lab.yaml:4:44: nothing of the control plane is named "node3/kubelet"
       4 | timing: { kube-proxy: 500ms, kubelett: 1s, node3/kubelet: 1s, endpoints: 5 }
         |                                            ^^^^^^^^^^^^^
    hint: write endpoints, kubelet, flanneld, kube-proxy, or NODE/AGENT

    lab.yaml:4:74: 5 has no unit
       4 | timing: { kube-proxy: 500ms, kubelett: 1s, node3/kubelet: 1s, endpoints: 5 }
         |                                                                          ^
    hint: write 5s, or 5ms"
  `);
});
