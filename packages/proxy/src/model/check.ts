/**
 * Checks the input of a renderer once, before any rule is written: whatever the release cannot express or the
 * renderer does not model is refused with the object and field that ask for it.
 */
import type { Features } from "../version/features.ts";
import type { NodeFacts, ProxyInput, ServicePort } from "./input.ts";
import { ipv4Value, isIpv4Cidr } from "./ipv4.ts";
import { ProxyRefusal } from "./refusal.ts";

/** @throws ProxyRefusal for the first thing that is not supported */
export function checkInput(input: ProxyInput, features: Features): void {
  checkNode(input.node, features, input.version);
  for (const svc of input.services) checkService(svc, features, input.version);
}

function checkNode(node: NodeFacts, features: Features, version: string): void {
  const subject = `kube-proxy on ${node.name}`;
  if (node.clusterCIDR !== undefined) requireCidr(subject, "clusterCIDR", node.clusterCIDR);
  if (!features.nodePortAddresses && (node.nodePortAddresses ?? []).length > 0) {
    throw new ProxyRefusal(subject, "nodePortAddresses", `kube-proxy ${version} has no such option`);
  }
  if (!features.localhostNodePortsFlag && node.localhostNodePorts === false) {
    throw new ProxyRefusal(subject, "localhostNodePorts", `kube-proxy ${version} has no such option`);
  }
  for (const cidr of node.nodePortAddresses ?? []) requireCidr(subject, "nodePortAddresses", cidr);
  const bit = node.masqueradeBit ?? 14;
  if (!Number.isInteger(bit) || bit < 0 || bit > 31) {
    throw new ProxyRefusal(subject, "masqueradeBit", `${bit} is not between 0 and 31`);
  }
}

function checkService(svc: ServicePort, features: Features, version: string): void {
  const subject = `Service ${svc.namespace}/${svc.name}`;
  requireIpv4(subject, "clusterIP", svc.clusterIP);
  for (const ip of svc.externalIPs ?? []) requireIpv4(subject, "externalIPs", ip);
  for (const ip of svc.loadBalancerIPs ?? []) requireIpv4(subject, "loadBalancer.ingress", ip);
  for (const range of svc.loadBalancerSourceRanges ?? []) requireCidr(subject, "loadBalancerSourceRanges", range);
  for (const ep of svc.endpoints) requireIpv4(subject, "endpoints", ep.ip);
  if (svc.protocol === "sctp" && !features.sctp) {
    throw new ProxyRefusal(subject, "protocol", `kube-proxy ${version} does not know SCTP`);
  }
  if (svc.internalTrafficPolicy === "Local" && !features.internalTrafficPolicy) {
    throw new ProxyRefusal(subject, "internalTrafficPolicy", `kube-proxy ${version} does not know Local`);
  }
}

function requireIpv4(subject: string, field: string, text: string): void {
  if (ipv4Value(text) !== undefined) return;
  const family = text.includes(":") ? "IPv6 is not modelled" : "no IPv4 address";
  throw new ProxyRefusal(subject, field, `${text}: ${family}`);
}

function requireCidr(subject: string, field: string, text: string): void {
  if (isIpv4Cidr(text)) return;
  const family = text.includes(":") ? "IPv6 is not modelled" : "no IPv4 range in CIDR form";
  throw new ProxyRefusal(subject, field, `${text}: ${family}`);
}
