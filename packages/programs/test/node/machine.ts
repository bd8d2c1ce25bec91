// A node for tests: its namespace, its config door, and rules as iptables-save shows them.

import { applyBatch, KERNEL_FLAVOURS, NetNamespace, openDoor, World } from "@kubehop/netstack";
import type { ConfigOp, KernelVersion } from "@kubehop/netstack";

export { openDoor as doorOf };

export function node(kernel: KernelVersion = "6.18", world = new World(1), name = "node1"): NetNamespace {
  const ns = new NetNamespace(world, name, KERNEL_FLAVOURS[kernel]);
  must(ns, { op: "link-set", dev: "lo", up: true });
  return ns;
}

export function must(ns: NetNamespace, ...ops: ConfigOp[]): void {
  const error = applyBatch(ns, { agent: "test", ops });
  if (error !== null) throw new Error(`${ns.name}: ${error.message}`);
}

/** `-A …` and `-P …` lines of one table, as `iptables -S` has them. */
export function rules(ns: NetNamespace, table: string): string[] {
  return ns.xt.backend().command(["-t", table, "-S"]).stdout.trim().split("\n");
}
