// Hook points: per family and hook one list of functions in ascending priority (net/netfilter/core.c).
//
//   rx ─ PRE_ROUTING ─ route ─ FORWARD ─ POST_ROUTING ─ tx
//                        │                  │
//                     LOCAL_IN           LOCAL_OUT
//                        └──── sockets ─────┘

import type { NetDevice } from "../dev/net-device.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import type { Packet } from "../skb/packet.ts";
import { kfreeSkb } from "../skb/kfree-skb.ts";

export const NF_INET_PRE_ROUTING = 0;
export const NF_INET_LOCAL_IN = 1;
export const NF_INET_FORWARD = 2;
export const NF_INET_LOCAL_OUT = 3;
export const NF_INET_POST_ROUTING = 4;
export type HookNum = 0 | 1 | 2 | 3 | 4;
export const HOOK_NAMES = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"] as const;

/** Families that have hook points here. */
export const NFPROTO_IPV4 = 0;
export const NFPROTO_BRIDGE = 1;
export const NFPROTO_ARP = 2;
export type NfProto = 0 | 1 | 2;
const PF_NAMES = ["ip", "bridge", "arp"] as const;

/** IPv4 priorities, include/uapi/linux/netfilter_ipv4.h. */
export const NF_IP_PRI = {
  FIRST: -2147483648,
  RAW_BEFORE_DEFRAG: -450,
  CONNTRACK_DEFRAG: -400,
  RAW: -300,
  CONNTRACK: -200,
  MANGLE: -150,
  NAT_DST: -100,
  FILTER: 0,
  SECURITY: 50,
  NAT_SRC: 100,
  CONNTRACK_HELPER: 300,
  CONNTRACK_CONFIRM: 2147483647,
  LAST: 2147483647,
} as const;

/** Bridge priorities, include/uapi/linux/netfilter_bridge.h. */
export const NF_BR_PRI = {
  FIRST: -2147483648,
  NAT_DST_BRIDGED: -300,
  FILTER_BRIDGED: -200,
  BRNF: 0,
  NAT_DST_OTHER: 100,
  FILTER_OTHER: 200,
  NAT_SRC: 300,
  LAST: 2147483647,
} as const;

export const NF_DROP = 0;
export const NF_ACCEPT = 1;
/** The hook function took the packet; it re-enters later through nfHookFrom, or not at all. */
export const NF_STOLEN = 2;
/** Dropped, and the hook function has freed the packet with its own reason. */
export const NF_DROP_FREED = 3;
export type Verdict = 0 | 1 | 2 | 3;

/** What a hook function sees (struct nf_hook_state). */
export interface HookState {
  readonly ns: NetNamespace;
  readonly pf: NfProto;
  readonly hook: HookNum;
  readonly in: NetDevice | null;
  readonly out: NetDevice | null;
  /** Continuation when all functions accepted. */
  readonly okfn: (pkt: Packet) => void;
}

export interface NfHookOps {
  readonly name: string;
  readonly pf: NfProto;
  readonly hook: HookNum;
  readonly priority: number;
  readonly fn: (state: HookState, pkt: Packet) => Verdict;
}

/** The hook lists of one namespace. */
export class NfHooks {
  private readonly lists: NfHookOps[][] = Array.from({ length: 15 }, () => []);

  list(pf: NfProto, hook: HookNum): readonly NfHookOps[] {
    return this.lists[pf * 5 + hook] as NfHookOps[];
  }

  /** nf_register_net_hook: equal priorities run in reverse registration order (the last registered first). */
  register(ops: NfHookOps): void {
    const at = ops.pf * 5 + ops.hook;
    // A new array: a walk in progress keeps the list it started with.
    const list = (this.lists[at] as NfHookOps[]).slice();
    let i = 0;
    while (i < list.length && (list[i] as NfHookOps).priority < ops.priority) i++;
    list.splice(i, 0, ops);
    this.lists[at] = list;
  }

  unregister(ops: NfHookOps): void {
    const at = ops.pf * 5 + ops.hook;
    this.lists[at] = (this.lists[at] as NfHookOps[]).filter((o) => o !== ops);
  }
}

/** NF_HOOK: run the functions of a hook, then `okfn`. A packet that is not accepted has ended or was stolen when this returns. False: it was dropped. */
export function nfHook(
  ns: NetNamespace,
  pf: NfProto,
  hook: HookNum,
  pkt: Packet,
  indev: NetDevice | null,
  outdev: NetDevice | null,
  okfn: (pkt: Packet) => void,
): boolean {
  const list = ns.hooks.list(pf, hook);
  if (list.length === 0) {
    okfn(pkt);
    return true;
  }
  if (ns.world.tracer !== null) {
    ns.world.trace(ns, pkt, "nf_hook", {
      kind: "hook",
      pf: PF_NAMES[pf],
      hook: HOOK_NAMES[hook],
      in: indev?.name ?? "",
      out: outdev?.name ?? "",
    });
  }
  return nfHookFrom({ ns, pf, hook, in: indev, out: outdev, okfn }, pkt, list, 0);
}

/** Run `list` from index `start`: the way back in for a function that returned NF_STOLEN. */
export function nfHookFrom(state: HookState, pkt: Packet, list: readonly NfHookOps[], start: number): boolean {
  for (let i = start; i < list.length; i++) {
    const verdict = (list[i] as NfHookOps).fn(state, pkt);
    if (verdict === NF_ACCEPT) continue;
    if (verdict === NF_DROP) kfreeSkb(state.ns, pkt, "NETFILTER_DROP", "nf_hook_slow", (list[i] as NfHookOps).name);
    return verdict !== NF_DROP && verdict !== NF_DROP_FREED;
  }
  state.okfn(pkt);
  return true;
}

/** Run the functions of a hook whose priority is above `priority` (br_netfilter's continuation, nf_hook_thresh). */
export function nfHookThresh(state: HookState, pkt: Packet, priority: number): void {
  const list = state.ns.hooks.list(state.pf, state.hook);
  let i = 0;
  while (i < list.length && (list[i] as NfHookOps).priority <= priority) i++;
  nfHookFrom(state, pkt, list, i);
}
