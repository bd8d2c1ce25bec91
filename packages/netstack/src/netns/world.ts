// A world: the clock, the backlog that orders frames, and the namespaces. Nothing outside it is shared, so two worlds never meet.

import { Clock, Random } from "@kubehop/sim";
import type { NetDevice } from "../dev/net-device.ts";
import type { Segment } from "../dev/segment.ts";
import { netifReceiveSkb } from "../dev/rx.ts";
import { ipRcvFinish } from "../ipv4/ip-input.ts";
import type { RuleCache } from "../netfilter/xtables/rule-cache.ts";
import type { DropReason } from "../skb/drop-reason.ts";
import { kfreeSkb } from "../skb/kfree-skb.ts";
import type { Packet } from "../skb/packet.ts";
import { SkbSlab } from "../skb/skb-slab.ts";
import type { StepBase, StepBody, Tracer } from "../trace/step.ts";
import type { NetNamespace } from "./net-namespace.ts";
import type { WorldRecorder } from "./recorder.ts";

/** net.core.gro_normal_batch. */
const GRO_NORMAL_BATCH = 8;

/** Frames that one softirq round may process before it counts as a storm: a bridge loop never drains. */
const NETDEV_BUDGET = 100_000;

/** Frames circulate without end; names the devices that saw most of them. */
export class PacketStormError extends Error {
  override readonly name = "PacketStormError";
}

export class World {
  readonly clock: Clock;
  readonly random: Random;
  readonly namespaces = new Map<string, NetNamespace>();
  /** Underlay segments (switch or cable) by name. */
  readonly segments = new Map<string, Segment>();
  /** Virtual ms of the moment that people call 0; captures count from it. */
  epoch = 0;
  tracer: Tracer | null = null;
  /** Called for every drop, tracer or not (drop counters, verify). */
  onDrop: ((ns: NetNamespace, pkt: Packet, reason: DropReason, fn: string) => void) | null = null;
  /** Told of what is done from outside; null: nobody listens. */
  recorder: WorldRecorder | null = null;
  dropped = 0;
  /** Parsed iptables rules, shared by all namespaces; made by the first that loads some. */
  ruleCache: RuleCache | null = null;
  netdevBudget = NETDEV_BUDGET;
  /** Transmissions that are going on inside each other (softnet_data.xmit.recursion). */
  xmitDepth = 0;
  private readonly skbs = new SkbSlab();
  private nextPacketId = 1;
  private backlog: Packet[] = [];
  private backlogHead = 0;
  private draining = false;
  /** Packets of the list that is being received, behind PREROUTING; null: packets are received one by one. */
  rcvList: Packet[] | null = null;

  constructor(seed: number | string = 1) {
    this.clock = new Clock();
    this.random = new Random(seed);
  }

  /** Virtual ms since the world began. */
  get now(): number {
    return this.clock.now;
  }

  /** Give a new packet its journey identity; `cause` is the packet it answers or was copied from. */
  adopt(pkt: Packet, cause: Packet | null = null): Packet {
    pkt.id = this.nextPacketId++;
    if (cause !== null) pkt.parent = cause.id;
    return pkt;
  }

  /** A new packet of this world with the usual headroom and `len` zero bytes; `cause` as for adopt. */
  allocSkb(len: number, cause: Packet | null = null): Packet {
    return this.adopt(this.skbs.alloc(len), cause);
  }

  /** Report a step. Call only when `tracer` is not null, so that steps cost nothing unseen. */
  trace(ns: NetNamespace, pkt: Packet, fn: string, body: StepBody): void {
    // Filled in place: the body is made for this call, and copying it is half of the cost of a step.
    const step = body as StepBody & { -readonly [K in keyof StepBase]: StepBase[K] };
    step.at = this.clock.now;
    step.pkt = pkt.id;
    step.parent = pkt.parent;
    step.ns = ns.name;
    step.fn = fn;
    this.tracer?.step(step);
  }

  /** netif_rx: queue a received frame (pkt.dev is the receiving device). The one FIFO fixes the global order. */
  netifRx(pkt: Packet): void {
    this.backlog.push(pkt);
  }

  /** Process the backlog until it is empty (net_rx_action). Every entry from outside ends with this; nested calls return at once. */
  softirq(): void {
    if (this.draining) return;
    this.draining = true;
    try {
      this.drain();
    } finally {
      this.draining = false;
      this.backlog = [];
      this.backlogHead = 0;
      this.rcvList = null;
    }
  }

  private drain(): void {
    let budget = this.netdevBudget;
    while (this.backlogHead < this.backlog.length) {
      const pkt = this.backlog[this.backlogHead++] as Packet;
      if (this.backlogHead > 4096 && this.backlogHead * 2 > this.backlog.length) this.compact();
      if (budget-- <= 0) this.storm(pkt);
      if (pkt.groCell) this.receiveList(pkt);
      else netifReceiveSkb(pkt);
    }
  }

  /**
   * netif_receive_skb_list: what left a tunnel together (gro_cells) is a list, all of which passes PREROUTING before the first of it goes on.
   * A list has at most gro_normal_batch packets.
   */
  private receiveList(first: Packet): void {
    // Most come alone.
    if (this.nextOfList(first) === null) return netifReceiveSkb(first);
    const passed: Packet[] = [];
    this.rcvList = passed;
    let pkt: Packet | null = first;
    for (let count = 1; pkt !== null; count++) {
      const next: Packet | null = count < GRO_NORMAL_BATCH ? this.nextOfList(first) : null;
      if (next !== null) this.backlogHead++;
      netifReceiveSkb(pkt);
      pkt = next;
    }
    this.rcvList = null;
    for (const one of passed) ipRcvFinish(one);
  }

  /** The packet behind, when it left the same tunnel. */
  private nextOfList(first: Packet): Packet | null {
    const next = this.backlog[this.backlogHead];
    return next !== undefined && next.groCell && next.dev === first.dev ? next : null;
  }

  private compact(): void {
    this.backlog = this.backlog.slice(this.backlogHead);
    this.backlogHead = 0;
  }

  /** `inHand`: the frame that was taken off the backlog, one too many. */
  private storm(inHand: Packet): never {
    const seen = new Map<NetDevice, number>();
    const rest = [inHand, ...this.backlog.slice(this.backlogHead)];
    for (const pkt of rest) {
      if (pkt.dev === null) continue;
      seen.set(pkt.dev, (seen.get(pkt.dev) ?? 0) + 1);
      kfreeSkb(pkt.dev.ns, pkt, "STORM", "net_rx_action");
    }
    const worst = [...seen].sort((a, b) => b[1] - a[1]).slice(0, 4);
    const names = worst.map(([dev]) => `${dev.ns.name}/${dev.name}`).join(", ");
    throw new PacketStormError(
      `packet storm: ${this.netdevBudget} frames at virtual time ${this.now} ms without an end (a bridge loop?); still queued at ${names || "no device"}`,
    );
  }
}
