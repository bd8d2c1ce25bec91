// The first line of `ip link show` after changes, as iproute2 6.1 prints it on a 6.18 kernel.

import { expect, it } from "vitest";
import { Town } from "../support/town.ts";

it("keeps the queue of a device that was up; NOARP stands behind MULTICAST", () => {
  const town = new Town();
  const line = (change: string): string =>
    town
      .run(town.node, `${change}; ip -o link show va`)
      .out.replace(/ mode .*\n/s, "")
      .replace(/^\d+: \S+ /, "");
  expect(line("ip link set va arp off")).toBe(
    "<BROADCAST,MULTICAST,NOARP,UP,LOWER_UP> mtu 1500 qdisc noqueue master br0 state UP",
  );
  expect(line("ip link set va down")).toBe("<BROADCAST,MULTICAST,NOARP> mtu 1500 qdisc noqueue master br0 state DOWN");
  expect(line("ip link add name d1 type veth peer name va2; ip link set va arp on")).toBe(
    "<BROADCAST,MULTICAST> mtu 1500 qdisc noqueue master br0 state DOWN",
  );
  expect(town.run(town.node, "ip link show d1").out).toContain("qdisc noop state DOWN");
});
