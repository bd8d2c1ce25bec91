// The ARP table of a namespace: which neighbours are known on which device (net/core/neighbour.c, arp_tbl).

import type { Random } from "@kubehop/sim";
import type { Ipv4 } from "../addr/ipv4.ts";
import type { Mac } from "../addr/mac.ts";
import { MAC_BROADCAST, MAC_ZERO, multicastMac } from "../addr/mac.ts";
import type { NetDevice } from "../dev/net-device.ts";
import { IFF_LOOPBACK, IFF_NOARP } from "../dev/net-device.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import type { Packet } from "../skb/packet.ts";
import { kfreeSkb } from "../skb/kfree-skb.ts";
import { inetAddrType } from "../ipv4/fib/addr-type.ts";
import { RTN_BROADCAST, RTN_MULTICAST } from "../ipv4/rt-types.ts";
import { Neigh, NUD_NOARP, NUD_PERMANENT } from "./neigh.ts";
import { neighMakeRoom } from "./neigh-gc.ts";
import { NeighParms } from "./neigh-parms.ts";

/** What the protocol adds to the state machine (struct neigh_ops), set by registerIpv4. */
export interface NeighOps {
  /** Ask for the address; `pkt` is the newest waiting packet, null without. */
  solicit(neigh: Neigh, pkt: Packet | null): void;
  /** Resolution failed: tell the sender, then end the packet. */
  errorReport(neigh: Neigh, pkt: Packet): void;
}

/** neigh_notify events: a neighbour changed or went. */
export type NeighListener = (neigh: Neigh) => void;

export class ArpTable {
  readonly ns: NetNamespace;
  readonly parms = new NeighParms();
  gc_thresh1 = 128;
  gc_thresh2 = 512;
  gc_thresh3 = 1024;
  ops: NeighOps | null = null;
  /** Proxied addresses per device (`ip neigh add proxy`): device → int32 addresses. */
  readonly proxies = new Map<NetDevice, Set<number>>();
  /** Neighbours that garbage collection may take, oldest first: all but those set by hand for good (gc_list). */
  readonly gcList = new Set<Neigh>();
  /** Virtual ms of the last forced and the last periodic collection. */
  lastFlush = Number.NEGATIVE_INFINITY;
  lastPeriodic = 0;
  /** Called after each change of state or address. */
  readonly listeners: NeighListener[] = [];
  /** Packets waiting for the random delay of proxied answers. */
  proxyQueued = 0;
  readonly random: Random;

  constructor(ns: NetNamespace) {
    this.ns = ns;
    this.random = ns.world.random.fork(`arp ${ns.name}`);
  }

  /** neigh_lookup. */
  lookup(dev: NetDevice, addr: Ipv4): Neigh | undefined {
    return dev.inDev.neighs.get(addr | 0);
  }

  /**
   * Lookup, else create (__neigh_create with arp_constructor). On loopback there is one neighbour for all addresses. Null: the
   * table is full (gc_thresh3); an entry that is `exempt`, set by hand for good, always finds room.
   */
  lookupOrCreate(dev: NetDevice, addr: Ipv4, exempt = false): Neigh | null {
    const key = (dev.flags & IFF_LOOPBACK) !== 0 ? (0 as Ipv4) : addr;
    return dev.inDev.neighs.get(key | 0) ?? this.create(dev, key, exempt);
  }

  /** All neighbours, by device in ifindex order, in order of creation. */
  *[Symbol.iterator](): Iterator<Neigh> {
    for (const dev of this.ns.devices) yield* dev.inDev.neighs.values();
  }

  /** neigh_remove_one: out of the table; waiting packets are dropped. */
  remove(neigh: Neigh): void {
    neigh.dev.inDev.neighs.delete(neigh.addr | 0);
    this.gcList.delete(neigh);
    neigh.dead = true;
    if (neigh.timer !== null) this.ns.world.clock.cancel(neigh.timer);
    neigh.timer = null;
    for (const pkt of neigh.queue.splice(0)) kfreeSkb(this.ns, pkt, "NEIGH_DEAD", "neigh_flush_dev");
    neigh.queueBytes = 0;
    this.notify(neigh);
  }

  /** neigh_flush_dev: `skipPerm` spares what was set by hand (carrier loss). */
  flushDev(dev: NetDevice, skipPerm: boolean): void {
    // A map may lose entries while it is walked.
    for (const neigh of dev.inDev.neighs.values()) {
      if (!skipPerm || neigh.state !== NUD_PERMANENT) this.remove(neigh);
    }
  }

  notify(neigh: Neigh): void {
    for (const listener of this.listeners) listener(neigh);
  }

  private create(dev: NetDevice, addr: Ipv4, exempt: boolean): Neigh | null {
    if (!exempt && !neighMakeRoom(this)) return null;
    const type = inetAddrType(this.ns, addr);
    const neigh = new Neigh(dev, addr, MAC_ZERO, type, this.ns.world.now);
    neigh.confirmed -= dev.inDev.arpParms.base_reachable_time_ms * 2;
    const fixed = fixedAddress(dev, addr, type);
    if (fixed !== null) {
      neigh.lladdr = fixed;
      neigh.state = NUD_NOARP;
    }
    dev.inDev.neighs.set(addr | 0, neigh);
    if (!exempt) this.gcList.add(neigh);
    return neigh;
  }
}

/** Addresses that need no asking: groups, broadcast, devices without ARP. Null: resolve. */
function fixedAddress(dev: NetDevice, addr: Ipv4, type: number): Mac | null {
  if (type === RTN_MULTICAST) return multicastMac(addr);
  if ((dev.flags & (IFF_NOARP | IFF_LOOPBACK)) !== 0) return dev.addr;
  return type === RTN_BROADCAST ? MAC_BROADCAST : null;
}
