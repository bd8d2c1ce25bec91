// What packet sockets bound to a device see (net/core/dev.c: dev_queue_xmit_nit, the ptype_all walk).

import type { Packet } from "../skb/packet.ts";
import { frameBytes } from "./eth.ts";
import type { NetDevice } from "./net-device.ts";

/** Show the packet to the taps of `dev` and to the tracer. */
export function deliverTaps(pkt: Packet, dev: NetDevice, out: boolean): void {
  if (dev.taps.length > 0) {
    const frame = { dev, out, pkt };
    // A copy of the list: a tap may take itself away.
    for (const tap of dev.taps.slice()) tap(frame);
  }
  const world = dev.ns.world;
  if (world.tracer === null) return;
  const fn = out ? "dev_hard_start_xmit" : "__netif_receive_skb_core";
  world.trace(dev.ns, pkt, fn, { kind: out ? "xmit" : "rx", dev: dev.name, frame: frameBytes(pkt) });
}
