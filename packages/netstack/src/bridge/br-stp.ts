// Port states without the spanning tree protocol, the bridge's carrier, and its id (net/bridge/br_stp.c, br_stp_if.c).

import type { Mac } from "../addr/mac.ts";
import { MAC_ZERO } from "../addr/mac.ts";
import { carrierChanged, changeMac } from "../dev/link.ts";
import { brFdbChangeMacAddress, brFdbDeleteByPort } from "./br-fdb.ts";
import type { Bridge } from "./bridge.ts";
import type { BridgePort } from "./bridge-port.ts";
import { BR_STATE_DISABLED, BR_STATE_FORWARDING } from "./bridge-port.ts";

/** br_port_state_selection: the bridge has a carrier while a port forwards. */
export function brPortStateSelection(br: Bridge): void {
  const live = br.ports.some((p) => p.state === BR_STATE_FORWARDING);
  br.carrierDecided = true;
  if (br.carrier === live) return;
  br.carrier = live;
  carrierChanged(br.dev);
}

/** br_stp_enable_port: without STP a port forwards at once. */
export function brStpEnablePort(p: BridgePort): void {
  if (p.state !== BR_STATE_DISABLED) return;
  p.state = BR_STATE_FORWARDING;
  brPortStateSelection(p.bridge);
}

/** br_stp_disable_port: what was learned there is forgotten, static and local rows stay. */
export function brStpDisablePort(p: BridgePort): void {
  p.state = BR_STATE_DISABLED;
  brFdbDeleteByPort(p.bridge, p, false);
  brPortStateSelection(p.bridge);
}

export function brStpEnableBridge(br: Bridge): void {
  for (const p of br.ports) if (p.dev.operational) brStpEnablePort(p);
}

export function brStpDisableBridge(br: Bridge): void {
  for (const p of br.ports) if (p.state !== BR_STATE_DISABLED) brStpDisablePort(p);
}

/** br_stp_change_bridge_id: the bridge takes this address. On the way it looks at its ports: without one it has no carrier now. */
export function brStpChangeBridgeId(br: Bridge, addr: Mac): void {
  brFdbChangeMacAddress(br, addr);
  br.idAddr = addr;
  changeMac(br.dev, addr);
  brPortStateSelection(br);
}

/** br_stp_recalculate_bridge_id: unless a person chose it, the address is the lowest of the ports, zero without ports. */
export function brStpRecalculateBridgeId(br: Bridge): void {
  if (br.dev.addrPinned) return;
  let addr: Mac = MAC_ZERO;
  for (const p of br.ports) if (addr === MAC_ZERO || p.dev.addr < addr) addr = p.dev.addr;
  if (br.idAddr !== addr) brStpChangeBridgeId(br, addr);
}
