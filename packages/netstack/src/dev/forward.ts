// May a frame be handed on by this device? (net/core/dev.c: is_skb_forwardable)

import { ETH_HLEN } from "../wire/ethernet.ts";
import { VLAN_HLEN } from "./eth.ts";
import type { NetDevice } from "./net-device.ts";

/** The device is up and the frame, `len` bytes with its link header, fits the MTU with room for one VLAN tag. */
export function isSkbForwardable(dev: NetDevice, len: number): boolean {
  return dev.up && len <= dev.mtu + ETH_HLEN + VLAN_HLEN;
}
