// One way from a plugin to a namespace: its config door. A refused operation is the plugin's failure.

import type { ConfigOp, Door } from "@kubehop/netstack";
import { CniError } from "./cni-plugin.ts";

/** @throws CniError with the tool's own words. */
export function applyOps(door: Door, agent: string, ops: readonly ConfigOp[]): void {
  const error = door.apply({ agent, ops });
  if (error !== null) throw new CniError(`${agent}: ${JSON.stringify(ops[error.index])}: ${error.message}`);
}
