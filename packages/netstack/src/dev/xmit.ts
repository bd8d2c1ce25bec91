// Transmit path of devices (net/core/dev.c: __dev_queue_xmit, dev_hard_start_xmit). A device is without a queue, unless a fault gives it one.

import { skbChecksumHelp } from "../ipv4/ip-do-fragment.ts";
import { kfreeSkb } from "../skb/kfree-skb.ts";
import type { Packet } from "../skb/packet.ts";
import { CHECKSUM_PARTIAL } from "../skb/packet.ts";
import type { NetDevice } from "./net-device.ts";
import { deliverTaps } from "./taps.ts";

export { devHardHeader } from "./eth.ts";

/** Devices may send through each other this deep (a tunnel over a tunnel), not deeper. */
const XMIT_RECURSION_LIMIT = 8;

/**
 * Send: `pkt.dev` is the device, `pkt.head` the link header (pkt.nh the network header behind it). Taps see the frame,
 * then the device's type takes it. A device that is down, or has no carrier, drops unseen by taps.
 */
export function devQueueXmit(pkt: Packet): void {
  const dev = pkt.dev;
  if (dev === null) throw new Error("transmit without a device");
  if (!dev.up || !dev.ops.carrier(dev)) {
    // Without carrier the device has the noop queue, which drops everything.
    dev.txDropped++;
    if (dev.up) kfreeSkb(dev.ns, pkt, "QDISC_DROP", "__dev_queue_xmit", `${dev.name} has no carrier`);
    else kfreeSkb(dev.ns, pkt, "DEV_READY", "__dev_queue_xmit", `${dev.name} is down`);
    return;
  }
  pkt.mac = pkt.head;
  const { world } = dev.ns;
  if (world.xmitDepth > XMIT_RECURSION_LIMIT) {
    dev.txDropped++;
    dev.ns.printk(`Dead loop on virtual device ${dev.name}, fix it urgently!`);
    kfreeSkb(dev.ns, pkt, "NOT_SPECIFIED", "__dev_queue_xmit", "a device that sends through itself");
    return;
  }
  if (dev.netem === null) devHardStartXmit(pkt);
  else dev.netem.enqueue(dev, pkt, devHardStartXmit);
}

/** The frame leaves its queue: taps see it, then the device's type takes it. */
function devHardStartXmit(pkt: Packet): void {
  const dev = pkt.dev;
  if (dev === null) throw new Error("transmit without a device");
  const { world } = dev.ns;
  validateXmitSkb(dev, pkt);
  if (dev.taps.length > 0 || world.tracer !== null) deliverTaps(pkt, dev, true);
  world.xmitDepth++;
  dev.ops.xmit(dev, pkt);
  world.xmitDepth--;
}

/** validate_xmit_skb: a checksum that the device cannot leave open is finished now. All can outside of tunnels (NETIF_F_HW_CSUM). */
function validateXmitSkb(dev: NetDevice, pkt: Packet): void {
  const encapsulated = pkt.ipSummed === CHECKSUM_PARTIAL && pkt.innerNh >= 0;
  if (encapsulated && dev.ops.csumsEncapsulated !== true) skbChecksumHelp(pkt);
}
