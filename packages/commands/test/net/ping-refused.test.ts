// Requests that do not get out, with the output of iputils 20221126 on a 6.18 kernel.

import { expect, it } from "vitest";
import { Town } from "../support/town.ts";

function ping(rule: string, words: string): { out: string[]; err: string; code: number | undefined; took: number } {
  const town = new Town();
  town.run(town.a, rule);
  const { out, err, code, took } = town.run(town.a, `ping ${words}`);
  return { out: out.split("\n").filter((line) => line !== ""), err, code, took };
}

const title = "PING 10.1.0.1 (10.1.0.1) 56(84) bytes of data.";
const statistics = "--- 10.1.0.1 ping statistics ---";
const reject = "iptables -A OUTPUT -p icmp --icmp-type echo-request -j REJECT";

it.each([
  "iptables -A OUTPUT -p icmp -j DROP",
  "iptables -P OUTPUT DROP",
  "iptables-legacy -A OUTPUT -p icmp -j DROP",
  "iptables -t raw -A OUTPUT -p icmp -j DROP",
  "iptables -t mangle -A POSTROUTING -p icmp -j DROP",
  // The ICMP error is dropped as well.
  "iptables -A OUTPUT -p icmp -j REJECT",
])("missing without a word: %s", (rule) => {
  expect(ping(rule, "-c 1 10.1.0.1")).toEqual({
    out: [title, statistics, "1 packets transmitted, 0 received, 100% packet loss, time 0ms"],
    err: "",
    code: 1,
    took: 10_000,
  });
});

it("rejected by its own host", () => {
  expect(ping(reject, "-c 2 10.1.0.1")).toMatchObject({
    out: [
      title,
      "From 10.1.0.2 icmp_seq=1 Destination Port Unreachable",
      "From 10.1.0.2 icmp_seq=2 Destination Port Unreachable",
      statistics,
      "2 packets transmitted, 0 received, +2 errors, 100% packet loss, time 1000ms",
    ],
    err: "ping: sendmsg: Operation not permitted\n".repeat(2),
    code: 1,
  });
  expect(ping(reject, "-q -c 1 10.1.0.1")).toMatchObject({
    out: [title, statistics, "1 packets transmitted, 0 received, +1 errors, 100% packet loss, time 0ms"],
    err: "",
    took: 0,
  });
});

it("to no address, and without a life", () => {
  expect(ping("true", "-c 1 0.0.0.0").out[0]).toBe("PING 0.0.0.0 (127.0.0.1) 56(84) bytes of data.");
  const none = "ping: cannot set unicast time-to-live: Invalid argument\n";
  expect(ping("true", "-c 1 -t 0 10.1.0.1")).toMatchObject({ out: [], err: none, code: 2 });
});
