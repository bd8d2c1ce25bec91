// One row of a table is taken out, by the tools' own columns.
import { expect, test } from "vitest";
import { verdict } from "./verdict.ts";

const UDP = `send: { flow: "one:4000 > svc/dns:53/udp", timeout: 1s }`;

test.each([
  ["route", `dst: 10.244.1.0/24, dev: flannel.1`],
  ["fdb", `dev: flannel.1, dst: node2`],
  ["neigh", `dev: flannel.1, dst: 10.244.1.0`],
  ["rule", `table: nat, chain: KUBE-SERVICES, spec: "10.96.1.53/32"`],
])("a row of %s is there, is taken out, and is gone", (table, columns) => {
  expect(
    verdict(
      `{ ${UDP}, expect: { result: ok, ${table}: { in: node1, ${columns}, count: 1 } } }`,
      `{ fault: { delete: { in: node1, ${table}: { ${columns} } } }, expect: { ${table}: { in: node1, ${columns}, count: 0 } } }`,
    ),
  ).toEqual([]);
});

test("of connections that one alone is taken out", () => {
  expect(
    verdict(
      `{ ${UDP} }`,
      `{ send: { flow: "one:4001 > svc/dns:53/udp", timeout: 1s } }`,
      `{ fault: { delete: { in: node1, conntrack: { proto: udp, dst: svc/dns, sport: 4000 } } }, expect: { conntrack: { in: node1, dst: svc/dns, count: 1 } } }`,
    ),
  ).toEqual([]);
});

test("the packets notice", () => {
  expect(
    verdict(
      `{ fault: { delete: { in: node1, fdb: { dev: flannel.1, dst: node2 } } } }`,
      `{ ${UDP}, expect: { result: timeout, dropped: { in: node1, reason: NO_TX_TARGET } } }`,
    ),
  ).toEqual([]);
});

test("which one must be clear", () => {
  const [none] = verdict(`{ fault: { delete: { in: node1, route: { dst: 10.244.1.0/24, dev: cni0 } } } }`);
  expect(none).toBe(
    "at node1 no route row fits; near: dst=10.244.0.0/24 type=unicast dev=cni0 table=main src=10.244.0.1 metric=0 scope=link proto=kernel | dst=10.244.1.0/24 type=unicast via=10.244.1.0 dev=flannel.1 table=main metric=0 scope=global proto=boot onlink=onlink",
  );
  const [many] = verdict(`{ fault: { delete: { in: node1, rule: { table: nat, chain: KUBE-SERVICES } } } }`);
  expect(many).toMatch(
    /^at node1 4 rule rows fit, name one; found: table=nat chain=KUBE-SERVICES num=1 .* num=2 .* num=3 .* num=4 /,
  );
});
