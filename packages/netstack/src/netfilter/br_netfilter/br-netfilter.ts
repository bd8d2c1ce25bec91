// The module br_netfilter: bridged IPv4 passes the IP hooks (net/bridge/br_netfilter_hooks.c).
// Loading registers its hooks and sysctls in a namespace; without it neither exists.

import type { NetNamespace } from "../../netns/net-namespace.ts";
import type { Packet } from "../../skb/packet.ts";
import { PACKET_HOST } from "../../skb/packet.ts";
import { enterConfirmed } from "../conntrack/confirm.ts";
import { IPS_CONFIRMED } from "../conntrack/conntrack.ts";
import type { HookState, NfHookOps, NfProto, HookNum, Verdict } from "../hooks.ts";
import {
  NF_ACCEPT,
  NF_BR_PRI,
  NF_INET_FORWARD,
  NF_INET_LOCAL_IN,
  NF_INET_POST_ROUTING,
  NF_INET_PRE_ROUTING,
  NF_IP_PRI,
  NF_STOLEN,
  NFPROTO_BRIDGE,
  NFPROTO_IPV4,
} from "../hooks.ts";
import { brNfForward } from "./br-nf-forward.ts";
import { brNfPostRouting } from "./br-nf-post-routing.ts";
import { brNfPreRouting } from "./br-nf-pre-routing.ts";
import { BrnfNet, registerBrnfSysctls, unregisterBrnfSysctls } from "./brnf-net.ts";

type BrnfHook = (brnet: BrnfNet, state: HookState, pkt: Packet) => Verdict;

/** br_nf_ops, in the kernel's order. */
const BR_NF_OPS: readonly {
  readonly name: string;
  readonly pf: NfProto;
  readonly hook: HookNum;
  readonly priority: number;
  readonly fn: BrnfHook;
}[] = [
  {
    name: "br_nf_pre_routing",
    pf: NFPROTO_BRIDGE,
    hook: NF_INET_PRE_ROUTING,
    priority: NF_BR_PRI.BRNF,
    fn: brNfPreRouting,
  },
  { name: "br_nf_local_in", pf: NFPROTO_BRIDGE, hook: NF_INET_LOCAL_IN, priority: NF_BR_PRI.LAST, fn: brNfLocalIn },
  { name: "br_nf_forward", pf: NFPROTO_BRIDGE, hook: NF_INET_FORWARD, priority: NF_BR_PRI.BRNF, fn: brNfForward },
  {
    name: "br_nf_post_routing",
    pf: NFPROTO_BRIDGE,
    hook: NF_INET_POST_ROUTING,
    priority: NF_BR_PRI.LAST,
    fn: brNfPostRouting,
  },
  { name: "ip_sabotage_in", pf: NFPROTO_IPV4, hook: NF_INET_PRE_ROUTING, priority: NF_IP_PRI.FIRST, fn: ipSabotageIn },
];

/** br_nf_local_in: a group frame whose connection no port has confirmed is confirmed before IP sees it; its events wait for a later packet. */
function brNfLocalIn(_brnet: BrnfNet, _state: HookState, pkt: Packet): Verdict {
  const ct = pkt.ct;
  if (ct === null || pkt.pktType === PACKET_HOST || (ct.status & IPS_CONFIRMED) !== 0) return NF_ACCEPT;
  return enterConfirmed(pkt, ct);
}

/** ip_sabotage_in: PREROUTING ran in the bridge; skip IP's own, once. */
function ipSabotageIn(_brnet: BrnfNet, state: HookState, pkt: Packet): Verdict {
  const nfBridge = pkt.nfBridge;
  if (nfBridge === null || nfBridge.sabotageInDone || nfBridge.inPrerouting) return NF_ACCEPT;
  nfBridge.sabotageInDone = true;
  state.okfn(pkt);
  return NF_STOLEN;
}

export function loadBrNetfilter(ns: NetNamespace): void {
  const brnet = new BrnfNet();
  for (const { fn, ...ops } of BR_NF_OPS) ns.hooks.register({ ...ops, fn: (state, pkt) => fn(brnet, state, pkt) });
  registerBrnfSysctls(ns.sysctl, brnet);
}

export function unloadBrNetfilter(ns: NetNamespace): void {
  for (const { name, pf, hook } of BR_NF_OPS) {
    const ops: NfHookOps | undefined = ns.hooks.list(pf, hook).find((o) => o.name === name);
    if (ops !== undefined) ns.hooks.unregister(ops);
  }
  unregisterBrnfSysctls(ns.sysctl);
}
