// A VXLAN device's configuration and forwarding table (drivers/net/vxlan/vxlan_private.h; RFC 7348).

import type { Ipv4 } from "../addr/ipv4.ts";
import type { Mac } from "../addr/mac.ts";
import type { NetDevice } from "../dev/net-device.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import type { RuleOrigin } from "../rtnl/batch.ts";

/** Outer Ethernet, IPv4, UDP and VXLAN headers: what the device's MTU leaves for them. */
export const VXLAN_HEADROOM = 50;

/** One destination of a table row (struct vxlan_rdst). */
export interface VxlanRdst {
  ip: Ipv4;
  /** UDP port and VNI when they differ from the device's; 0 otherwise. */
  readonly port: number;
  readonly vni: number;
  /** Outgoing device of the outer packet, 0: by route. */
  readonly ifindex: number;
}

/** NUD word of a row: learned rows are reachable and age. */
export type VxlanFdbState = "permanent" | "static" | "reachable";

/** struct vxlan_fdb. */
export interface VxlanFdb {
  readonly mac: Mac;
  /** The first remote first; frames are sent to it last. */
  readonly remotes: VxlanRdst[];
  state: VxlanFdbState;
  /** Who wrote it; null: it was learned. */
  origin: RuleOrigin | null;
  /** Virtual ms. */
  updated: number;
  used: number;
}

export interface VxlanConfig {
  readonly vni: number;
  /** Source address of outer packets; 0: by route. */
  readonly local: Ipv4;
  /** Lower device (bounds the MTU); its ifindex, 0 without. */
  readonly lowerIfindex: number;
  readonly remote: Ipv4;
  readonly dstPort: number;
  learning: boolean;
  readonly udpCsum: boolean;
  /** 0: the default of the namespace. */
  readonly ttl: number;
  readonly df: "unset" | "set" | "inherit";
  /** Seconds. */
  ageing: number;
}

export class Vxlan {
  readonly dev: NetDevice;
  /** The namespace whose sockets and routes carry the tunnel: where the device was made. */
  readonly net: NetNamespace;
  readonly cfg: VxlanConfig;
  readonly fdb = new Map<number, VxlanFdb>();
  /** The tunnel socket is ours while the device is up. */
  bound = false;

  constructor(dev: NetDevice, net: NetNamespace, cfg: VxlanConfig) {
    this.dev = dev;
    this.net = net;
    this.cfg = cfg;
  }
}

/** The VXLAN behind a device; undefined for other devices. */
export function vxlanOf(dev: NetDevice): Vxlan | undefined {
  return dev.kind === "vxlan" ? (dev.priv as Vxlan) : undefined;
}
