import { expect, it } from "vitest";
import { arpFrame } from "../../src/fuzz/frames.ts";
import { OurKernel } from "../../src/live/our-kernel.ts";
import type { ConfigOp } from "@kubehop/netstack";

const bridge = (name: string): ConfigOp[] => [
  { op: "link-add", name, link: { type: "bridge" } },
  { op: "link-set", dev: name, mcastSnooping: false, up: true },
];
const pair = (name: string, peer: string): ConfigOp => ({
  op: "link-add",
  name,
  link: { type: "veth", peer: { name: peer } },
});
const plug = (dev: string, master: string): ConfigOp => ({ op: "link-set", dev, master, up: true });

it("counts a step in which a frame goes round and round", () => {
  const kernel = new OurKernel();
  kernel.addNamespaces(["A"]);
  const loop = [pair("p0", "q0"), pair("p1", "q1"), ...["p0", "p1"].map((dev) => plug(dev, "br0"))];
  const ops = [...bridge("br0"), ...bridge("br1"), ...loop, plug("q0", "br1")];
  expect(kernel.apply("A", { agent: "test", ops: [...ops, pair("h", "port"), plug("port", "br0")] })).toBeNull();
  expect(kernel.apply("A", { agent: "test", ops: [{ op: "link-set", dev: "h", up: true }] })).toBeNull();
  kernel.watch();
  const sha = "0a:00:00:00:00:01";
  const ask = arpFrame({
    op: 1,
    dst: "ff:ff:ff:ff:ff:ff",
    sha,
    spa: "10.0.0.1",
    tha: "00:00:00:00:00:00",
    tpa: "10.0.0.2",
  });
  kernel.play([{ frame: ["A", "h", ask] }]);
  expect(kernel.undecided).toBe(0);
  expect(kernel.apply("A", { agent: "test", ops: [plug("q1", "br1")] })).toBeNull();
  expect(kernel.play([{ frame: ["A", "h", ask] }])[0]?.error).toBe("packet storm");
  expect([kernel.storms, kernel.draws, kernel.undecided]).toEqual([1, 0, 1]);
});
