// What bridges hear of their ports' devices (net/bridge/br.c: br_device_event).

import type { DeviceEvent } from "../dev/device-table.ts";
import type { NetDevice } from "../dev/net-device.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import { brFdbChangeaddr } from "./br-fdb.ts";
import { brDelIf, brMtuAutoAdjust } from "./br-if.ts";
import { brStpDisablePort, brStpEnablePort, brStpRecalculateBridgeId } from "./br-stp.ts";
import type { BridgePort } from "./bridge-port.ts";
import { BR_STATE_DISABLED } from "./bridge-port.ts";

/** br_port_carrier_check: a port without carrier is disabled, one that has it back forwards. */
function brPortCarrierCheck(p: BridgePort): void {
  if (!p.bridge.dev.up) return;
  if (p.dev.operational) brStpEnablePort(p);
  else if (p.state !== BR_STATE_DISABLED) brStpDisablePort(p);
}

function brChangeaddr(p: BridgePort): void {
  brFdbChangeaddr(p);
  brStpRecalculateBridgeId(p.bridge);
}

const PORT_EVENTS: Readonly<Partial<Record<DeviceEvent, (p: BridgePort) => void>>> = {
  up: brPortCarrierCheck,
  down: brPortCarrierCheck,
  carrier: brPortCarrierCheck,
  change: (p) => brMtuAutoAdjust(p.bridge),
  "addr-change": brChangeaddr,
  unregister: brDelIf,
};

function brDeviceEvent(event: DeviceEvent, dev: NetDevice): void {
  if (dev.bridgePort !== null) PORT_EVENTS[event]?.(dev.bridgePort);
}

/** Bridges of this namespace begin to follow their ports. */
export function registerBridgeCore(ns: NetNamespace): void {
  ns.devices.subscribe(brDeviceEvent);
}
