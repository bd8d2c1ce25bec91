// Faults of links as scenarios write them: what requests, captures and drops see of them.
import { describe, expect, test } from "vitest";
import { verdict } from "./verdict.ts";

const ASK = `send: { flow: "one > web#1:80", timeout: 4s }`;

describe("a link", () => {
  test("loses everything, and is healed", () => {
    const drops = `dropped: { in: node2, dev: eth0, reason: QDISC_DROP, flow: "node2 > node1:8472/udp", count: ">=2" }`;
    expect(
      verdict(
        `{ ${ASK} }`,
        `{ fault: { link: node2 eth0, loss: 100% } }`,
        `{ ${ASK}, expect: { result: timeout, ${drops}, packet: { in: web#1, dev: eth0, flags: S } } }`,
        `{ fault: { heal: node2 eth0 } }`,
        `{ ${ASK}, expect: ok }`,
      ),
    ).toEqual([]);
  });

  test("loses a share", () => {
    expect(
      verdict(
        `{ in: node1, run: ping -c 1 node2 }`,
        `{ fault: { link: node1 eth0, loss: 30% } }`,
        `{ in: node1, run: ping -c 200 -i 0.2 node2, expect: { dropped: { in: node1, reason: QDISC_DROP, count: 40..80 } } }`,
      ),
    ).toEqual([]);
  });

  test("delays, and doubles", () => {
    expect(
      verdict(
        `{ in: node1, run: ping -c 1 node2 }`,
        `{ fault: { link: node1 eth0, delay: 20ms, duplicate: 100% } }`,
        `{ in: node1, run: ping -c 1 node2, expect: { output: time=20, packet: { in: node2, dev: eth0, flow: "node1 > node2/icmp", count: 2 } } }`,
      ),
    ).toEqual([]);
  });

  test("is cut: frames vanish both ways, and the carrier stays", () => {
    expect(
      verdict(
        `{ in: node1, run: ping -c 1 node2 }`,
        `{ fault: { link: node2 eth0, cut: true } }`,
        `{ ${ASK}, expect: { result: timeout, dropped: { in: node1, dev: eth0, reason: LINK_CUT, count: ">=1" }, packet: { in: node2, dev: eth0, count: 0 } } }`,
        `{ in: node2, run: ip link show dev eth0, expect: { output: "state UP" } }`,
        `{ in: node2, run: "ping -c 1 -W 1 node1 || true", expect: { dropped: { in: node2, dev: eth0, reason: LINK_CUT }, exit: 0 } }`,
      ),
    ).toEqual([]);
  });

  test("loses the first SYN-ACK only: it comes again after a second", () => {
    expect(
      verdict(
        `{ ${ASK} }`,
        `{ fault: { link: web#1 eth0, drop: { flow: "web#1:80 > one", flags: S., nth: 1 } } }`,
        `{ ${ASK}, expect: { result: ok, dropped: { in: web#1, dev: eth0, reason: QDISC_DROP, count: 1 }, packet: [{ in: web#1, dev: eth0, flags: S, count: 2 }, { in: web#1, dev: eth0, flags: S., count: 1 }] } }`,
        `{ ${ASK}, expect: { result: ok, dropped: { in: web#1, count: 0 } } }`,
      ),
    ).toEqual([]);
  });

  test("is faulty for a time; a later fault is not ended by an earlier one's time", () => {
    const lost = `{ send: { flow: "one > web#1:80", timeout: 500ms }, expect: timeout }`;
    expect(
      verdict(
        `{ fault: { link: node1 eth0, loss: 100%, for: 10s } }`,
        `{ wait: 9s }`,
        lost,
        `{ wait: 1s }`,
        `{ ${ASK}, expect: ok }`,
        `{ fault: { link: node1 eth0, loss: 100%, for: 10s } }`,
        `{ fault: { link: node1 eth0, cut: true } }`,
        `{ wait: 11s }`,
        lost,
      ),
    ).toEqual([]);
  });

  test.each([
    [
      `{ fault: { link: node1 flanel.1, loss: 1% } }`,
      `there is no device flanel.1 at node1 now; did you mean "flannel.1"?`,
    ],
    [`{ fault: { link: node1 cni0, cut: true } }`, "cni0 at node1 has no wire that could be cut: it is a bridge"],
    [`{ fault: { heal: node1 eth0 } }`, "eth0 at node1 has no fault that could be healed"],
  ])("%s is refused", (step, message) => {
    expect(verdict(step)).toEqual([message]);
  });
});
