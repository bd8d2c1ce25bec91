// AF_PACKET from the program's side: a frame put on a device, and a tap (net/packet/af_packet.c).

import type { NetDevice, Tap } from "../dev/net-device.ts";
import { devQueueXmit } from "../dev/xmit.ts";
import { skbFromBytes } from "../skb/packet.ts";
import type { Packet } from "../skb/packet.ts";
import { ETH_HLEN, ethProto } from "../wire/ethernet.ts";
import type { SockErrno } from "./errno.ts";

/**
 * packet_snd: send a complete frame (from the link header) out of a device, past routing and netfilter. EINVAL when shorter than a
 * link header. Returns when the frame and all it caused are processed.
 */
export function packetSend(dev: NetDevice, frame: Uint8Array): SockErrno | undefined {
  const err = packetQueue(dev, frame);
  dev.ns.world.softirq();
  return err;
}

/** The same without processing: for many frames at one moment; end with `world.softirq()`. */
export function packetQueue(dev: NetDevice, frame: Uint8Array): SockErrno | undefined {
  if (frame.length < ETH_HLEN) return "EINVAL";
  devQueueXmit(packetFrame(dev, frame));
  return undefined;
}

function packetFrame(dev: NetDevice, frame: Uint8Array): Packet {
  const pkt = dev.ns.world.adopt(skbFromBytes(frame));
  pkt.mac = pkt.head;
  pkt.nh = pkt.head + ETH_HLEN;
  pkt.protocol = ethProto(pkt.buf, pkt.head);
  pkt.dev = dev;
  return pkt;
}

/** Watch a device. `promisc`: as tcpdump without -p, the device (a bridge too) then also shows frames for others. Returns the way out. */
export function packetTap(dev: NetDevice, tap: Tap, promisc = true): () => void {
  dev.taps.push(tap);
  if (promisc) dev.promisc++;
  let open = true;
  return () => {
    if (!open) return;
    open = false;
    const at = dev.taps.indexOf(tap);
    if (at >= 0) dev.taps.splice(at, 1);
    if (promisc) dev.promisc--;
  };
}

/**
 * Watch a device without touching it: what a promiscuous tap would show, but the device stays as it is. A real tcpdump on a bridge
 * makes the bridge hand up copies of frames it forwards, which the host may even route once more; a watcher does not.
 */
export function packetWatch(dev: NetDevice, tap: Tap): () => void {
  dev.watchers.push(tap);
  const untap = packetTap(dev, tap, false);
  return () => {
    untap();
    const at = dev.watchers.indexOf(tap);
    if (at >= 0) dev.watchers.splice(at, 1);
  };
}
