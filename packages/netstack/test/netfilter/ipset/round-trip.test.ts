// Sets as typed and as `ipset save` 7.17 printed them on Linux 6.18; found by `kubehop verify --round-trip`.

import { expect, test } from "vitest";
import { ipsetCommand } from "../../../src/netfilter/ipset/command.ts";
import { NetNamespace } from "../../../src/netns/net-namespace.ts";
import { World } from "../../../src/netns/world.ts";

function saved(text: string): string[] {
  const ns = new NetNamespace(new World(1), "n");
  expect(ipsetCommand(ns, ["restore"], text).stderr).toBe("");
  return ipsetCommand(ns, ["save"]).stdout.split("\n").slice(1, -1);
}

test("a bitmask cuts the first address of a range only, which then goes on one by one", () => {
  const [first, last, ...more] = ["10.1.2.3/30", "10.1.2.2-10.1.2.3"].map((range) =>
    saved(`create a hash:ip bitmask 255.255.255.0\nadd a ${range}\n`),
  );
  expect(more).toEqual([]);
  const all = [0, 1, 2, 3].map((host) => `add a 10.1.2.${host}`);
  expect([first, last]).toEqual([all, all]);
});

test("a netmask goes on by networks", () => {
  const rows = [2, 3, 4].map((net) => `add a 10.1.${net}.0`);
  expect(saved("create a hash:ip netmask 24\nadd a 10.1.2.3-10.1.4.9\n")).toEqual(rows);
});

test("a mask of all ones is not shown", () => {
  const ns = new NetNamespace(new World(1), "n");
  ipsetCommand(ns, ["create", "a", "hash:ip", "netmask", "32"]);
  ipsetCommand(ns, ["create", "b", "hash:ip,port", "bitmask", "255.255.255.255"]);
  expect(ipsetCommand(ns, ["save"]).stdout).not.toMatch(/netmask|bitmask/);
});
