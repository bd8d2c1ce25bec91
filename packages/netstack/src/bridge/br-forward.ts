// Out of the bridge by one port or many (net/bridge/br_forward.c).

import { isSkbForwardable } from "../dev/forward.ts";
import { devQueueXmit } from "../dev/xmit.ts";
import {
  NF_INET_FORWARD,
  NF_INET_LOCAL_OUT,
  NF_INET_POST_ROUTING,
  NFPROTO_BRIDGE,
  nfHook,
} from "../netfilter/hooks.ts";
import { kfreeSkb } from "../skb/kfree-skb.ts";
import type { Packet } from "../skb/packet.ts";
import { ETH_HLEN } from "../wire/ethernet.ts";
import type { Bridge } from "./bridge.ts";
import { brDropFakeRtable } from "./bridge.ts";
import type { BridgePort } from "./bridge-port.ts";
import { BR_STATE_FORWARDING } from "./bridge-port.ts";

export const BR_PKT_UNICAST = 0;
export const BR_PKT_MULTICAST = 1;
export const BR_PKT_BROADCAST = 2;
export type BrPktType = 0 | 1 | 2;

/** should_deliver. pkt.dev is the ingress port's device, or the bridge for its own traffic: then hairpin and isolation do not matter. */
function shouldDeliver(p: BridgePort, pkt: Packet): boolean {
  const dev = pkt.dev;
  return (
    (p.hairpin || dev !== p.dev) &&
    p.state === BR_STATE_FORWARDING &&
    !(p.isolated && dev?.bridgePort?.isolated === true)
  );
}

/** br_dev_queue_push_xmit: the link header comes back; what the port cannot carry is dropped without a word. */
export function brDevQueuePushXmit(pkt: Packet): void {
  pkt.push(ETH_HLEN);
  const dev = pkt.dev;
  if (dev === null) throw new Error("bridge transmit without a device");
  if (!isSkbForwardable(dev, pkt.len)) {
    kfreeSkb(
      dev.ns,
      pkt,
      "NOT_SPECIFIED",
      "br_dev_queue_push_xmit",
      `${pkt.len - ETH_HLEN} bytes, MTU of ${dev.name} is ${dev.mtu}`,
    );
    return;
  }
  if (dev.bridgePort !== null) brDropFakeRtable(dev.bridgePort.bridge, pkt);
  devQueueXmit(pkt);
}

/** br_forward_finish. */
export function brForwardFinish(pkt: Packet): void {
  const dev = pkt.dev;
  if (dev === null) throw new Error("bridge forward without a device");
  nfHook(dev.ns, NFPROTO_BRIDGE, NF_INET_POST_ROUTING, pkt, null, dev, brDevQueuePushXmit);
}

/** __br_forward. */
function doForward(to: BridgePort, pkt: Packet, localOrig: boolean): void {
  const indev = pkt.dev;
  pkt.dev = to.dev;
  if (localOrig) nfHook(to.dev.ns, NFPROTO_BRIDGE, NF_INET_LOCAL_OUT, pkt, null, to.dev, brForwardFinish);
  else {
    pkt.forwardCsum();
    nfHook(to.dev.ns, NFPROTO_BRIDGE, NF_INET_FORWARD, pkt, indev, to.dev, brForwardFinish);
  }
}

/** deliver_clone: the copy has its own bridge state, the connection is shared. */
function deliverClone(to: BridgePort, pkt: Packet, localOrig: boolean): void {
  const copy = to.bridge.dev.ns.world.adopt(pkt.copy(), pkt);
  if (copy.nfBridge !== null) copy.nfBridge = copy.nfBridge.clone();
  doForward(to, copy, localOrig);
}

/** br_forward: to one port. With `localRcv` a copy goes out and the packet stays the caller's; else it ends here. */
export function brForward(br: Bridge, to: BridgePort | null, pkt: Packet, localRcv: boolean, localOrig: boolean): void {
  if (to !== null && shouldDeliver(to, pkt)) {
    if (localRcv) deliverClone(to, pkt, localOrig);
    else doForward(to, pkt, localOrig);
    return;
  }
  if (!localRcv) kfreeSkb(br.dev.ns, pkt, "NOT_SPECIFIED", "br_forward", refusal(to, pkt));
}

function refusal(to: BridgePort | null, pkt: Packet): string {
  if (to === null) return "the address is the bridge's own";
  if (to.state !== BR_STATE_FORWARDING) return `port ${to.dev.name} is disabled`;
  if (to.dev === pkt.dev) return `port ${to.dev.name} is where it came from, hairpin is off`;
  return `ports ${pkt.dev?.name ?? ""} and ${to.dev.name} are isolated`;
}

function floods(p: BridgePort, type: BrPktType, localOrig: boolean): boolean {
  if (type === BR_PKT_UNICAST) return p.flood;
  return localOrig || (type === BR_PKT_BROADCAST ? p.bcastFlood : p.mcastFlood);
}

/** br_flood: copies to every port that may have it, newest first; the last takes the packet itself unless `localRcv`. */
export function brFlood(br: Bridge, pkt: Packet, type: BrPktType, localRcv: boolean, localOrig: boolean): void {
  let prev: BridgePort | null = null;
  for (const p of br.ports) {
    if (!floods(p, type, localOrig) || !shouldDeliver(p, pkt)) continue;
    if (prev !== null) deliverClone(prev, pkt, localOrig);
    prev = p;
  }
  if (prev !== null) {
    if (localRcv) deliverClone(prev, pkt, localOrig);
    else doForward(prev, pkt, localOrig);
    return;
  }
  if (!localRcv) kfreeSkb(br.dev.ns, pkt, "NO_TX_TARGET", "br_flood", `no port of ${br.dev.name} may have it`);
}
