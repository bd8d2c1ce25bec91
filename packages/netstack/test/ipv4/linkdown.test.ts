import { expect, test } from "vitest";
import { applyBatch, KERNEL_FLAVOURS, NetNamespace, printRoutes, World } from "../../src/index.ts";
import type { KernelVersion } from "../../src/index.ts";

/** The route of a bridge without ports, on a kernel. */
function bridgeRoute(kernel: KernelVersion): string {
  const ns = new NetNamespace(new World(1), "n", KERNEL_FLAVOURS[kernel]);
  const error = applyBatch(ns, {
    agent: "test",
    ops: [
      { op: "link-add", name: "br0", link: { type: "bridge" }, address: "02:42:0a:eb:de:a5" },
      { op: "addr-add", dev: "br0", local: "172.17.0.1/16" },
      { op: "link-set", dev: "br0", up: true },
    ],
  });
  expect(error).toBe(null);
  return printRoutes(ns);
}

test("a route without carrier is marked since 4.2", () => {
  expect(bridgeRoute("3.10")).toBe("172.17.0.0/16 dev br0 proto kernel scope link src 172.17.0.1 \n");
  expect(bridgeRoute("4.9")).toBe("172.17.0.0/16 dev br0 proto kernel scope link src 172.17.0.1 linkdown \n");
  expect(bridgeRoute("6.18")).toBe(bridgeRoute("4.9"));
});
