// Mistakes in faults and races.
import { expect, test } from "vitest";
import { brief, WEB } from "./read.ts";

function wrong(step: string): string[] {
  return brief(`scenario: x\nmanifests: [web.yaml]\nsteps: [${step}]\n`, { "web.yaml": WEB }).map((line) =>
    line.replace(/^\d+:\d+ /, ""),
  );
}

test.each([
  [
    `{ fault: { link: node1 eth0 } }`,
    ["what happens to the link? Write one of loss, delay, duplicate, reorder, cut, drop"],
  ],
  [`{ fault: { link: node1, loss: 1% } }`, [`"node1" is not a place and a device`]],
  [`{ fault: { link: nod1 eth0, loss: 1% } }`, [`no node, host, pod or alias is named "nod1"`]],
  [`{ fault: { link: node1 eth0, loss: 120% } }`, [`"120%" is not a share`]],
  [`{ fault: { link: node1 eth0, delay: 20 } }`, ["20 has no unit"]],
  [`{ fault: { link: node1 eth0, cut: true, loss: 1% } }`, ["nothing passes a cut wire, loss has nothing to do there"]],
  [`{ fault: { link: node1 eth0, reorder: 1% } }`, ["who does not wait overtakes nobody where nobody waits"]],
  [`{ fault: { link: node1 eth0, drop: {} } }`, ["every frame would be lost"]],
  [
    `{ fault: { link: node1 eth0, drop: { flow: "clint > web#1:80" } } }`,
    [`no node, host, pod or alias is named "clint"`],
  ],
  [`{ fault: { link: node1 eth0, drop: { flags: SYN } } }`, [`"SYN" is never printed as flags`]],
  [`{ fault: { heal: node1 eth0, for: 1s } }`, [`"for" means nothing beside heal`]],
  [`{ fault: { link: node1 eth0, loss: 1%, heal: node1 eth0 } }`, ["a fault is one thing, this one has link and heal"]],
  [`{ fault: { delete: { in: node1 } } }`, ["a row of which table? Write one of route, rule, fdb, neigh, conntrack"]],
  [
    `{ fault: { delete: { in: node1, fdb: { dev: cni0 }, neigh: { dev: cni0 } } } }`,
    ["one row is deleted, this fault names fdb and neigh"],
  ],
  [`{ fault: { delete: { in: node1, neigh: { state: stale } } } }`, [`state is never "stale"`]],
  [
    `{ fault: { delete: { in: node1, route: { gateway: node2 } } } }`,
    [`unknown key "gateway" in steps[0].fault.delete.route`],
  ],
  [
    `{ race: ["client > svc/web:80", "client > svc/web:80"] }`,
    ["admin is not on the network: say in which place this happens"],
  ],
  [
    `{ in: node1, race: ["client:5 > svc/web:80", "client:5 > svc/web:80"] }`,
    ["a second TCP connection cannot have the ports of the first"],
  ],
  [
    `{ in: node1, race: ["client:5 > web#1:80", "client:5 > web#2:80"] }`,
    ["port 5 of client is taken by the first request"],
  ],
  [
    `{ in: node1, race: ["client > web#1/icmp", "client > web#1/icmp"] }`,
    ["a race of echo requests is not modelled", "a race of echo requests is not modelled"],
  ],
  [
    `{ in: node1, race: ["client > web#1", "client > web#3:80"] }`,
    ["the flow has no port to go to", "Deployment web has 2 pods, there is no #3"],
  ],
  [
    `{ in: node1, race: ["client > web#1:80", "client > web#2:80"], repeat: 2 }`,
    [`"repeat" means nothing beside race`],
  ],
  [`{ send: "client > web#1:80", held: nat }`, [`"held" means nothing without race`]],
])("%s", (step, messages) => {
  expect(wrong(step)).toEqual(messages);
});

test("what is right is read", () => {
  expect(
    wrong(
      `{ fault: { link: node1 eth0, loss: 1/3, delay: 5ms, reorder: 10%, drop: { flow: "client > *:80", flags: S., nth: [1, 3] }, for: 1m } }`,
    ),
  ).toEqual([]);
  expect(wrong(`{ fault: { delete: { in: node1, rule: { table: nat, num: 1, chain: KUBE-SERVICES } } } }`)).toEqual([]);
  expect(wrong(`{ in: node1, held: nat, race: ["client > svc/web:80", "client > svc/web:80"] }`)).toEqual([]);
});
