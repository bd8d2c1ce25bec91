/**
 * The feature table. `source` names the pull request or the release whose `pkg/proxy/iptables/proxier.go` (or
 * article dump) shows the row; 9 is the oldest release looked at, so `first: 9` means "1.9 or earlier".
 */
import type { FeatureRow } from "./features.ts";

const dump = "proxier.go of 1.9.0, 1.10.0, 1.28";

export const FEATURE_ROWS: readonly FeatureRow[] = [
  {
    feature: "externalRejectChain",
    value: "KUBE-SERVICES",
    first: 9,
    last: 9,
    source: "1.9.0; late 1.9 patches have #56164",
  },
  { feature: "externalRejectChain", value: "KUBE-EXTERNAL-SERVICES", first: 10, source: "#56164" },

  { feature: "natRulesWithoutEndpoints", value: true, first: 9, last: 9, source: "1.9.0" },
  { feature: "natRulesWithoutEndpoints", value: false, first: 10, source: "1.10.0" },

  { feature: "externalChains", value: "XLB", first: 9, last: 23, source: dump },
  { feature: "externalChains", value: "EXT", first: 24, source: "1.24.3" },

  { feature: "localNodePortLoopbackMasq", value: false, first: 9, last: 9, source: "1.9.0" },
  { feature: "localNodePortLoopbackMasq", value: true, first: 10, last: 23, source: "1.10.0" },
  { feature: "localNodePortLoopbackMasq", value: false, first: 24, source: "1.24.3: KUBE-EXT does it" },

  { feature: "forwardDropsInvalid", value: false, first: 9, last: 13, source: "1.13" },
  { feature: "forwardDropsInvalid", value: true, first: 14, source: "#74840; since 1.29 only if tcp_be_liberal is 0" },

  { feature: "forwardConntrack", value: "by-cluster-cidr", first: 9, last: 17, source: "1.17" },
  { feature: "forwardConntrack", value: "any", first: 23, source: "1.23" },

  { feature: "postroutingClearsMark", value: false, first: 9, last: 18, source: "1.18.2" },
  { feature: "postroutingClearsMark", value: true, first: 19, source: "#92035" },

  { feature: "masqueradeRandomFully", value: false, first: 9, last: 15, source: "1.14" },
  { feature: "masqueradeRandomFully", value: true, first: 16, source: "#78547" },

  { feature: "markOption", value: "--set-xmark", first: 9, last: 18, source: "1.18.2" },
  { feature: "markOption", value: "--or-mark", first: 19, source: "#92035" },

  { feature: "probabilityDigits", value: 5, first: 9, last: 16, source: "1.16" },
  { feature: "probabilityDigits", value: 10, first: 17, source: "1.17" },

  { feature: "unnamedPortColon", value: true, first: 9, last: 18, source: "articles of 1.9 and 1.10" },
  { feature: "unnamedPortColon", value: false, first: 19, source: "commit 341022f8d1" },

  { feature: "hostPrefixLength", value: true, first: 9, last: 22, source: "1.22" },
  { feature: "hostPrefixLength", value: false, first: 23, source: "1.23" },

  { feature: "balancingCommentNamesEndpoint", value: false, first: 9, last: 23, source: "1.23" },
  { feature: "balancingCommentNamesEndpoint", value: true, first: 24, source: "1.24.3" },

  { feature: "commentEndpointLimit", value: 0, first: 9, last: 11, source: "1.11" },
  { feature: "commentEndpointLimit", value: 1000, first: 12, source: "1.12" },

  {
    feature: "endpointOrder",
    value: "address",
    first: 9,
    last: 18,
    source: "Endpoints are stored repacked, addresses sorted",
  },
  { feature: "endpointOrder", value: "text", first: 19, source: "EndpointSlice cache, default since 1.19" },

  { feature: "writesKubeletFirewall", value: false, first: 9, last: 26, source: "1.26.0" },
  { feature: "writesKubeletFirewall", value: true, first: 27, source: "1.27.1" },

  { feature: "proxyFirewallChain", value: false, first: 9, last: 24, source: "1.24.3" },
  { feature: "proxyFirewallChain", value: true, first: 25, source: "1.25.1" },

  { feature: "healthCheckAccept", value: false, first: 9, last: 20, source: "1.20" },
  { feature: "healthCheckAccept", value: true, first: 21, source: "1.21.1" },

  { feature: "canary", value: false, first: 9, last: 16, source: "1.16" },
  { feature: "canary", value: true, first: 17, source: "1.17" },

  { feature: "nodePortAddresses", value: false, first: 9, last: 9, source: "1.9.0" },
  { feature: "nodePortAddresses", value: true, first: 10, source: "1.10.0" },

  { feature: "localhostNodePortsFlag", value: false, first: 9, last: 25, source: "1.25.1" },
  { feature: "localhostNodePortsFlag", value: true, first: 26, source: "1.26.0" },

  { feature: "internalTrafficPolicy", value: false, first: 9, last: 20, source: "1.20" },
  { feature: "internalTrafficPolicy", value: true, first: 21, source: "alpha 1.21, beta 1.22" },

  { feature: "terminatingEndpoints", value: false, first: 9, last: 21, source: "1.21" },
  { feature: "terminatingEndpoints", value: true, first: 22, source: "alpha 1.22, on since 1.26" },

  { feature: "sctp", value: false, first: 9, last: 11, source: "1.11" },
  { feature: "sctp", value: true, first: 12, source: "alpha 1.12" },

  { feature: "conntrackCleanup", value: "cluster-ip", first: 9, last: 13, source: "1.10.0" },
  { feature: "conntrackCleanup", value: "all-addresses", first: 14, source: "#73323, #75265, #71573" },

  { feature: "minSyncPeriodMs", value: 0, first: 9, last: 10, source: "kubeadm 1.10 configuration: minSyncPeriod 0s" },
  { feature: "minSyncPeriodMs", value: 1000, first: 28, source: "1.28 defaults" },

  { feature: "nodePortConntrack", value: "on-open", first: 9, last: 20, source: "1.10.0" },
  { feature: "nodePortConntrack", value: "after-rules", first: 21, source: "#98305" },
];
