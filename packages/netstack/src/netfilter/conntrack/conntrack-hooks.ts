// Where conntrack sits among the hooks of IPv4 (ipv4_conntrack_ops of nf_conntrack_proto.c).

import type { NetNamespace } from "../../netns/net-namespace.ts";
import type { Packet } from "../../skb/packet.ts";
import { ipIsFragment } from "../../wire/ipv4-fields.ts";
import type { HookState, NfHookOps, Verdict } from "../hooks.ts";
import {
  NF_ACCEPT,
  NF_INET_LOCAL_IN,
  NF_INET_LOCAL_OUT,
  NF_INET_POST_ROUTING,
  NF_INET_PRE_ROUTING,
  NF_IP_PRI,
  NFPROTO_IPV4,
} from "../hooks.ts";
import { nfConfirm } from "./confirm.ts";
import { IPS_TEMPLATE } from "./conntrack.ts";
import { nfConntrackIn } from "./conntrack-core.ts";
import { ipv4ConntrackDefrag } from "./defrag.ts";

/** A fragment in LOCAL_OUT (a socket asked not to defragment) is left alone. */
function ipv4ConntrackLocal(state: HookState, pkt: Packet): Verdict {
  if (!ipIsFragment(pkt.buf, pkt.nh)) return nfConntrackIn(state, pkt);
  if (pkt.ct !== null && pkt.ct.has(IPS_TEMPLATE)) pkt.ct = null;
  return NF_ACCEPT;
}

const OPS: readonly NfHookOps[] = [
  {
    name: "nf_defrag_ipv4",
    pf: NFPROTO_IPV4,
    hook: NF_INET_PRE_ROUTING,
    priority: NF_IP_PRI.CONNTRACK_DEFRAG,
    fn: ipv4ConntrackDefrag,
  },
  {
    name: "nf_defrag_ipv4",
    pf: NFPROTO_IPV4,
    hook: NF_INET_LOCAL_OUT,
    priority: NF_IP_PRI.CONNTRACK_DEFRAG,
    fn: ipv4ConntrackDefrag,
  },
  {
    name: "nf_conntrack_in",
    pf: NFPROTO_IPV4,
    hook: NF_INET_PRE_ROUTING,
    priority: NF_IP_PRI.CONNTRACK,
    fn: nfConntrackIn,
  },
  {
    name: "nf_conntrack_in",
    pf: NFPROTO_IPV4,
    hook: NF_INET_LOCAL_OUT,
    priority: NF_IP_PRI.CONNTRACK,
    fn: ipv4ConntrackLocal,
  },
  {
    name: "nf_confirm",
    pf: NFPROTO_IPV4,
    hook: NF_INET_POST_ROUTING,
    priority: NF_IP_PRI.CONNTRACK_CONFIRM,
    fn: nfConfirm,
  },
  {
    name: "nf_confirm",
    pf: NFPROTO_IPV4,
    hook: NF_INET_LOCAL_IN,
    priority: NF_IP_PRI.CONNTRACK_CONFIRM,
    fn: nfConfirm,
  },
];

export function registerConntrackHooks(ns: NetNamespace): void {
  for (const ops of OPS) ns.hooks.register(ops);
}

export function unregisterConntrackHooks(ns: NetNamespace): void {
  for (const ops of OPS) ns.hooks.unregister(ops);
}
