// Forcing a random endpoint choice: a rule with a random match is taken if the chain it jumps to leads to a DNAT to the wanted
// address, and passed over otherwise. The rules themselves stay as kube-proxy wrote them.

import type { NetNamespace } from "@kubehop/netstack";

/** Undefined: choices are random again. */
export function pinEndpointChoice(ns: NetNamespace, podIP: string | undefined): void {
  if (podIP === undefined) {
    ns.xt.pick = null;
    return;
  }
  ns.xt.pick = (rule, { table }) => (rule.chainName === "" ? undefined : leadsTo(ns, table, rule.chainName, podIP));
}

function leadsTo(ns: NetNamespace, table: string, chain: string, podIP: string): boolean {
  const listed = ns.xt.backend().command(["-t", table, "-S", chain]);
  return listed.stdout
    .split("\n")
    .some((line) => line.includes(`--to-destination ${podIP}:`) || line.endsWith(`--to-destination ${podIP}`));
}
