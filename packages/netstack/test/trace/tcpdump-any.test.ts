// `tcpdump -i any` as it was seen on a real host: device, direction, cooked link header.

import { expect, it } from "vitest";
import { pingOpen } from "../../src/sock/ping.ts";
import { TcpdumpPrinter, tcpdumpTap } from "../../src/trace/tcpdump.ts";
import { run, twoHosts } from "../sock/lab.ts";

it.each([
  [
    false,
    [
      "00:00:00.001000 eth0  Out IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 7, seq 1, length 64",
      "00:00:00.001000 eth0  In  IP 10.0.0.2 > 10.0.0.1: ICMP echo reply, id 7, seq 1, length 64",
    ],
  ],
  [
    true,
    [
      "00:00:00.001000 eth0  Out ifindex 2 02:00:00:00:00:01 ethertype IPv4 (0x0800), length 104: 10.0.0.1 > 10.0.0.2: ICMP echo request, id 7, seq 1, length 64",
      "00:00:00.001000 eth0  In  ifindex 2 02:00:00:00:00:02 ethertype IPv4 (0x0800), length 104: 10.0.0.2 > 10.0.0.1: ICMP echo reply, id 7, seq 1, length 64",
    ],
  ],
])("-i any, -e %s", (e, wanted) => {
  const lab = twoHosts();
  pingOpen(lab.a, { dst: "10.0.0.2", id: 6 }).send(1);
  run(lab, 1);
  const lines: string[] = [];
  lab.devA.taps.push(tcpdumpTap(new TcpdumpPrinter({ e }), true, (text) => lines.push(text)));
  pingOpen(lab.a, { dst: "10.0.0.2", id: 7 }).send(1);
  run(lab, 1);
  expect(lines).toEqual(wanted);
});

it("knows broadcasts and frames for others", () => {
  const lab = twoHosts();
  const lines: string[] = [];
  lab.devB.taps.push(tcpdumpTap(new TcpdumpPrinter({ e: true }), true, (text) => lines.push(text)));
  pingOpen(lab.a, { dst: "10.0.0.77" }).send(1);
  expect(lines).toEqual([
    "00:00:00.000000 eth0  B   ifindex 2 02:00:00:00:00:01 ethertype ARP (0x0806), length 48: Request who-has 10.0.0.77 tell 10.0.0.1, length 28",
  ]);
});
