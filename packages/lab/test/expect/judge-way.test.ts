// Ways of packets, on a cluster and by hand.
import { describe, expect, it, test } from "vitest";
import { runCase } from "../../src/expect/run-cell.ts";
import type { PacketWay } from "../../src/model/way-spec.ts";
import { cellRunner } from "../../src/steps/run-steps.ts";
import { web } from "../explain/scenarios.ts";
import { brief, WEB } from "../load/read.ts";
import { failures, outcome } from "./world.ts";

/** Messages of a step that asks another node's port for a pod on node2. */
function remote(expectation: string): string[] {
  const scenario = web({
    steps: `  - { in: client, run: "curl -s node1:30080", pick: "web#2", expect: { result: ok, ${expectation} } }`,
  });
  const [plan] = scenario.cells;
  if (plan === undefined) throw new Error("no cell");
  return runCase(
    scenario,
    plan,
    1,
    cellRunner(() => undefined),
  ).failures.map(({ message }) => message);
}

describe("on a cluster", () => {
  test.each([
    'path: [client, node1, node2, "web#2"]',
    'path: [client, ..., "web#2"]',
    'path: [..., "node1 ens192", "node1 flannel.1", node2, "web#2 eth0"]',
    'reply-path: ["web#2", node2, node1, client]',
    'nat: { in: node1, dst: "node1:30080 => web#2:80", src: "client => 10.1.5.0" }',
    'nat: [{ in: node1, src: "web#2:80 => node1:30080" }, { in: node2, count: 0 }]',
  ])("%s", (expectation) => {
    expect(remote(expectation)).toEqual([]);
  });

  test.each([
    [
      'path: [client, node2, "web#2"]',
      "path: client > node1 > node2 > web#2 (delivered), expected client > node2 > web#2",
    ],
    ["path: [client, node1]", "path: client > node1 > node2 > web-b (delivered), expected client > node1"],
    [
      'path: [client, "node1 cni0", ...]',
      "path: client [eth0] > node1 [ens192 flannel.1 ens192] > node2 [ens192 flannel.1 cni0 veth2c6eddb2] > web-b [eth0] (delivered), expected client > node1 cni0 > ...",
    ],
    [
      'reply-path: ["web#2", node2, client]',
      "reply-path: web#2 > node2 > node1 > client (delivered), expected web#2 > node2 > client",
    ],
    ['nat: { in: node1, dst: "node1:30080 => web#1" }', "nat in node1: found 0, expected at least 1"],
    ["nat: { in: node1, count: 0 }", "nat in node1: found 4, expected 0"],
  ])("%s does not hold", (expectation, message) => {
    expect(remote(expectation)).toEqual([message]);
  });
});

const LOST: PacketWay = { hops: [{ in: "client", devs: ["eth0"] }], translations: [], end: "dropped NEIGH_FAILED" };

it("a request without an answer has no way back", () => {
  expect(
    failures("{ exit: 0, path: [client], reply-path: [client] }", outcome(), {
      ways: [{ request: LOST, reply: undefined }],
    }),
  ).toEqual([["reply-path: nothing came back, expected client"]]);
});

it("every request of the step counts", () => {
  const request: PacketWay = { ...LOST, hops: [...LOST.hops, { in: "node1", devs: [] }] };
  expect(
    failures("{ exit: 0, path: [client, node1] }", outcome(), {
      ways: [
        { request, reply: undefined },
        { request: LOST, reply: undefined },
      ],
    }),
  ).toEqual([["path: client (dropped NEIGH_FAILED), expected client > node1 (request 2; 1 of 2 like this)"]]);
});

it("needs a request", () => {
  expect(failures("{ exit: 0, nat: { in: node1 } }", outcome())).toEqual([
    ["nat in node1: the step made no request, expected at least 1"],
  ]);
});

test.each([
  ["path: [client, nod1]", '5:39 no node, host, pod or alias is named "nod1"'],
  ["path: [...]", "5:30 every way is like this: name a machine"],
  ['path: ["a b c"]', '5:31 "a b c" is not a place on a way'],
  ['nat: { in: node1, dst: "client" }', '5:47 "client" is not a translation: it needs one "=>"'],
  ['nat: { in: node1, src: "svc/wbe => client" }', '5:52 no Service is named "wbe"'],
])("%s is a mistake", (expectation, message) => {
  const text = `scenario: x\nmanifests: [./web.yaml]\nsteps:\n  - run: ip\n    expect: { exit: 0, ${expectation} }\n`;
  expect(brief(text, { "./web.yaml": WEB })).toEqual([message]);
});

describe("who is to blame for a drop", () => {
  const seen = (breakIt: string, by: string): string[] => {
    const scenario = web({
      steps: `  - { in: node1, run: ${JSON.stringify(breakIt)} }
  - { send: "web#1 > web#2:80", expect: { result: timeout, dropped: { in: node1, by: ${JSON.stringify(by)} } } }`,
    });
    const [plan] = scenario.cells;
    if (plan === undefined) throw new Error("no cell");
    return runCase(
      scenario,
      plan,
      1,
      cellRunner(() => undefined),
    ).failures.map(({ message }) => message);
  };

  test.each([
    ["iptables -I FORWARD -j DROP", "typed in step 1"],
    ["iptables -I FORWARD -j DROP", "FORWARD -j DROP"],
    ["sysctl -w net.ipv4.ip_forward=0", "sysctl net.ipv4.ip_forward"],
  ])("%s: %s", (breakIt, by) => {
    expect(seen(breakIt, by)).toEqual([]);
    expect(seen(breakIt, "flanneld")).toEqual(["dropped: found 0, expected at least 1"]);
  });

  it("a neighbour that does not answer: the route that leads to it", () => {
    const scenario = web({
      steps: `  - { in: client, run: "ip route add 10.9.0.0/16 via 192.168.120.99" }
  - { send: "client > 10.9.0.1:80", expect: { result: unreachable, dropped: { in: client, by: "route 10.9.0.0/16 via 192.168.120.99 dev eth0, typed in step 1" } } }`,
    });
    const [plan] = scenario.cells;
    if (plan === undefined) throw new Error("no cell");
    expect(
      runCase(
        scenario,
        plan,
        1,
        cellRunner(() => undefined),
      ).failures,
    ).toEqual([]);
  });
});
