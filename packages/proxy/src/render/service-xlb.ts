/**
 * Rules of one service port in the layouts with KUBE-XLB (up to 1.23; proven here: 1.9 and 1.10).
 * Twin: the per-service loop of `syncProxyRules` in `pkg/proxy/iptables/proxier.go` of those releases.
 */
import {
  KUBE_EXTERNAL_SERVICES,
  KUBE_MARK_DROP,
  KUBE_MARK_MASQ,
  KUBE_NODEPORTS,
  KUBE_SERVICES,
} from "../chains/names.ts";
import { externalLocal } from "../endpoints/categorize.ts";
import { ipv4InCidr } from "../model/ipv4.ts";
import type { PlannedService, RenderContext } from "./context.ts";
import { writeAffinityRules, writeBalancingRule, writeEndpointChain } from "./endpoint-rules.ts";
import { addressMatch, comment, host, nodePortMatch } from "./words.ts";

export function renderXlbService(ctx: RenderContext, service: PlannedService): void {
  const { chains, svc, usable } = service;
  const natRules = usable.any || ctx.features.natRulesWithoutEndpoints;
  if (natRules) ctx.nat.declare(chains.service);
  if (externalLocal(svc)) ctx.nat.declare(chains.loadBalancer);
  if (natRules) captureClusterIp(ctx, service);
  // 1.9 writes the cluster IP's REJECT last, later releases first.
  if (!usable.any && !natRules) rejectAddress(ctx, service, KUBE_SERVICES, svc.clusterIP);
  for (const ip of svc.externalIPs ?? []) captureExternalIp(ctx, service, ip, natRules);
  if (natRules) for (const ip of svc.loadBalancerIPs ?? []) captureLoadBalancer(ctx, service, ip);
  captureNodePort(ctx, service, natRules);
  if (!usable.any && natRules) rejectAddress(ctx, service, KUBE_SERVICES, svc.clusterIP);
  if (!usable.any) return;
  writeServiceChain(ctx, service);
  if (externalLocal(svc)) writeLocalChain(ctx, service);
}

/** KUBE-SERVICES: mark what does not come from a pod, then balance. */
function captureClusterIp(ctx: RenderContext, service: PlannedService): void {
  const match = `${comment(`${service.title} cluster IP`)} ${addressMatch(ctx, service.svc, service.svc.clusterIP)}`;
  const cidr = ctx.node.clusterCIDR;
  if (ctx.node.masqueradeAll === true) {
    ctx.nat.append(KUBE_SERVICES, `${match} -j ${KUBE_MARK_MASQ}`, service.origin);
  } else if (cidr !== undefined) {
    ctx.nat.append(KUBE_SERVICES, `${match} ! -s ${cidr} -j ${KUBE_MARK_MASQ}`, service.origin);
  }
  ctx.nat.append(KUBE_SERVICES, `${match} -j ${service.chains.service}`, service.origin);
}

/**
 * External IP: marked always; balanced when it came from off this machine (not through a bridge port, not from a
 * local source) or when the address is a local one.
 */
function captureExternalIp(ctx: RenderContext, service: PlannedService, ip: string, natRules: boolean): void {
  if (natRules) {
    const match = `${comment(`${service.title} external IP`)} ${addressMatch(ctx, service.svc, ip)}`;
    const offMachine = "-m physdev ! --physdev-is-in -m addrtype ! --src-type LOCAL";
    ctx.nat.append(KUBE_SERVICES, `${match} -j ${KUBE_MARK_MASQ}`, service.origin);
    ctx.nat.append(KUBE_SERVICES, `${match} ${offMachine} -j ${service.chains.service}`, service.origin);
    ctx.nat.append(KUBE_SERVICES, `${match} -m addrtype --dst-type LOCAL -j ${service.chains.service}`, service.origin);
  }
  if (!service.usable.any) rejectAddress(ctx, service, ctx.features.externalRejectChain, ip);
}

/** Load balancer IP: through the service's firewall chain, which is filled once per address. */
function captureLoadBalancer(ctx: RenderContext, service: PlannedService, ip: string): void {
  const { chains, svc } = service;
  ctx.nat.declare(chains.firewall);
  const head = comment(`${service.title} loadbalancer IP`);
  ctx.nat.append(KUBE_SERVICES, `${head} ${addressMatch(ctx, svc, ip)} -j ${chains.firewall}`, service.origin);
  const target = externalLocal(svc) ? chains.loadBalancer : chains.service;
  if (!externalLocal(svc)) ctx.nat.append(chains.firewall, `${head} -j ${KUBE_MARK_MASQ}`, service.origin);
  for (const source of acceptedSources(ctx, service, ip)) {
    ctx.nat.append(chains.firewall, `${head} ${source}-j ${target}`, service.origin);
  }
  ctx.nat.append(chains.firewall, `${head} -j ${KUBE_MARK_DROP}`, service.origin);
}

/** Source matches that pass the firewall chain, each with a trailing blank; one empty match when all may pass. */
function acceptedSources(ctx: RenderContext, service: PlannedService, ip: string): readonly string[] {
  const ranges = service.svc.loadBalancerSourceRanges ?? [];
  if (ranges.length === 0) return [""];
  const sources = ranges.map((range) => `-s ${range} `);
  // A node inside a range reaches the address over itself, with the address as its source.
  const nodeIP = ctx.node.nodeIP ?? "127.0.0.1";
  if (ranges.some((range) => ipv4InCidr(nodeIP, range))) sources.push(`-s ${host(ctx, ip)} `);
  return sources;
}

function captureNodePort(ctx: RenderContext, service: PlannedService, natRules: boolean): void {
  const nodePort = service.svc.nodePort ?? 0;
  if (nodePort === 0) return;
  const match = nodePortMatch(service.svc, nodePort);
  if (natRules) writeNodePortRules(ctx, service, `${comment(service.title)} ${match}`);
  if (service.usable.any) return;
  const head = comment(`${service.title} has no endpoints`);
  const words = `${head} -m addrtype --dst-type LOCAL ${match} -j REJECT`;
  ctx.filter.append(ctx.features.externalRejectChain, words, service.origin);
}

function writeNodePortRules(ctx: RenderContext, service: PlannedService, match: string): void {
  const { chains, origin, svc } = service;
  if (!externalLocal(svc)) {
    ctx.nat.append(KUBE_NODEPORTS, `${match} -j ${KUBE_MARK_MASQ}`, origin);
    ctx.nat.append(KUBE_NODEPORTS, `${match} -j ${chains.service}`, origin);
    return;
  }
  if (ctx.features.localNodePortLoopbackMasq) {
    ctx.nat.append(KUBE_NODEPORTS, `${match} -s 127.0.0.0/8 -j ${KUBE_MARK_MASQ}`, origin);
  }
  ctx.nat.append(KUBE_NODEPORTS, `${match} -j ${chains.loadBalancer}`, origin);
}

function rejectAddress(
  ctx: RenderContext,
  service: PlannedService,
  chain: typeof KUBE_SERVICES | typeof KUBE_EXTERNAL_SERVICES,
  ip: string,
): void {
  const head = comment(`${service.title} has no endpoints`);
  ctx.filter.append(chain, `${head} ${addressMatch(ctx, service.svc, ip)} -j REJECT`, service.origin);
}

/** SVC with its SEP chains, written interleaved: balancing rule, then the endpoint it leads to. */
function writeServiceChain(ctx: RenderContext, service: PlannedService): void {
  const endpoints = service.usable.cluster;
  for (const ep of endpoints) ctx.nat.declare(ep.chain);
  writeAffinityRules(ctx, service, service.chains.service, endpoints);
  for (const [index, ep] of endpoints.entries()) {
    writeBalancingRule(ctx, service, service.chains.service, endpoints, index);
    writeEndpointChain(ctx, service, ep);
  }
}

/** XLB: pods go to all endpoints as if they used the cluster IP, everybody else to those of this node only. */
function writeLocalChain(ctx: RenderContext, service: PlannedService): void {
  const chain = service.chains.loadBalancer;
  const cidr = ctx.node.clusterCIDR;
  if (cidr !== undefined) {
    const head = comment("Redirect pods trying to reach external loadbalancer VIP to clusterIP");
    ctx.nat.append(chain, `${head} -s ${cidr} -j ${service.chains.service}`, service.origin);
  }
  const local = service.usable.local;
  if (local.length === 0) {
    ctx.nat.append(chain, `${comment(`${service.title} has no local endpoints`)} -j ${KUBE_MARK_DROP}`, service.origin);
    return;
  }
  writeAffinityRules(ctx, service, chain, local);
  for (const index of local.keys()) {
    writeBalancingRule(ctx, service, chain, local, index, `Balancing rule ${index} for ${service.title}`);
  }
}
