// The underlay between machines: a switch (or a plain cable, with two cards) that learns where MAC addresses are.
// It is no kernel part: it has no hooks, no IP, no MTU of its own.

import type { Mac } from "../addr/mac.ts";
import { isGroupMac } from "../addr/mac.ts";
import { isSkbForwardable } from "./forward.ts";
import type { NetDevice } from "./net-device.ts";
import { lostOnWire } from "./netem.ts";
import { kfreeSkb } from "../skb/kfree-skb.ts";
import type { Packet } from "../skb/packet.ts";
import { ETH_HLEN, ethDst, ethSrc } from "../wire/ethernet.ts";

export class Segment {
  readonly name: string;
  /** Cards in the order they were plugged in. */
  private ports: readonly NetDevice[] = [];
  private readonly stations = new Map<number, NetDevice>();

  constructor(name: string) {
    this.name = name;
  }

  get cards(): readonly NetDevice[] {
    return this.ports;
  }

  plug(dev: NetDevice): void {
    this.ports = [...this.ports, dev];
  }

  unplug(dev: NetDevice): void {
    this.ports = this.ports.filter((d) => d !== dev);
    this.forget(dev);
  }

  /** The port went down: what was learned there is forgotten. */
  forget(dev: NetDevice): void {
    for (const [mac, port] of this.stations) if (port === dev) this.stations.delete(mac);
  }

  /** A frame from a card (head at the link header, already scrubbed): to the card that has the destination, or to all others. */
  transmit(from: NetDevice, pkt: Packet): void {
    if (lostOnWire(from, null, pkt)) return;
    this.stations.set(ethSrc(pkt.buf, pkt.head), from);
    const dst = ethDst(pkt.buf, pkt.head);
    const known = isGroupMac(dst) ? undefined : this.stations.get(dst as Mac);
    if (known !== undefined) this.unicast(from, known, pkt);
    else this.flood(from, pkt);
  }

  private unicast(from: NetDevice, to: NetDevice, pkt: Packet): void {
    if (to === from)
      kfreeSkb(from.ns, pkt, "NO_TX_TARGET", "segment", "the destination is on the sender's side of the switch");
    else deliver(from, to, pkt);
  }

  private flood(from: NetDevice, pkt: Packet): void {
    let last: NetDevice | null = null;
    for (const port of this.ports) {
      if (port === from || !port.up) continue;
      if (last !== null) deliver(from, last, port.ns.world.adopt(pkt.copy(), pkt));
      last = port;
    }
    if (last !== null) deliver(from, last, pkt);
    else kfreeSkb(from.ns, pkt, "NO_TX_TARGET", "segment", `nobody else is on ${this.name}`);
  }
}

/** The card at the other end takes the frame when it is up and the frame is not longer than it can receive. */
function deliver(from: NetDevice, to: NetDevice, pkt: Packet): void {
  if (lostOnWire(from, to, pkt)) return;
  if (!isSkbForwardable(to, pkt.len)) {
    to.rxDropped++;
    const detail = to.up ? `${pkt.len - ETH_HLEN} bytes, MTU of ${to.name} is ${to.mtu}` : `${to.name} is down`;
    kfreeSkb(to.ns, pkt, to.up ? "PKT_TOO_BIG" : "DEV_READY", "nic_rx", detail);
    return;
  }
  to.rxPackets++;
  to.rxBytes += pkt.len;
  pkt.dev = to;
  to.ns.world.netifRx(pkt);
}
