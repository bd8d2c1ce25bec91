// Pod wiring and cluster routing: bridge + host-local, and flannel.

export type { AddResult, CniPlugin, PodSandbox, SandboxPins } from "./plugin/cni-plugin.ts";
export { CniError } from "./plugin/cni-plugin.ts";
export { HostLocal } from "./ipam/host-local.ts";
export { BridgePlugin, type BridgeOptions } from "./bridge/bridge-plugin.ts";
export { BRIDGE_FEATURES, type BridgeFeature, bridgeHas } from "./bridge/features.ts";
export { masqueradeChain } from "./bridge/ip-masq.ts";
export { macOfAddress, randomMac } from "./bridge/mac.ts";
export { Flanneld, FlannelError, type FlannelOptions, VXLAN_OVERHEAD } from "./flannel/flanneld.ts";
export { type Lease, leaseOf } from "./flannel/lease.ts";
export { type FlannelRule, flannelRules } from "./flannel/rules.ts";
