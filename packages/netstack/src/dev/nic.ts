// A network card on an underlay segment. Unlike veth it is hardware: checksums that were left to it are completed here,
// and nothing but the bytes crosses the wire.

import type { Mac } from "../addr/mac.ts";
import { skbChecksumHelp } from "../ipv4/ip-do-fragment.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import type { Packet } from "../skb/packet.ts";
import { CHECKSUM_NONE, CHECKSUM_PARTIAL } from "../skb/packet.ts";
import { frameBytes } from "./eth.ts";
import type { DeviceOps, NetDevice } from "./net-device.ts";
import { registerNetdevice } from "./register.ts";
import { skbScrub } from "./scrub.ts";
import { Segment } from "./segment.ts";

function segmentOf(dev: NetDevice): Segment {
  if (dev.priv instanceof Segment) return dev.priv;
  throw new Error(`${dev.name} is not a card`);
}

function nicXmit(dev: NetDevice, pkt: Packet): void {
  if (pkt.ipSummed === CHECKSUM_PARTIAL) skbChecksumHelp(pkt);
  pkt.ipSummed = CHECKSUM_NONE;
  pkt.csumValid = false;
  skbScrub(pkt, true);
  dev.txPackets++;
  dev.txBytes += pkt.len;
  segmentOf(dev).transmit(dev, pkt);
}

/** A frame that is being sent (head at the link header) as a card would put it on the wire: its checksum complete. Looking changes nothing. */
export function wireBytes(pkt: Packet): Uint8Array {
  if (pkt.ipSummed !== CHECKSUM_PARTIAL) return frameBytes(pkt);
  const copy = pkt.copy();
  skbChecksumHelp(copy);
  return frameBytes(copy);
}

const NIC_OPS: DeviceOps = {
  kind: "nic",
  csumsEncapsulated: true,
  xmit: nicXmit,
  carrier: () => true,
  operState: (dev) => (dev.up ? "UP" : "DOWN"),
  onDown: (dev) => segmentOf(dev).forget(dev),
  onDelete: (dev) => segmentOf(dev).unplug(dev),
};

/** A card plugged into the segment of that name, which is made when it is the first there. */
export function createNic(
  ns: NetNamespace,
  spec: { name: string; addr?: Mac | undefined; mtu?: number | undefined; ifindex?: number | undefined },
  segmentName: string,
): NetDevice {
  let segment = ns.world.segments.get(segmentName);
  if (segment === undefined) {
    segment = new Segment(segmentName);
    ns.world.segments.set(segmentName, segment);
  }
  const made = segment;
  const dev = registerNetdevice(ns, NIC_OPS, spec, () => made);
  made.plug(dev);
  return dev;
}
