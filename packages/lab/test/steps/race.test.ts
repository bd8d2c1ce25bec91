// Races as scenarios write them. What the kernel decides is netstack's test (netfilter/race); here is who asks, who is told, what stops.
import { describe, expect, test } from "vitest";
import { verdict } from "./verdict.ts";

const DNS = `"one:5000 > svc/dns:53/udp"`;

/** As kube-proxy did before --random-fully: the port is kept where it is free. */
const PLAIN = `{ in: node1, run: iptables -t nat -I POSTROUTING -d 10.244.1.0/24 -p tcp -j MASQUERADE }`;

describe("a race", () => {
  test("of one socket that asks twice: both are answered, and one entry is listed", () => {
    expect(
      verdict(
        `{ in: node1, race: [${DNS}, ${DNS}], expect: { result: ok, by: web#1, conntrack: { in: node1, dst: svc/dns, count: 1 } } }`,
      ),
    ).toEqual([]);
  });

  // Gallery C2: both choose the node's address and the same port before either is in the table.
  test("of two pods for one source port behind masquerading: the second SYN is lost, and comes again", () => {
    expect(
      verdict(
        PLAIN,
        `{ in: one, run: curl -s http://web/ }`,
        `{ in: two, run: curl -s http://web/ }`,
        `{ id: r, in: node1, held: nat, race: ["one:7000 > svc/web:80", "two:7000 > svc/web:80"], expect: { result: ok, client: 10.244.0.0, dropped: { in: node1, reason: CONNTRACK_CLASH, flow: "10.244.0.0:7000 > web#1:80", count: 1 }, packet: { in: two, dev: eth0, flags: S, count: 2 } } }`,
      ),
    ).toEqual([]);
  });

  test("in which the second port is drawn by NAT is none: behind the lookup the first is confirmed before", () => {
    expect(
      verdict(
        PLAIN,
        `{ in: one, run: curl -s http://web/ }`,
        `{ in: two, run: curl -s http://web/ }`,
        `{ in: node1, race: ["one:7000 > svc/web:80", "two:7000 > svc/web:80"], expect: { result: ok, dropped: { in: node1, count: 0 } } }`,
      ),
    ).toEqual([]);
  });

  test.each([
    [
      [`{ in: laptop, race: [${DNS}, ${DNS}], expect: { lost: 0 } }`],
      "race: at laptop no packet of one:5000 > svc/dns:53/udp passed conntrack (is it on the way, untranslated, and are connections tracked there?)",
    ],
    [
      [`{ send: ${DNS} }`, `{ in: node1, race: [${DNS}, ${DNS}] }`],
      "race: at node1 the connection was in the table already, there was nothing to race for",
    ],
    [
      [`{ in: node1, race: [${DNS}, "web#1:5000 > laptop:53/udp"] }`],
      "race: only one:5000 > svc/dns:53/udp came to node1, web#1:5000 > laptop:53/udp did not",
    ],
  ])("%j does not come about", (steps, reason) => {
    expect(verdict(...steps)).toEqual([reason]);
  });
});
