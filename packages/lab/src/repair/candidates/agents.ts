// Agents that are dead, or whose rows are gone: started anew, they write what they hold to be right.

import type { AgentName } from "../../model/cluster-spec.ts";
import type { Candidate } from "../candidate.ts";
import type { Evidence } from "../evidence.ts";
import { isNode } from "../places.ts";
import { putBackAt, wayOf } from "./put-back.ts";

/** Those that look at all of their own rows when they start. */
const LOOKS_AT_ITS_ROWS: readonly AgentName[] = ["flanneld", "kube-proxy"];

/** Several rows that are gone want the agent that wrote them. */
const SEVERAL = 2;

export function agentCandidates(evidence: Evidence): Candidate[] {
  const { plan, cluster, failing } = evidence;
  if (plan.bare !== undefined) return [];
  const { nodes, agents } = plan.cluster;
  const way = wayOf(evidence).filter((name) => isNode(cluster, name));
  const wanting = new Set(way.filter((name) => putBackAt(name, evidence).length >= SEVERAL));
  return nodes.flatMap(({ name: node }) =>
    agents.flatMap((agent): Candidate[] => {
      const runs = isRunning(`${node}/${agent}`, evidence);
      if (runs && !(wanting.has(node) && LOOKS_AT_ITS_ROWS.includes(agent))) return [];
      const change = { kind: "start", node, agent, runs, metIn: failing.index } as const;
      return [{ change, touches: "agent", family: `start ${node}/${agent}` }];
    }),
  );
}

function isRunning(name: string, { cluster }: Evidence): boolean {
  const last = cluster.events.findLast(({ subject, event }) => subject === name && /^(?:killed|started)$/.test(event));
  return last?.event !== "killed";
}
