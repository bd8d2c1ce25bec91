// Conntrack sees whole datagrams: fragments are gathered before it (net/ipv4/netfilter/nf_defrag_ipv4.c).

import type { Packet } from "../../skb/packet.ts";
import { IP_CT_UNTRACKED } from "../../skb/packet.ts";
import { ipDefrag } from "../../ipv4/ip-fragment.ts";
import { ipIsFragment } from "../../wire/ipv4-fields.ts";
import type { HookState, Verdict } from "../hooks.ts";
import { NF_ACCEPT, NF_INET_PRE_ROUTING, NF_STOLEN } from "../hooks.ts";
import { IPS_TEMPLATE, ZONE_DIR_ORIG } from "./conntrack.ts";

/** ip_defrag_users: queues of different users never mix; a zone adds to the base. */
export const IP_DEFRAG_CONNTRACK_IN = 2;
export const IP_DEFRAG_CONNTRACK_OUT = 2 + 0x10000;
export const IP_DEFRAG_CONNTRACK_BRIDGE_IN = 2 + 2 * 0x10000;

/** nf_ct_defrag_user. */
function defragUser(state: HookState, pkt: Packet): number {
  const zone = pkt.ct !== null && (pkt.ct.zoneDir & ZONE_DIR_ORIG) !== 0 ? pkt.ct.zone : 0;
  if (pkt.nfBridge !== null) return IP_DEFRAG_CONNTRACK_BRIDGE_IN + zone;
  return (state.hook === NF_INET_PRE_ROUTING ? IP_DEFRAG_CONNTRACK_IN : IP_DEFRAG_CONNTRACK_OUT) + zone;
}

/** ipv4_conntrack_defrag. The packet that completes a datagram goes on as the whole of it and may be fragmented again although DF is set. */
export function ipv4ConntrackDefrag(state: HookState, pkt: Packet): Verdict {
  if (pkt.ct !== null ? (pkt.ct.status & IPS_TEMPLATE) === 0 : pkt.ctinfo === IP_CT_UNTRACKED) return NF_ACCEPT;
  if (!ipIsFragment(pkt.buf, pkt.nh)) return NF_ACCEPT;
  if (ipDefrag(state.ns, pkt, defragUser(state, pkt)) === "queued") return NF_STOLEN;
  pkt.ignoreDf = true;
  return NF_ACCEPT;
}
