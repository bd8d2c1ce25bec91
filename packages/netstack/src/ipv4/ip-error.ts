// The end of packets that have no route (net/ipv4/route.c: ip_error).

import type { NetNamespace } from "../netns/net-namespace.ts";
import type { DropReason } from "../skb/drop-reason.ts";
import { kfreeSkb } from "../skb/kfree-skb.ts";
import type { Packet } from "../skb/packet.ts";
import { ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, ICMP_NET_UNREACH, ICMP_PKT_FILTERED } from "../wire/icmp-fields.ts";
import { ipSaddr } from "../wire/ipv4-fields.ts";
import type { RouteErrno } from "./rt-types.ts";

/** ip_rt_error_burst and ip_rt_error_cost in ms: five answers at once, then one a second. */
const ERROR_BURST = 5000;
const ERROR_COST = 1000;

const CODES: Readonly<Partial<Record<RouteErrno, number>>> = {
  EHOSTUNREACH: ICMP_HOST_UNREACH,
  ENETUNREACH: ICMP_NET_UNREACH,
  EACCES: ICMP_PKT_FILTERED,
};

const DETAILS: Readonly<Partial<Record<RouteErrno, string>>> = {
  EHOSTUNREACH: "unreachable route",
  ENETUNREACH: "no route",
  EACCES: "prohibit route",
  EINVAL: "blackhole route",
};

export function ipError(ns: NetNamespace, pkt: Packet): void {
  const error = pkt.route?.error ?? "EINVAL";
  const forwards = pkt.dev?.inDev.forwards === true;
  const reason = forwards ? answer(ns, pkt, error) : refuse(ns, error);
  kfreeSkb(ns, pkt, reason, "ip_error", forwards ? (DETAILS[error] ?? "") : "forwarding is off");
}

/** A host that does not forward says nothing. */
function refuse(ns: NetNamespace, error: RouteErrno): DropReason {
  if (error === "EHOSTUNREACH") {
    ns.ipv4.mib.IpInAddrErrors++;
    return "IP_INADDRERRORS";
  }
  if (error !== "ENETUNREACH") return "NOT_SPECIFIED";
  ns.ipv4.mib.IpExtInNoRoutes++;
  return "IP_INNOROUTES";
}

function answer(ns: NetNamespace, pkt: Packet, error: RouteErrno): DropReason {
  const code = CODES[error];
  if (error === "ENETUNREACH") ns.ipv4.mib.IpExtInNoRoutes++;
  if (code !== undefined && errorAllowed(ns, pkt)) ns.ipv4.icmpSend(pkt, ICMP_DEST_UNREACH, code, 0);
  return error === "ENETUNREACH" ? "IP_INNOROUTES" : "NOT_SPECIFIED";
}

// The bucket is the one icmp_send draws from too: such errors are charged twice.
function errorAllowed(ns: NetNamespace, pkt: Packet): boolean {
  const peer = ns.ipv4.peer(ipSaddr(pkt.buf, pkt.nh));
  peer.rateTokens = Math.min(peer.rateTokens + ns.world.now - peer.rateLast, ERROR_BURST);
  peer.rateLast = ns.world.now;
  if (peer.rateTokens < ERROR_COST) return false;
  peer.rateTokens -= ERROR_COST;
  return true;
}
