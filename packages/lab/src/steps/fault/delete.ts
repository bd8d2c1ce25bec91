// One row of a table is gone, as if somebody had typed the tool's own delete.

import { applyBatch } from "@kubehop/netstack";
import { Refusal } from "@kubehop/sim";
import type { Cluster } from "../../cluster/cluster.ts";
import type { DeleteFault } from "../../model/fault-spec.ts";
import { addressTexts } from "../address-texts.ts";
import { deleteRowOps } from "./row-ops.ts";

export function runDelete({ places }: Cluster, fault: DeleteFault): void {
  const ns = places.find(fault.in)?.ns;
  if (ns === undefined) throw new Refusal(`there is no place ${fault.in} now`);
  const ops = deleteRowOps(ns, fault.table, fault.columns, addressTexts(places));
  if (typeof ops === "string") throw new Refusal(`at ${fault.in} ${ops}`);
  const error = applyBatch(ns, { agent: "fault", ops });
  if (error !== null) throw new Refusal(`at ${fault.in} the ${fault.table} row stays: ${error.message}`);
}
