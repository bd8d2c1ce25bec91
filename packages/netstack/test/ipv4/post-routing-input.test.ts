// LOG of forwarded packets in POSTROUTING by kernel: kernel-spec §0, "IN= and MAC in POSTROUTING logs of forwarded packets".
import { expect, it } from "vitest";
import { KERNEL_FLAVOURS } from "../../src/netns/flavour.ts";
import type { KernelVersion } from "../../src/netns/flavour.ts";
import { ipFrame, MAC, send, t1, udp } from "./lab.ts";

it.each<[KernelVersion, string]>([
  ["3.10", "IN= OUT=s0 SRC=10.1.0.2"],
  ["4.9", "IN= OUT=s0 SRC=10.1.0.2"],
  ["6.18", `IN=c0 OUT=s0 MAC=${MAC.rc}:${MAC.c}:08:00 SRC=10.1.0.2`],
])("kernel %s logs a forwarded packet in POSTROUTING as %s", (kernel, expected) => {
  const lab = t1();
  Object.assign(lab.r, { flavour: KERNEL_FLAVOURS[kernel] });
  lab.r.xt.backend().command(["-t", "mangle", "-A", "POSTROUTING", "-d", "10.2.0.2", "-j", "LOG"]);
  send(lab.c, "e0", ipFrame({ dst: "10.2.0.2", payload: udp(8) }));
  expect(lab.r.dmesg.map(({ text }) => text)).toEqual([expect.stringContaining(expected)]);
});
