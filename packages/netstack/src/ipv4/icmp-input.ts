// Receiving ICMP (net/ipv4/icmp.c: icmp_rcv and its handlers).

import type { Ipv4 } from "../addr/ipv4.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import type { DropReason } from "../skb/drop-reason.ts";
import { consumeSkb, kfreeSkb } from "../skb/kfree-skb.ts";
import type { Packet } from "../skb/packet.ts";
import { setU32 } from "../wire/bytes.ts";
import {
  ICMP_ADDRESS,
  ICMP_ADDRESSREPLY,
  ICMP_DEST_UNREACH,
  ICMP_ECHO,
  ICMP_ECHOREPLY,
  ICMP_EXC_FRAGTIME,
  ICMP_FRAG_NEEDED,
  ICMP_HLEN,
  ICMP_PARAMETERPROB,
  ICMP_REDIRECT,
  ICMP_SOURCE_QUENCH,
  ICMP_TIME_EXCEEDED,
  ICMP_TIMESTAMP,
  ICMP_TIMESTAMPREPLY,
  icmpCheckOk,
  icmpCode,
  icmpGateway,
  icmpMtu,
  icmpType,
  NR_ICMP_TYPES,
  NR_ICMP_UNREACH,
} from "../wire/icmp-fields.ts";
import { getU32 } from "../wire/bytes.ts";
import { ipDaddr, ipHdrLen, ipProto, ipSaddr, ipTos } from "../wire/ipv4-fields.ts";
import { inetAddrType } from "./fib/addr-type.ts";
import { icmpReply } from "./icmp.ts";
import { inetCurrentTimestamp } from "./ip-options.ts";
import { ipDoRedirect, ipRtUpdatePmtu } from "./redirect.ts";
import { ipRouteOutput } from "./route-output.ts";
import { flowKey, RTCF_BROADCAST, RTCF_MULTICAST } from "./rtable.ts";
import { RTN_BROADCAST, RTN_LOCAL } from "./rt-types.ts";
import { countUp } from "./snmp.ts";

/** Handles a message; pkt.head is the ICMP header. Null: done; else why it is dropped. */
type IcmpHandler = (ns: NetNamespace, pkt: Packet) => DropReason | null;

// Types without a row are read and forgotten (icmp_discard).
const HANDLERS: Readonly<Record<number, IcmpHandler>> = {
  [ICMP_ECHOREPLY]: icmpEchoReply,
  [ICMP_DEST_UNREACH]: icmpUnreach,
  [ICMP_SOURCE_QUENCH]: icmpUnreach,
  [ICMP_REDIRECT]: icmpRedirect,
  [ICMP_ECHO]: icmpEcho,
  [ICMP_TIME_EXCEEDED]: icmpUnreach,
  [ICMP_PARAMETERPROB]: icmpUnreach,
  [ICMP_TIMESTAMP]: icmpTimestamp,
};

/** Requests that a broadcast may carry when icmp_echo_ignore_broadcasts is off. */
const GROUP_TYPES: readonly number[] = [ICMP_ECHO, ICMP_TIMESTAMP, ICMP_ADDRESS, ICMP_ADDRESSREPLY];

/** icmp_rcv: pkt.nh the IPv4 header, pkt.head the ICMP header. */
export function icmpRcv(pkt: Packet): void {
  const ns = pkt.dev?.ns;
  if (ns === undefined) throw new Error("icmp_rcv without a device");
  const reason = receive(ns, pkt);
  if (reason === null) consumeSkb(ns, pkt, "icmp_rcv");
  else if (reason !== "delivered") kfreeSkb(ns, pkt, reason, "icmp_rcv");
}

/** "delivered": a socket took the packet and ended its story. */
function receive(ns: NetNamespace, pkt: Packet): DropReason | "delivered" | null {
  const { mib } = ns.ipv4;
  mib.IcmpInMsgs++;
  const b = pkt.buf;
  if (pkt.len < ICMP_HLEN) return inError(ns, "NOT_SPECIFIED");
  if (!pkt.csumSettled && !icmpCheckOk(b, pkt.head, pkt.len)) {
    mib.IcmpInCsumErrors++;
    return inError(ns, "ICMP_CSUM");
  }
  const type = icmpType(b, pkt.head);
  countUp(mib.icmpMsgIn, type);
  if (type > NR_ICMP_TYPES) return inError(ns, "UNHANDLED_PROTO");
  if (isGroup(pkt) && !groupAllowed(ns, type)) return inError(ns, "INVALID_PROTO");
  if (type === ICMP_ECHOREPLY && ns.ipv4.pingRcv?.(pkt) === true) return "delivered";
  return HANDLERS[type]?.(ns, pkt) ?? null;
}

function inError(ns: NetNamespace, reason: DropReason): DropReason {
  ns.ipv4.mib.IcmpInErrors++;
  return reason;
}

function isGroup(pkt: Packet): boolean {
  return pkt.route !== null && (pkt.route.flags & (RTCF_BROADCAST | RTCF_MULTICAST)) !== 0;
}

function groupAllowed(ns: NetNamespace, type: number): boolean {
  const request = type === ICMP_ECHO || type === ICMP_TIMESTAMP;
  return !(request && ns.ipv4.sysctls.icmp_echo_ignore_broadcasts !== 0) && GROUP_TYPES.includes(type);
}

/** No ping socket wanted it. */
function icmpEchoReply(): DropReason {
  return "NO_SOCKET";
}

function icmpEcho(ns: NetNamespace, pkt: Packet): null {
  if (ns.ipv4.sysctls.icmp_echo_ignore_all !== 0) return null;
  const b = pkt.buf;
  icmpReply(ns, pkt, ICMP_ECHOREPLY, getU32(b, pkt.head + 4), b.subarray(pkt.head + ICMP_HLEN, pkt.tail));
  return null;
}

/** RFC 792: originate time stays, receive and transmit time are now. */
function icmpTimestamp(ns: NetNamespace, pkt: Packet): DropReason | null {
  const b = pkt.buf;
  if (pkt.len < ICMP_HLEN + 4) return inError(ns, "PKT_TOO_SMALL");
  const data = new Uint8Array(12);
  setU32(data, 0, getU32(b, pkt.head + ICMP_HLEN));
  setU32(data, 4, inetCurrentTimestamp(ns));
  setU32(data, 8, inetCurrentTimestamp(ns));
  icmpReply(ns, pkt, ICMP_TIMESTAMPREPLY, getU32(b, pkt.head + 4), data);
  return null;
}

/** icmp_unreach: destination unreachable, source quench, time exceeded, parameter problem. */
function icmpUnreach(ns: NetNamespace, pkt: Packet): DropReason | null {
  const b = pkt.buf;
  const quoted = pkt.head + ICMP_HLEN;
  if (quoted + 20 > pkt.tail) return inError(ns, "NOT_SPECIFIED");
  if (ipHdrLen(b, quoted) < 20) return inError(ns, "IP_INHDR");
  const type = icmpType(b, pkt.head);
  const code = icmpCode(b, pkt.head);
  if (type === ICMP_DEST_UNREACH && code > NR_ICMP_UNREACH) return null;
  if (type === ICMP_TIME_EXCEEDED && code === ICMP_EXC_FRAGTIME) return null;
  const fragNeeded = type === ICMP_DEST_UNREACH && code === ICMP_FRAG_NEEDED;
  if (fragNeeded && ns.ipv4.sysctls.ip_no_pmtu_disc === 2) return null;
  // A reply to something broadcast is bogus; who asks to hear of it gets a log line.
  if (ns.ipv4.sysctls.icmp_ignore_bogus_error_responses === 0 && inetAddrType(ns, ipDaddr(b, quoted)) === RTN_BROADCAST)
    return null;
  const info = fragNeeded ? icmpMtu(b, pkt.head) : type === ICMP_PARAMETERPROB ? (b[pkt.head + 4] as number) : 0;
  if (fragNeeded) learnPmtu(ns, pkt, quoted, info);
  return socketDeliver(ns, pkt, quoted, type, code, info);
}

/** icmp_redirect. */
function icmpRedirect(ns: NetNamespace, pkt: Packet): DropReason | null {
  const b = pkt.buf;
  const quoted = pkt.head + ICMP_HLEN;
  if (quoted + 20 > pkt.tail) return inError(ns, "PKT_TOO_SMALL");
  const gateway = icmpGateway(b, pkt.head) as Ipv4;
  const base = isQuotedOwned(ns, pkt, quoted) ? quotedRoute(ns, pkt, quoted) : null;
  if (base !== null && pkt.dev !== null && icmpCode(b, pkt.head) <= 3)
    ipDoRedirect(pkt.dev, base, ipDaddr(b, quoted), ipSaddr(b, pkt.nh), gateway);
  return socketDeliver(ns, pkt, quoted, ICMP_REDIRECT, icmpCode(b, pkt.head), gateway);
}

/** icmp_socket_deliver: the quoted packet's protocol hears of it when the quote is long enough to say whose it was. */
function socketDeliver(
  ns: NetNamespace,
  pkt: Packet,
  quoted: number,
  type: number,
  code: number,
  info: number,
): DropReason | null {
  const b = pkt.buf;
  if (quoted + ipHdrLen(b, quoted) + 8 > pkt.tail) return inError(ns, "NOT_SPECIFIED");
  const head = pkt.head;
  pkt.head = quoted;
  ns.ipv4.protocols[ipProto(b, quoted)]?.errHandler?.(pkt, type, code, info);
  pkt.head = head;
  return null;
}

/** Path MTUs and redirects are the business of the quoted protocol. TCP and UDP ask for the socket: a RST without one teaches nothing. */
function isQuotedOwned(ns: NetNamespace, pkt: Packet, quoted: number): boolean {
  const protocol = ns.ipv4.protocols[ipProto(pkt.buf, quoted)];
  if (protocol === undefined) return false;
  const head = pkt.head;
  pkt.head = quoted;
  const owned = protocol.owns?.(pkt) ?? true;
  pkt.head = head;
  return owned;
}

/** ipv4_update_pmtu: what the path of our own quoted packet carries. */
function learnPmtu(ns: NetNamespace, pkt: Packet, quoted: number, mtu: number): void {
  if (!isQuotedOwned(ns, pkt, quoted)) return;
  const base = quotedRoute(ns, pkt, quoted);
  if (base !== null) ipRtUpdatePmtu(ns, base, ipDaddr(pkt.buf, quoted), mtu);
}

/** The route our quoted packet takes; null when it was not ours. */
function quotedRoute(ns: NetNamespace, pkt: Packet, quoted: number): ReturnType<typeof usable> {
  const b = pkt.buf;
  const saddr = ipSaddr(b, quoted);
  if (inetAddrType(ns, saddr) !== RTN_LOCAL) return null;
  return usable(
    ipRouteOutput(ns, flowKey(ipDaddr(b, quoted), { saddr, tos: ipTos(b, quoted) & 0x1c, proto: ipProto(b, quoted) })),
  );
}

function usable(route: ReturnType<typeof ipRouteOutput>): Exclude<ReturnType<typeof ipRouteOutput>, string> | null {
  return typeof route === "string" ? null : route;
}
