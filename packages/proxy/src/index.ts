export { featuresOf, otherLayout, PROVEN_MINORS, provenMinor } from "./version/features.ts";
export type { FeatureName, FeatureRow, Features } from "./version/features.ts";
export { FEATURE_ROWS } from "./version/feature-rows.ts";
export { JUMP_ROWS, jumpArgs, jumpsOf } from "./version/jump-rows.ts";
export type { JumpRow, ProxyTable } from "./version/jump-rows.ts";
export { endpointHash, portProtoHash } from "./chains/hash.ts";
export { endpointChain, serviceChains } from "./chains/names.ts";
export type { ServiceChains } from "./chains/names.ts";
export { endpointText, servicePortKey } from "./model/input.ts";
export type {
  EmissionPin,
  NodeFacts,
  ProxyEndpoint,
  ProxyInput,
  ServicePort,
  ServiceProtocol,
  TrafficPolicy,
} from "./model/input.ts";
export type { RuleOrigin } from "./model/origin.ts";
export { ProxyRefusal } from "./model/refusal.ts";
export { renderIptables, renderTables } from "./render/render-iptables.ts";
export type { RenderedIptables, RenderedTables } from "./render/render-iptables.ts";
export type { RenderedRule, RenderedTable, RestoreText } from "./render/rule-table.ts";
export { restoreText } from "./render/rule-table.ts";
export { conntrackCleanup } from "./sync/conntrack.ts";
export type { ConntrackCleanup } from "./sync/conntrack.ts";
export { servicePortsFromKube } from "./sync/from-kube.ts";
export type { KubeEndpoints, KubeEndpointSlice, KubeObjects, KubeService } from "./sync/from-kube.ts";
export { KubeProxy } from "./sync/kube-proxy.ts";
export type { KubeProxyOptions } from "./sync/kube-proxy.ts";
export { canaryChains, ensureJumps, startupSysctls } from "./sync/node-setup.ts";
export type { Ensure, EnsureChain, EnsureRule } from "./sync/node-setup.ts";
export { NOTHING_APPLIED, planRestore } from "./sync/restore-plan.ts";
export type { AppliedTables, RestorePlan } from "./sync/restore-plan.ts";
export type { ServiceSource } from "./sync/service-source.ts";
export { StoreServiceSource } from "./sync/store-source.ts";
