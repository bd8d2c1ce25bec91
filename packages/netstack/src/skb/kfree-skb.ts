// The ends of a packet's story (net/core/skbuff.c: kfree_skb_reason, consume_skb).

import type { NetNamespace } from "../netns/net-namespace.ts";
import type { DropReason } from "./drop-reason.ts";
import type { Packet } from "./packet.ts";

/** The packet is dropped here. `fn` is the kernel function; `detail` names the responsible thing (rule, route, sysctl) where known. */
export function kfreeSkb(ns: NetNamespace, pkt: Packet, reason: DropReason, fn: string, detail = ""): void {
  const world = ns.world;
  world.dropped++;
  world.onDrop?.(ns, pkt, reason, fn);
  if (world.tracer !== null) world.trace(ns, pkt, fn, { kind: "drop", reason, detail });
}

/** A protocol took the packet and needs it no longer; nothing was lost. */
export function consumeSkb(ns: NetNamespace, pkt: Packet, fn: string): void {
  if (ns.world.tracer !== null) ns.world.trace(ns, pkt, fn, { kind: "consume", by: fn });
}
