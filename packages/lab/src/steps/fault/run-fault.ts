// Faults by kind: what each does to the running cluster, at once.

import type { Cluster } from "../../cluster/cluster.ts";
import type { FaultSpec } from "../../model/fault-spec.ts";
import { runAgentFault } from "./agent.ts";
import { runCrash } from "./crash.ts";
import { runDelete } from "./delete.ts";
import { runHeal, runLinkFault } from "./link.ts";

/** @throws Refusal when the cluster as it stands cannot have this fault */
export type FaultRunner<F extends FaultSpec> = (cluster: Cluster, fault: F) => void;

const RUNNERS: { readonly [K in FaultSpec["kind"]]: FaultRunner<Extract<FaultSpec, { readonly kind: K }>> } = {
  agent: runAgentFault,
  crash: runCrash,
  link: runLinkFault,
  heal: runHeal,
  delete: runDelete,
};

export function runFault(cluster: Cluster, fault: FaultSpec): void {
  const run = RUNNERS[fault.kind] as FaultRunner<FaultSpec>;
  run(cluster, fault);
}
