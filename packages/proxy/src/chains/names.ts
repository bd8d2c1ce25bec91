/** Names of the chains kube-proxy owns. Twin: the constants of `pkg/proxy/iptables/proxier.go`. */
import { endpointHash, portProtoHash } from "./hash.ts";

export const KUBE_SERVICES = "KUBE-SERVICES";
export const KUBE_EXTERNAL_SERVICES = "KUBE-EXTERNAL-SERVICES";
export const KUBE_NODEPORTS = "KUBE-NODEPORTS";
export const KUBE_POSTROUTING = "KUBE-POSTROUTING";
export const KUBE_MARK_MASQ = "KUBE-MARK-MASQ";
/** Jumped to by releases up to 1.24; its rule, and before 1.20 the chain itself, is kubelet's. */
export const KUBE_MARK_DROP = "KUBE-MARK-DROP";
export const KUBE_FORWARD = "KUBE-FORWARD";
export const KUBE_PROXY_FIREWALL = "KUBE-PROXY-FIREWALL";
/** kubelet's chain, which kube-proxy fills too from 1.27 on. */
export const KUBE_FIREWALL = "KUBE-FIREWALL";
/** Empty chain whose disappearance tells kube-proxy that somebody flushed iptables. */
export const KUBE_PROXY_CANARY = "KUBE-PROXY-CANARY";

/** The chains one service port may own; which of them exist depends on release and policies. */
export interface ServiceChains {
  readonly service: string;
  readonly local: string;
  readonly loadBalancer: string;
  readonly firewall: string;
  readonly external: string;
}

export function serviceChains(printedName: string, protocol: string): ServiceChains {
  const hash = portProtoHash(printedName, protocol);
  return {
    service: `KUBE-SVC-${hash}`,
    local: `KUBE-SVL-${hash}`,
    loadBalancer: `KUBE-XLB-${hash}`,
    firewall: `KUBE-FW-${hash}`,
    external: `KUBE-EXT-${hash}`,
  };
}

export function endpointChain(printedName: string, protocol: string, endpoint: string): string {
  return `KUBE-SEP-${endpointHash(printedName, protocol, endpoint)}`;
}
