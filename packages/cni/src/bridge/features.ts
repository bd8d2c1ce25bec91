// What the bridge plugin does by release (containernetworking/plugins, plugins/main/bridge and pkg/ip), as rows: first release that
// has the feature, and first one without it. Sources: the files at the tags named.

import { atLeast } from "@kubehop/sim";

interface Row {
  readonly first: string;
  /** First release without it. */
  readonly until?: string;
  readonly source: string;
}

export const BRIDGE_FEATURES = {
  /** Container and bridge MAC are 0a:58 + the IPv4 address; later the bridge is given its own first MAC. Both stop it following its ports. */
  macFromAddress: { first: "0.1.0", until: "0.7.0", source: "bridge.go SetHWAddrByIP, removed by commit a124fb36" },
  /** The plugin itself announces the pod's address with a gratuitous ARP request. */
  gratuitousArp: { first: "0.7.0", until: "1.1.0", source: "bridge.go GratuitousArpOverIface" },
  /** Instead, arp_notify is set and the pod's device comes up with its address on it. */
  arpNotify: { first: "1.1.0", source: "bridge.go sysctl arp_notify, ipam_linux.go ConfigureIface, commit 5d073d69" },
  /** Both veth ends are made in the pod and one moves out: eth0 has index 3. */
  vethMadeInPod: { first: "0.1.0", until: "1.0.0", source: "pkg/ip/link_linux.go, commit a49f9081" },
  /** With ipMasq only the pod's own address enters its chain; before, all of its network did. */
  masqueradePerPod: { first: "0.8.0", source: "pkg/ip/ipmasq_linux.go SetupIPMasq" },
} as const satisfies Record<string, Row>;

export type BridgeFeature = keyof typeof BRIDGE_FEATURES;

export function bridgeHas(feature: BridgeFeature, version: string): boolean {
  const row: Row = BRIDGE_FEATURES[feature];
  return atLeast(version, row.first) && (row.until === undefined || !atLeast(version, row.until));
}
