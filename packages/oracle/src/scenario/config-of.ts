// What a run left behind in a namespace.

import { dumpRoutes } from "@kubehop/netstack";
import type { NetNamespace } from "@kubehop/netstack";
import { withProbability } from "./pins.ts";

/** Rules and routes of a namespace as text; random rules as sure ones. */
export function configOf(ns: NetNamespace): string {
  const rules = (["nft", "legacy"] as const).map((name) =>
    ns.xt.uses(name) ? ns.xt.backend(name).save({ counters: false }) : "",
  );
  const routes = dumpRoutes(ns).map((row) => JSON.stringify(row));
  const lines = rules
    .join("")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  return [...lines.map(withoutChance), ...routes].sort().join("\n");
}

/** Counters of policies, and what a random rule is set to. */
function withoutChance(line: string): string {
  return withProbability(line.replace(/ \[\d+:\d+\]$/, ""), "1");
}
