/**
 * Rules of one service port in the layout with KUBE-EXT and KUBE-SVL (1.24+; proven here: 1.28).
 * Twin: the per-service loop of `syncProxyRules` in `pkg/proxy/iptables/proxier.go`.
 */
import {
  KUBE_EXTERNAL_SERVICES,
  KUBE_MARK_MASQ,
  KUBE_NODEPORTS,
  KUBE_PROXY_FIREWALL,
  KUBE_SERVICES,
} from "../chains/names.ts";
import {
  externalLocal,
  externallyAccessible,
  internalLocal,
  usesClusterEndpoints,
  usesLocalEndpoints,
} from "../endpoints/categorize.ts";
import { ipv4InCidr } from "../model/ipv4.ts";
import type { PlannedEndpoint, PlannedService, RenderContext } from "./context.ts";
import { writeAffinityRules, writeBalancingRule, writeEndpointChain } from "./endpoint-rules.ts";
import { addressMatch, comment, host, nodePortMatch } from "./words.ts";

/** What the traffic policies leave of a service port on this node. */
interface Decision {
  readonly hasInternal: boolean;
  readonly hasExternal: boolean;
  readonly internalChain: string;
  readonly externalPolicyChain: string;
  readonly usesExternalChain: boolean;
  readonly usesFirewallChain: boolean;
  /** Filter target and comment where nothing is left: REJECT without any endpoint, DROP where a policy says so. */
  readonly verdict: { readonly target: string; readonly comment: string };
}

function decide(service: PlannedService): Decision {
  const { chains, svc, title, usable } = service;
  const hasLocal = usable.local.length > 0;
  const balanced = (svc.loadBalancerIPs ?? []).length > 0;
  const ranged = (svc.loadBalancerSourceRanges ?? []).length > 0;
  return {
    hasInternal: usable.any && (!internalLocal(svc) || hasLocal),
    hasExternal: usable.any && (!externalLocal(svc) || hasLocal),
    internalChain: internalLocal(svc) ? chains.local : chains.service,
    externalPolicyChain: externalLocal(svc) ? chains.local : chains.service,
    usesExternalChain: usable.any && externallyAccessible(svc),
    usesFirewallChain: usable.any && balanced && ranged,
    verdict: usable.any
      ? { target: "DROP", comment: comment(`${title} has no local endpoints`) }
      : { target: "REJECT", comment: comment(`${title} has no endpoints`) },
  };
}

export function renderExtService(ctx: RenderContext, service: PlannedService): void {
  const decision = decide(service);
  captureClusterIp(ctx, service, decision);
  for (const ip of service.svc.externalIPs ?? []) captureExternalIp(ctx, service, decision, ip);
  captureLoadBalancer(ctx, service, decision);
  captureNodePort(ctx, service, decision);
  acceptHealthChecks(ctx, service);
  if (decision.hasInternal) markInternal(ctx, service, decision);
  if (decision.usesExternalChain) writeExternalChain(ctx, service, decision);
  if (decision.usesFirewallChain) writeFirewallChain(ctx, service);
  writePolicyChains(ctx, service);
  for (const ep of service.usable.reachable) {
    ctx.nat.declare(ep.chain);
    writeEndpointChain(ctx, service, ep);
  }
}

function captureClusterIp(ctx: RenderContext, service: PlannedService, decision: Decision): void {
  const match = addressMatch(ctx, service.svc, service.svc.clusterIP);
  if (decision.hasInternal) {
    const head = comment(`${service.title} cluster IP`);
    ctx.nat.append(KUBE_SERVICES, `${head} ${match} -j ${decision.internalChain}`, service.origin);
  } else {
    refuseAddress(ctx, service, decision, KUBE_SERVICES, match);
  }
}

function captureExternalIp(ctx: RenderContext, service: PlannedService, decision: Decision, ip: string): void {
  const match = addressMatch(ctx, service.svc, ip);
  if (service.usable.any) {
    const head = comment(`${service.title} external IP`);
    ctx.nat.append(KUBE_SERVICES, `${head} ${match} -j ${service.chains.external}`, service.origin);
  }
  if (!decision.hasExternal) refuseAddress(ctx, service, decision, KUBE_EXTERNAL_SERVICES, match);
}

/** Load balancer IPs: to EXT, or first to FW; what FW lets fall is dropped undnatted in KUBE-PROXY-FIREWALL. */
function captureLoadBalancer(ctx: RenderContext, service: PlannedService, decision: Decision): void {
  const { chains, svc, title } = service;
  const target = decision.usesFirewallChain ? chains.firewall : chains.external;
  const ips = svc.loadBalancerIPs ?? [];
  for (const ip of ips) {
    const match = addressMatch(ctx, svc, ip);
    if (service.usable.any) {
      ctx.nat.append(KUBE_SERVICES, `${comment(`${title} loadbalancer IP`)} ${match} -j ${target}`, service.origin);
    }
    if (decision.usesFirewallChain) {
      const head = comment(`${title} traffic not accepted by ${chains.firewall}`);
      ctx.filter.append(KUBE_PROXY_FIREWALL, `${head} ${match} -j DROP`, service.origin);
    }
  }
  if (decision.hasExternal) return;
  for (const ip of ips) {
    refuseAddress(ctx, service, decision, KUBE_EXTERNAL_SERVICES, addressMatch(ctx, svc, ip));
  }
}

function captureNodePort(ctx: RenderContext, service: PlannedService, decision: Decision): void {
  const nodePort = service.svc.nodePort ?? 0;
  if (nodePort === 0) return;
  const match = nodePortMatch(service.svc, nodePort);
  if (service.usable.any) {
    const words = `${comment(service.title)} ${match} -j ${service.chains.external}`;
    ctx.nat.append(KUBE_NODEPORTS, words, service.origin);
  }
  if (!decision.hasExternal) {
    refuseAddress(ctx, service, decision, KUBE_EXTERNAL_SERVICES, `-m addrtype --dst-type LOCAL ${match}`);
  }
}

/** The health check port answers with or without local endpoints (with 503 then), so it is always let in. */
function acceptHealthChecks(ctx: RenderContext, service: PlannedService): void {
  const port = service.svc.healthCheckNodePort ?? 0;
  if (port === 0 || !ctx.features.healthCheckAccept) return;
  const head = comment(`${service.title} health check node port`);
  ctx.filter.append(KUBE_NODEPORTS, `${head} -m tcp -p tcp --dport ${port} -j ACCEPT`, service.origin);
}

function refuseAddress(
  ctx: RenderContext,
  service: PlannedService,
  decision: Decision,
  chain: string,
  match: string,
): void {
  const { comment: head, target } = decision.verdict;
  ctx.filter.append(chain, `${head} ${match} -j ${target}`, service.origin);
}

/** First rule of the internal chain: what comes to the cluster IP from outside the pods is masqueraded. */
function markInternal(ctx: RenderContext, service: PlannedService, decision: Decision): void {
  const cidr = ctx.node.clusterCIDR;
  if (ctx.node.masqueradeAll !== true && cidr === undefined) return;
  const match = addressMatch(ctx, service.svc, service.svc.clusterIP);
  const outside = ctx.node.masqueradeAll === true ? "" : ` ! -s ${cidr}`;
  const words = `${comment(`${service.title} cluster IP`)} ${match}${outside} -j ${KUBE_MARK_MASQ}`;
  ctx.nat.append(decision.internalChain, words, service.origin);
}

function writeExternalChain(ctx: RenderContext, service: PlannedService, decision: Decision): void {
  const { chains, origin, title } = service;
  ctx.nat.declare(chains.external);
  if (externalLocal(service.svc)) writeShortCircuit(ctx, service);
  else {
    const head = comment(`masquerade traffic for ${title} external destinations`);
    ctx.nat.append(chains.external, `${head} -j ${KUBE_MARK_MASQ}`, origin);
  }
  if (decision.hasExternal) ctx.nat.append(chains.external, `-j ${decision.externalPolicyChain}`, origin);
}

/** Policy Local: pods and the node itself still reach every endpoint, the node masqueraded. */
function writeShortCircuit(ctx: RenderContext, service: PlannedService): void {
  const { chains, origin, title } = service;
  const cidr = ctx.node.clusterCIDR;
  const fromNode = "-m addrtype --src-type LOCAL";
  if (cidr !== undefined) {
    const head = comment(`pod traffic for ${title} external destinations`);
    ctx.nat.append(chains.external, `${head} -s ${cidr} -j ${chains.service}`, origin);
  }
  const masquerade = comment(`masquerade LOCAL traffic for ${title} external destinations`);
  ctx.nat.append(chains.external, `${masquerade} ${fromNode} -j ${KUBE_MARK_MASQ}`, origin);
  const route = comment(`route LOCAL traffic for ${title} external destinations`);
  ctx.nat.append(chains.external, `${route} ${fromNode} -j ${chains.service}`, origin);
}

function writeFirewallChain(ctx: RenderContext, service: PlannedService): void {
  const { chains, origin, svc, title } = service;
  ctx.nat.declare(chains.firewall);
  const head = comment(`${title} loadbalancer IP`);
  const ranges = svc.loadBalancerSourceRanges ?? [];
  const sources = ranges.slice();
  // A node inside a range reaches the address over itself, with the address as its source.
  const nodeIP = ctx.node.nodeIP ?? "127.0.0.1";
  if (ranges.some((range) => ipv4InCidr(nodeIP, range))) {
    sources.push(...(svc.loadBalancerIPs ?? []).map((ip) => host(ctx, ip)));
  }
  for (const source of sources) {
    ctx.nat.append(chains.firewall, `${head} -s ${source} -j ${chains.external}`, origin);
  }
  // No target: the rule only tells a reader what happens to the rest.
  ctx.nat.append(
    chains.firewall,
    comment(`other traffic to ${title} will be dropped by ${KUBE_PROXY_FIREWALL}`),
    origin,
  );
}

function writePolicyChains(ctx: RenderContext, service: PlannedService): void {
  const { chains, svc, usable } = service;
  if (usable.cluster.length > 0 && usesClusterEndpoints(svc)) {
    writePolicyChain(ctx, service, chains.service, usable.cluster);
  }
  if (usable.local.length > 0 && usesLocalEndpoints(svc)) {
    writePolicyChain(ctx, service, chains.local, usable.local);
  }
}

function writePolicyChain(
  ctx: RenderContext,
  service: PlannedService,
  chain: string,
  endpoints: readonly PlannedEndpoint[],
): void {
  ctx.nat.declare(chain);
  writeAffinityRules(ctx, service, chain, endpoints);
  for (const index of endpoints.keys()) writeBalancingRule(ctx, service, chain, endpoints, index);
}
