// State of a bridge device (struct net_bridge, net/bridge/br_private.h).

import type { Mac } from "../addr/mac.ts";
import { MAC_ZERO } from "../addr/mac.ts";
import type { NetDevice } from "../dev/net-device.ts";
import type { Route } from "../ipv4/route.ts";
import type { Packet } from "../skb/packet.ts";
import type { BridgePort } from "./bridge-port.ts";
import type { FdbEntry } from "./fdb-entry.ts";

/** ageing_time of a new bridge, ms (300 s). */
const AGEING_TIME = 300_000;

export class Bridge {
  readonly dev: NetDevice;
  /** Newest first: the order of flooding. */
  ports: readonly BridgePort[] = [];
  readonly fdb = new Map<number, FdbEntry>();
  /** Virtual ms; 0: learn nothing, flood always. */
  ageingTime = AGEING_TIME;
  /** Ask iptables about bridged frames although the namespace's sysctl says no (needs br_netfilter). */
  nfCallIptables = false;
  /** Kept for dumps: without a querier every group is flooded, snooping or not. */
  mcastSnooping = true;
  /** MAC part of the bridge id: zero until ports or a person gave one. */
  idAddr: Mac = MAC_ZERO;
  /** A new bridge has a carrier; from its first port on, some port must be forwarding. */
  carrier = true;
  /** False until the carrier was decided once: the state is UNKNOWN so long. */
  carrierDecided = false;
  /** What br_netfilter lends to bridged packets as their route, so that IP hooks find one (br_netfilter_rtable_init). */
  fakeRoute: Route | null = null;
  /** Rate limit of warnings: end of the window in virtual ms, lines in it. */
  warnUntil = 0;
  warnings = 0;

  constructor(dev: NetDevice) {
    this.dev = dev;
  }
}

/** The bridge behind a bridge device (netdev_priv); undefined for other devices. */
export function bridgeOf(dev: NetDevice): Bridge | undefined {
  return dev.kind === "bridge" ? (dev.priv as Bridge) : undefined;
}

/** br_drop_fake_rtable: the lent route ends where the packet leaves the bridge. */
export function brDropFakeRtable(br: Bridge, pkt: Packet): void {
  if (pkt.route !== null && pkt.route === br.fakeRoute) pkt.route = null;
}
