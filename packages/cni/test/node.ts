// A node for tests.

import { applyBatch, KERNEL_FLAVOURS, NetNamespace, World } from "@kubehop/netstack";
import type { ConfigOp, KernelVersion } from "@kubehop/netstack";

export function must(ns: NetNamespace, ...ops: ConfigOp[]): void {
  const error = applyBatch(ns, { agent: "test", ops });
  if (error !== null) throw new Error(`${ns.name}: ${error.message}`);
}

/** A node with a card eth0 on the underlay, e.g. `192.168.0.1/24`. */
export function node(world: World, name: string, address: string, kernel: KernelVersion = "6.18"): NetNamespace {
  const ns = new NetNamespace(world, name, KERNEL_FLAVOURS[kernel]);
  must(
    ns,
    { op: "link-set", dev: "lo", up: true },
    { op: "link-add", name: "eth0", link: { type: "nic", segment: "underlay" } },
    { op: "addr-add", dev: "eth0", local: address },
    { op: "link-set", dev: "eth0", up: true },
  );
  return ns;
}

/** Rules of one table without the built-in chains' policies, as `iptables -S` has them. */
export function rules(ns: NetNamespace, table: string): string[] {
  const { stdout } = ns.xt.backend().command(["-t", table, "-S"]);
  return stdout
    .trim()
    .split("\n")
    .filter((line) => !line.startsWith("-P "));
}
