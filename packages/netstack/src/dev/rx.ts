// Receive path from the backlog to the protocols (net/core/dev.c: __netif_receive_skb_core).
//
//   backlog → eth_type_trans → taps → (mute host ends here) → rx_handler (bridge) → protocol by ethertype

import { kfreeSkb } from "../skb/kfree-skb.ts";
import type { Packet } from "../skb/packet.ts";
import { PACKET_OTHERHOST } from "../skb/packet.ts";
import { ETH_HLEN, ETH_P_8021Q, ETH_P_IP } from "../wire/ethernet.ts";
import { ethTypeTrans, skbVlanUntag } from "./eth.ts";
import type { NetDevice } from "./net-device.ts";
import { deliverTaps } from "./taps.ts";

/**
 * A frame from the backlog: `pkt.dev` is the receiving device. The link header is still in front when the packet comes
 * from a wire (head at the link header); a packet whose header was taken off already is not classified again.
 */
export function netifReceiveSkb(pkt: Packet): void {
  const dev = pkt.dev;
  if (dev === null) throw new Error("a frame without a device in the backlog");
  if (!dev.up) {
    dev.rxDropped++;
    kfreeSkb(dev.ns, pkt, "DEV_READY", "enqueue_to_backlog", `${dev.name} is down`);
    return;
  }
  if (pkt.mac < 0 || pkt.mac === pkt.head) {
    if (pkt.len < ETH_HLEN) {
      kfreeSkb(dev.ns, pkt, "HDR_TRUNC", "eth_type_trans");
      return;
    }
    ethTypeTrans(pkt, dev);
  }
  netifReceiveSkbCore(pkt, dev);
}

/** netif_receive_skb for a packet whose link header is off and whose type is known (a bridge delivering to itself). */
export function netifReceiveSkbCore(pkt: Packet, dev: NetDevice): void {
  pkt.iif = dev.ifindex;
  const ns = dev.ns;
  if (pkt.protocol === ETH_P_8021Q && !skbVlanUntag(pkt)) {
    kfreeSkb(ns, pkt, "HDR_TRUNC", "skb_vlan_untag");
    return;
  }
  if (dev.taps.length > 0 || ns.world.tracer !== null) deliverTaps(pkt, dev, false);
  // The filter asks for `protocol ip`; what carries a tag is VLAN to it (tc_skb_protocol).
  if ((dev.mute || ns.mute) && pkt.protocol === ETH_P_IP && pkt.vlanTci < 0) {
    kfreeSkb(ns, pkt, "TC_INGRESS", "tc_run");
    return;
  }
  const handler = dev.rxHandler;
  if (handler !== null) {
    // A bridge takes the packets of a list one by one.
    pkt.groCell = false;
    if (handler(pkt) === "consumed") return;
  }
  deliverPtype(pkt, dev);
}

function deliverPtype(pkt: Packet, dev: NetDevice): void {
  if (pkt.vlanTci >= 0) {
    // No VLAN device took the tag: for the protocols the frame is somebody else's, unless it is only a priority tag (VID 0).
    if ((pkt.vlanTci & 0xfff) !== 0) pkt.pktType = PACKET_OTHERHOST;
    pkt.vlanTci = -1;
  }
  const type = dev.ns.packetTypes.get(pkt.protocol);
  if (type !== undefined) {
    type(pkt);
    return;
  }
  dev.rxDropped++;
  kfreeSkb(dev.ns, pkt, "UNHANDLED_PROTO", "__netif_receive_skb_core");
}
