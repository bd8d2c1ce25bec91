// One neighbour: a next hop on a device (struct neighbour).

import type { Timer } from "@kubehop/sim";
import type { Ipv4 } from "../addr/ipv4.ts";
import type { Mac } from "../addr/mac.ts";
import type { NetDevice } from "../dev/net-device.ts";
import type { Packet } from "../skb/packet.ts";
import type { RuleOrigin } from "../rtnl/batch.ts";

export const NUD_NONE = 0;
export const NUD_INCOMPLETE = 0x01;
export const NUD_REACHABLE = 0x02;
export const NUD_STALE = 0x04;
export const NUD_DELAY = 0x08;
export const NUD_PROBE = 0x10;
export const NUD_FAILED = 0x20;
export const NUD_NOARP = 0x40;
export const NUD_PERMANENT = 0x80;
export type NudState = 0 | 0x01 | 0x02 | 0x04 | 0x08 | 0x10 | 0x20 | 0x40 | 0x80;

/** A timer of the state machine runs. */
export const NUD_IN_TIMER = NUD_INCOMPLETE | NUD_REACHABLE | NUD_DELAY | NUD_PROBE;
/** A usable link address is known. */
export const NUD_VALID = NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_PROBE | NUD_STALE | NUD_DELAY;
/** Usable without any check. */
export const NUD_CONNECTED = NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE;

export class Neigh {
  readonly dev: NetDevice;
  readonly addr: Ipv4;
  lladdr: Mac;
  state: NudState = NUD_NONE;
  /** inet type of `addr` (RTN_*): unicast is resolved, broadcast and multicast map. */
  readonly type: number;
  /** The link header is cached: a packet has been transmitted to this neighbour (hh.hh_len). */
  hhValid = false;
  /** Removed from the table. */
  dead = false;
  /** Virtual ms of the last confirmation, use, and state or address change. */
  confirmed: number;
  used: number;
  updated: number;
  probes = 0;
  /** Drawn anew at each confirmation, ms: how long REACHABLE lasts without another. */
  reachableTime = 0;
  /** Packets that wait for resolution, oldest first; head at the network header. */
  readonly queue: Packet[] = [];
  queueBytes = 0;
  timer: Timer | null = null;
  /** Who wrote the address; null: it was learned. */
  origin: RuleOrigin | null = null;

  constructor(dev: NetDevice, addr: Ipv4, lladdr: Mac, type: number, now: number) {
    this.dev = dev;
    this.addr = addr;
    this.lladdr = lladdr;
    this.type = type;
    this.confirmed = now;
    this.used = now;
    this.updated = now;
  }

  get connected(): boolean {
    return (this.state & NUD_CONNECTED) !== 0;
  }

  get valid(): boolean {
    return (this.state & NUD_VALID) !== 0;
  }
}
