// veth: two devices with a wire between them (drivers/net/veth.c). What goes into one comes out of the other at once.

import type { Mac } from "../addr/mac.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import { kfreeSkb } from "../skb/kfree-skb.ts";
import type { Packet } from "../skb/packet.ts";
import { ETH_HLEN } from "../wire/ethernet.ts";
import { isSkbForwardable } from "./forward.ts";
import { carrierChanged } from "./link.ts";
import type { DeviceOps, NetDevice } from "./net-device.ts";
import { lostOnWire } from "./netem.ts";
import { registerNetdevice, unregisterNetdevice } from "./register.ts";
import { skbScrub } from "./scrub.ts";

export interface VethEnd {
  readonly ns: NetNamespace;
  readonly name: string;
  readonly addr?: Mac | undefined;
  readonly mtu?: number | undefined;
  readonly ifindex?: number | undefined;
}

/** veth_xmit → dev_forward_skb to the peer. */
function vethXmit(dev: NetDevice, pkt: Packet): void {
  const rcv = dev.peer;
  const len = pkt.len;
  if (rcv === null || !isSkbForwardable(rcv, len)) {
    dev.txDropped++;
    if (rcv !== null) rcv.rxDropped++;
    const detail = rcv === null ? "no peer" : `${len - ETH_HLEN} bytes, MTU of ${rcv.name} is ${rcv.mtu}`;
    kfreeSkb(dev.ns, pkt, "NOT_SPECIFIED", "__dev_forward_skb", detail);
    return;
  }
  skbScrub(pkt, rcv.ns !== dev.ns);
  dev.txPackets++;
  dev.txBytes += len;
  if (lostOnWire(dev, rcv, pkt)) return;
  rcv.rxPackets++;
  rcv.rxBytes += len;
  pkt.dev = rcv;
  dev.ns.world.netifRx(pkt);
}

/** veth_open/veth_close: both ends gain or lose the carrier together. */
function peerCarrierChanged(dev: NetDevice): void {
  if (dev.peer !== null) carrierChanged(dev.peer);
}

function vethOperState(dev: NetDevice): string {
  if (!dev.up) return "DOWN";
  return dev.peer !== null && dev.peer.up ? "UP" : "LOWERLAYERDOWN";
}

/** veth_dellink: one end takes the other along. */
function vethDelete(dev: NetDevice): void {
  const peer = dev.peer;
  dev.peer = null;
  if (peer === null) return;
  peer.peer = null;
  unregisterNetdevice(peer);
}

const VETH_OPS: DeviceOps = {
  kind: "veth",
  csumsEncapsulated: true,
  xmit: vethXmit,
  carrier: (dev) => dev.peer !== null && dev.peer.up,
  operState: vethOperState,
  onOpened: peerCarrierChanged,
  onDown: peerCarrierChanged,
  onDelete: vethDelete,
};

/** veth_newlink: the peer is registered first, so in one namespace it gets the lower ifindex. Names must be free. */
export function createVeth(end: VethEnd, peerEnd: VethEnd): { dev: NetDevice; peer: NetDevice } {
  const peer = registerNetdevice(peerEnd.ns, VETH_OPS, peerEnd);
  const dev = registerNetdevice(end.ns, VETH_OPS, end);
  dev.peer = peer;
  peer.peer = dev;
  return { dev, peer };
}
