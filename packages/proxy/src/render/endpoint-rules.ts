/** Rules that spread a service port over its endpoints, and the endpoints' own chains (all layouts). */
import { KUBE_MARK_MASQ } from "../chains/names.ts";
import type { PlannedEndpoint, PlannedService, RenderContext } from "./context.ts";
import { comment, host, protocolMatch } from "./words.ts";

/** Comment of a per-endpoint rule with a trailing blank; empty in large clusters. */
function endpointComment(ctx: RenderContext, text: string): string {
  return ctx.largeCluster ? "" : `${comment(text)} `;
}

/** Comment of the rules in SVC and SVL that lead to one endpoint. */
function balancingComment(ctx: RenderContext, service: PlannedService, ep: PlannedEndpoint): string {
  const named = ctx.features.balancingCommentNamesEndpoint;
  return endpointComment(ctx, named ? `${service.title} -> ${ep.text}` : service.title);
}

/** Affinity: a source that xt_recent remembers goes to its endpoint; these rules precede all balancing. */
export function writeAffinityRules(
  ctx: RenderContext,
  service: PlannedService,
  chain: string,
  endpoints: readonly PlannedEndpoint[],
): void {
  const seconds = service.svc.affinitySeconds;
  if (seconds === undefined) return;
  for (const ep of endpoints) {
    const recent = `-m recent --name ${ep.chain} --rcheck --seconds ${seconds} --reap`;
    ctx.nat.append(chain, `${balancingComment(ctx, service, ep)}${recent} -j ${ep.chain}`, service.origin);
  }
}

/** One balancing rule: taken with probability 1/(rules left), the last one always. */
export function writeBalancingRule(
  ctx: RenderContext,
  service: PlannedService,
  chain: string,
  endpoints: readonly PlannedEndpoint[],
  index: number,
  commentText?: string,
): void {
  const ep = endpoints[index];
  if (ep === undefined) return;
  const left = endpoints.length - index;
  const chance = left > 1 ? `-m statistic --mode random --probability ${ctx.probability(left)} ` : "";
  const head = commentText === undefined ? balancingComment(ctx, service, ep) : `${comment(commentText)} `;
  ctx.nat.append(chain, `${head}${chance}-j ${ep.chain}`, service.origin);
}

/** SEP: an endpoint that reaches itself is masqueraded; then affinity is noted and the packet is DNATed. */
export function writeEndpointChain(ctx: RenderContext, service: PlannedService, ep: PlannedEndpoint): void {
  const head = endpointComment(ctx, service.title);
  ctx.nat.append(ep.chain, `${head}-s ${host(ctx, ep.ip)} -j ${KUBE_MARK_MASQ}`, service.origin);
  const note = service.svc.affinitySeconds === undefined ? "" : `-m recent --name ${ep.chain} --set `;
  const dnat = `${protocolMatch(service.svc)} -j DNAT --to-destination ${ep.text}`;
  ctx.nat.append(ep.chain, `${head}${note}${dnat}`, service.origin);
}
