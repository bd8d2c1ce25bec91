// Two tunnels whose outer packets go into each other: on 6.18 the fourth transmission inside the others is refused, and the counters
// of the devices say so (TX packets 2 and 1, TX errors 0 and 1; seen in a namespace).
import { expect, test } from "vitest";
import { NetNamespace, World } from "../../src/index.ts";
import { applyBatch } from "../../src/rtnl/apply.ts";
import type { ConfigOp } from "../../src/rtnl/batch.ts";
import { udpOpen } from "../../src/sock/udp.ts";
import { JourneyRecorder } from "../../src/trace/journey.ts";

const MAC = "02:00:00:00:00:09";

function tunnel(name: string, id: number, dstport: number, dst: string): ConfigOp[] {
  return [
    { op: "link-add", name, link: { type: "vxlan", id, local: "10.0.0.1", dstport, learning: false } },
    { op: "link-set", dev: name, up: true },
    ...["10.7.0.9", "10.8.0.2", "10.9.0.2"].map((addr): ConfigOp => ({
      op: "neigh-replace",
      dev: name,
      dst: addr,
      lladdr: MAC,
      nud: "permanent",
    })),
    { op: "fdb-add", dev: name, mac: MAC, dst, state: "permanent" },
  ];
}

test("tunnels that lead into each other end after four transmissions, with an end for every packet", () => {
  const world = new World(1);
  const recorder = new JourneyRecorder();
  world.tracer = recorder;
  const ns = new NetNamespace(world, "n");
  const ops: ConfigOp[] = [
    { op: "link-add", name: "d0", link: { type: "dummy" } },
    { op: "addr-add", dev: "d0", local: "10.0.0.1/24" },
    { op: "link-set", dev: "d0", up: true },
    ...tunnel("v0", 1, 8472, "10.8.0.2"),
    ...tunnel("v1", 2, 8473, "10.9.0.2"),
    { op: "route-add", dst: "10.7.0.0/24", dev: "v0" },
    { op: "route-add", dst: "10.9.0.0/24", dev: "v0" },
    { op: "route-add", dst: "10.8.0.0/24", dev: "v1" },
  ];
  expect(applyBatch(ns, { agent: "test", ops })).toBeNull();
  udpOpen(ns, {}).sendTo(new Uint8Array([1]), "10.7.0.9", 9);
  const counts = ["v0", "v1"].map((name) => {
    const dev = ns.devices.byName(name);
    return [dev?.txPackets, dev?.txErrors];
  });
  expect(counts).toEqual([
    [2, 0],
    [1, 1],
  ]);
  expect(recorder.unfinished()).toEqual([]);
});
