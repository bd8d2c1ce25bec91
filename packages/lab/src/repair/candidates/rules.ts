// Rules that a packet met and that dropped, answered, translated or marked it: gone, passed by, or another policy.

import type { RuleStep } from "../../explain/rule-text.ts";
import type { PacketSummary } from "../../model/outcome.ts";
import { type Candidate, typed } from "../candidate.ts";
import type { Clue, Evidence } from "../evidence.ts";
import { isNode, placeName } from "../places.ts";

/** Targets that decide something, and whether the rule stands in the way of the packet (then it may also be passed by). */
const DECIDES: Readonly<Record<string, { readonly passBy: boolean }>> = {
  DROP: { passBy: true },
  REJECT: { passBy: true },
  MASQUERADE: { passBy: true },
  SNAT: { passBy: true },
  CT: { passBy: true },
  NOTRACK: { passBy: true },
  MARK: { passBy: false },
  RETURN: { passBy: false },
  DNAT: { passBy: false },
  REDIRECT: { passBy: false },
};

export function ruleCandidates(clue: Clue, { cluster }: Evidence): Candidate[] {
  const { step, metIn, packet } = clue;
  if (step.kind !== "rule") return [];
  const place = placeName(cluster, step.ns);
  if (place === undefined) return [];
  const tool = toolOf(step, cluster.plan.cluster.nodes);
  if (step.rule === 0) return policyCandidates(step, place, tool, metIn, isNode(cluster, step.ns));
  const target = / -[jg] (\S+)/.exec(` ${step.text}`)?.[1] ?? "";
  const decides = DECIDES[target] ?? (target === "ACCEPT" && step.table !== "filter" ? { passBy: false } : undefined);
  if (decides === undefined) return [];
  const remove = typed(place, `${tool} -D ${step.chain} ${step.text}`, metIn, {
    touches: "delete",
    family: `without ${place} ${step.chain} ${step.text}`,
  });
  const pass =
    decides.passBy && packet !== undefined
      ? [
          typed(place, `${tool} -I ${step.chain} ${matchOf(packet)} -j ACCEPT`, metIn, {
            touches: "insert",
            family: `past ${place} ${step.table} ${packet.protocol} ${packet.dport}`,
          }),
        ]
      : [];
  return [remove, ...pass];
}

function policyCandidates(
  { chain, verdict }: RuleStep,
  place: string,
  tool: string,
  metIn: number,
  everywhere: boolean,
): Candidate[] {
  if (verdict === "ACCEPT") return [];
  return [typed(place, `${tool} -P ${chain} ACCEPT`, metIn, { touches: "policy", everywhere })];
}

/** `iptables`, of the back end that has the rule, with the table where it is not filter. */
function toolOf({ backend, table, ns }: RuleStep, nodes: Evidence["plan"]["cluster"]["nodes"]): string {
  const usual = nodes.find(({ name }) => name === ns)?.iptables.backend ?? backend;
  const name = usual === backend ? "iptables" : `iptables-${backend}`;
  return table === "filter" ? name : `${name} -t ${table}`;
}

/** What tells packets like this from others: both addresses, and the port that was called. */
function matchOf({ protocol, src, dst, dport }: PacketSummary): string {
  const port = dport === 0 ? "" : ` --dport ${dport}`;
  return `-s ${src} -d ${dst} -p ${protocol}${port}`;
}
