// A port of a bridge (struct net_bridge_port, net/bridge/br_private.h).

import type { NetDevice } from "../dev/net-device.ts";
import type { Bridge } from "./bridge.ts";

/** BR_STATE_*, include/uapi/linux/if_bridge.h. Without STP a port is disabled or forwarding. */
export const BR_STATE_DISABLED = 0;
export const BR_STATE_FORWARDING = 3;
export const BR_STATE_NAMES = ["disabled", "listening", "learning", "forwarding", "blocking"] as const;

export class BridgePort {
  readonly bridge: Bridge;
  readonly dev: NetDevice;
  /** 1-based, the lowest free when the port was added. */
  readonly portNo: number;
  readonly priority = 32;
  /** STP path cost from the device's speed. */
  readonly pathCost: number;
  state: number = BR_STATE_DISABLED;
  /** Frames may leave by the port they came in by. */
  hairpin = false;
  /** No frames between two isolated ports. */
  isolated = false;
  learning = true;
  /** Unknown unicast, multicast, broadcast is flooded to this port. */
  flood = true;
  mcastFlood = true;
  bcastFlood = true;

  constructor(bridge: Bridge, dev: NetDevice, portNo: number, pathCost: number) {
    this.bridge = bridge;
    this.dev = dev;
    this.portNo = portNo;
    this.pathCost = pathCost;
  }

  /** Port id of STP: priority and number. */
  get portId(): number {
    return (this.priority << 10) | this.portNo;
  }
}
