// Two processors (or a queue in user space, net/netfilter/nfnetlink_queue.c): a packet waits at a point of its way until another one has
// come as far. Then both are past conntrack's lookup, and neither is in the table.

import type { NetNamespace } from "../netns/net-namespace.ts";
import type { Packet } from "../skb/packet.ts";
import { IPS_CONFIRMED } from "./conntrack/conntrack.ts";
import { nfCtGet } from "./conntrack/conntrack-core.ts";
import type { HookNum, HookState, NfHookOps, Verdict } from "./hooks.ts";
import {
  NF_ACCEPT,
  NF_INET_LOCAL_IN,
  NF_INET_LOCAL_OUT,
  NF_INET_POST_ROUTING,
  NF_INET_PRE_ROUTING,
  NF_IP_PRI,
  NF_STOLEN,
  nfHookFrom,
  NFPROTO_IPV4,
} from "./hooks.ts";

/** Where the first packet waits: behind conntrack's lookup and before NAT, or behind NAT and before the connection is confirmed. */
export type HeldAt = "lookup" | "nat";

interface WaitingRoom {
  readonly hooks: readonly HookNum[];
  readonly priority: number;
}

const ROOMS: Readonly<Record<HeldAt, WaitingRoom>> = {
  lookup: { hooks: [NF_INET_PRE_ROUTING, NF_INET_LOCAL_OUT], priority: NF_IP_PRI.CONNTRACK + 1 },
  nat: { hooks: [NF_INET_POST_ROUTING, NF_INET_LOCAL_IN], priority: NF_IP_PRI.CONNTRACK_CONFIRM - 1 },
};

interface Held {
  readonly state: HookState;
  readonly pkt: Packet;
  readonly list: readonly NfHookOps[];
  readonly next: number;
}

/** Is this the packet that is meant? */
export type PacketMatch = (pkt: Packet) => boolean;

/** From its construction until both packets have met, or `close`. */
export class PacketRace {
  /** Both were on their way at once. */
  met = false;
  /** Packets that were meant and belong to a connection that is in the table: there is nothing to race for. */
  late = 0;
  readonly #ns: NetNamespace;
  readonly #first: PacketMatch;
  readonly #second: PacketMatch;
  readonly #ops: readonly NfHookOps[];
  #held: Held | null = null;

  constructor(ns: NetNamespace, at: HeldAt, first: PacketMatch, second: PacketMatch) {
    this.#ns = ns;
    this.#first = first;
    this.#second = second;
    const { hooks, priority } = ROOMS[at];
    this.#ops = hooks.map((hook) => this.#opsOf(hook, priority));
    for (const ops of this.#ops) ns.hooks.register(ops);
  }

  /** The first packet is there and waits. */
  get waiting(): boolean {
    return this.#held !== null;
  }

  /** A packet that still waits goes on. */
  close(): void {
    for (const ops of this.#ops) this.#ns.hooks.unregister(ops);
    this.#release();
    this.#ns.world.softirq();
  }

  #opsOf(hook: HookNum, priority: number): NfHookOps {
    const ops: NfHookOps = {
      name: "nf_queue",
      pf: NFPROTO_IPV4,
      hook,
      priority,
      fn: (state, pkt) => this.#pass(state, pkt, ops),
    };
    return ops;
  }

  #pass(state: HookState, pkt: Packet, ops: NfHookOps): Verdict {
    if (this.met || !(this.#held === null ? this.#first : this.#second)(pkt)) return NF_ACCEPT;
    const ct = nfCtGet(pkt);
    if (ct === null || (ct.status & IPS_CONFIRMED) !== 0) {
      this.late++;
      return NF_ACCEPT;
    }
    if (this.#held === null) {
      this.#hold(state, pkt, ops);
      return NF_STOLEN;
    }
    this.met = true;
    this.#release();
    return NF_ACCEPT;
  }

  #hold(state: HookState, pkt: Packet, ops: NfHookOps): void {
    const list = state.ns.hooks.list(state.pf, state.hook);
    this.#held = { state, pkt, list, next: list.indexOf(ops) + 1 };
    const { world } = state.ns;
    if (world.tracer !== null) world.trace(state.ns, pkt, "nf_queue", { kind: "queue", where: "nf_queue" });
  }

  /** nf_reinject: the first goes all its way before the second does. */
  #release(): void {
    const held = this.#held;
    this.#held = null;
    if (held !== null) nfHookFrom(held.state, held.pkt, held.list, held.next);
  }
}
