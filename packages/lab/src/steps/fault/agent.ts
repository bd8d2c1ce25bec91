// An agent dies, starts anew, or becomes hard of hearing.

import type { Cluster } from "../../cluster/cluster.ts";
import type { AgentFault } from "../../model/fault-spec.ts";

export function runAgentFault(cluster: Cluster, fault: AgentFault): void {
  const { agents } = cluster;
  if (fault.do === "kill") agents.kill(fault.node, fault.agent);
  else if (fault.do === "start") agents.start(fault.node, fault.agent);
  else agents.delay(`${fault.node}/${fault.agent}`, fault.by);
}
