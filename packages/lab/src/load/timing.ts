// `timing:` → how late the parts of the control plane are.
import type { ClusterSpec } from "../model/cluster-spec.ts";
import type { TimingSpec } from "../model/scenario.ts";
import { parseDuration } from "../schema/notation.ts";
import type { LoadContext } from "./context.ts";
import { entriesOf } from "./draft.ts";
import { didYouMean } from "@kubehop/kube";

const ENDPOINTS = "endpoints";

/** Of two keys for one agent the one that names its node counts. */
export function buildTiming(context: LoadContext, cluster: ClusterSpec): TimingSpec {
  const nodes = cluster.nodes.map(({ name }) => name);
  const agents: Record<string, number> = {};
  let endpoints = 0;
  for (const [key, written] of entriesOf(context.draft.timing).toSorted(([a], [b]) => depth(a) - depth(b))) {
    const ms = parseDuration(written) ?? 0;
    const named = agentsOf(key, nodes, cluster.agents);
    if (key === ENDPOINTS) endpoints = ms;
    else if (named.length === 0) reportUnknown(context, key, nodes, cluster);
    for (const name of named) agents[name] = ms;
  }
  return { agents, endpoints };
}

function depth(key: string): number {
  return key.split("/").length;
}

/** `kube-proxy`: that of every node. */
function agentsOf(key: string, nodes: readonly string[], agents: readonly string[]): string[] {
  if (agents.includes(key)) return nodes.map((node) => `${node}/${key}`);
  const [node = "", agent = "", ...rest] = key.split("/");
  return rest.length === 0 && nodes.includes(node) && agents.includes(agent) ? [key] : [];
}

function reportUnknown(context: LoadContext, key: string, nodes: readonly string[], { agents }: ClusterSpec): void {
  const known = [ENDPOINTS, ...agents, ...nodes.flatMap((node) => agents.map((agent) => `${node}/${agent}`))];
  context.report(["timing", key], `nothing of the control plane is named ${JSON.stringify(key)}`, {
    code: "unresolved",
    hint: didYouMean(key, known) ?? `write endpoints, ${agents.join(", ")}, or NODE/AGENT`,
    atKey: true,
  });
}
