// Sending ICMP: errors about received packets, and answers (net/ipv4/icmp.c: __icmp_send, icmp_reply).

import type { Ipv4 } from "../addr/ipv4.ts";
import { IFF_LOOPBACK } from "../dev/net-device.ts";
import { nfCtAttach } from "../netfilter/conntrack/conntrack-core.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import type { Packet } from "../skb/packet.ts";
import { PACKET_HOST } from "../skb/packet.ts";
import { ICMP_HLEN, icmpIsError, icmpSetCheck, icmpWrite, NR_ICMP_TYPES } from "../wire/icmp-fields.ts";
import {
  IP_OFFSET,
  IPPROTO_ICMP,
  ipDaddr,
  ipFragOff,
  ipHdrLen,
  ipProto,
  ipSaddr,
  ipTos,
  ipWrite,
} from "../wire/ipv4-fields.ts";
import { inetSelectAddr } from "./fib/addr-type.ts";
import { fibComputeSpecDst } from "./fib/spec-dst.ts";
import { icmpGlobalAllow, icmpXrlimAllow } from "./icmp-limits.ts";
import { appendedPieces } from "./ip-do-fragment.ts";
import { ipLocalOut } from "./ip-output.ts";
import type { BuiltOptions } from "./ip-options.ts";
import { ipOptionsEcho } from "./ip-options.ts";
import { ipRouteOutput } from "./route-output.ts";
import type { FlowKey, Route } from "./rtable.ts";
import { flowKey, RTCF_BROADCAST, RTCF_MULTICAST } from "./rtable.ts";
import { RT_SCOPE_LINK } from "./rt-types.ts";
import { countUp } from "./snmp.ts";

/** Errors fill a packet of this size at most (RFC 1812 §4.3.2.3). */
const ICMP_ERROR_LEN = 576;
/** Source of last resort, RFC 7600: 192.0.0.8. */
const INADDR_DUMMY = 0xc0000008 as Ipv4;
const INTERNETCONTROL = 0xc0;
const IP_HLEN = 20;

/**
 * icmp_send: report `type`/`code` to the sender of `pkt`, which stays the caller's. `info` is the four bytes behind the
 * checksum as u32 (MTU, gateway, pointer in the top byte). Silent where __icmp_send forbids an answer or limits are used up.
 */
export function icmpSend(pkt: Packet, type: number, code: number, info: number): void {
  const { route } = pkt;
  if (route === null) return;
  const { ns } = route.dev;
  if (!mayAnswer(pkt, route, type)) return;
  const fromLoopback = pkt.dev !== null && (pkt.dev.flags & IFF_LOOPBACK) !== 0;
  if (!fromLoopback && !icmpGlobalAllow(ns, type, code)) return;
  if (ns.ipv4.icmpBusy) return;
  const b = pkt.buf;
  const saddr = route.isLocal ? ipDaddr(b, pkt.nh) : errorSource(ns, pkt, route);
  const tos = icmpIsError(type) ? (ipTos(b, pkt.nh) & 0x1e) | INTERNETCONTROL : ipTos(b, pkt.nh);
  const key = flowKey(ipSaddr(b, pkt.nh), { saddr, tos: tos & 0x1c, proto: IPPROTO_ICMP, mark: replyMark(ns, pkt) });
  const back = ipRouteOutput(ns, key);
  if (typeof back === "string" || !icmpXrlimAllow(ns, back.dev, key.daddr, type, code)) return;
  if (key.saddr === 0) key.saddr = INADDR_DUMMY;
  const options = ipOptionsEcho(ns, pkt, key.saddr);
  if (options === null) return;
  const room = Math.min(back.mtu, ICMP_ERROR_LEN) - IP_HLEN - options.bytes.length - ICMP_HLEN;
  if (room <= IP_HLEN) return;
  const quote = b.subarray(pkt.nh, Math.min(pkt.tail, pkt.nh + room));
  push(ns, pkt, key, back, { type, code, info, tos, data: quote, options });
}

/** Who may be answered: unicast to us in frame and packet, first fragments, and no errors about errors. */
function mayAnswer(pkt: Packet, route: Route, type: number): boolean {
  const b = pkt.buf;
  if (pkt.pktType !== PACKET_HOST || pkt.nh + IP_HLEN > pkt.tail) return false;
  if ((route.flags & (RTCF_BROADCAST | RTCF_MULTICAST)) !== 0) return false;
  if ((ipFragOff(b, pkt.nh) & IP_OFFSET) !== 0) return false;
  if (!icmpIsError(type) || ipProto(b, pkt.nh) !== IPPROTO_ICMP) return true;
  const at = pkt.nh + ipHdrLen(b, pkt.nh);
  const about = at < pkt.tail ? (b[at] as number) : NR_ICMP_TYPES + 1;
  return about <= NR_ICMP_TYPES && !icmpIsError(about);
}

/** The source of an error about a packet that was not for us: chosen by the route back, or the ingress address. */
function errorSource(ns: NetNamespace, pkt: Packet, route: Route): Ipv4 {
  if (!route.input || ns.ipv4.sysctls.icmp_errors_use_inbound_ifaddr === 0) return 0 as Ipv4;
  const dev = ns.devices.byIndex(pkt.iif);
  return dev === undefined ? (0 as Ipv4) : inetSelectAddr(ns, dev, ipSaddr(pkt.buf, pkt.nh), RT_SCOPE_LINK);
}

function replyMark(ns: NetNamespace, pkt: Packet): number {
  return ns.ipv4.sysctls.fwmark_reflect !== 0 ? pkt.mark : 0;
}

interface IcmpMessage {
  readonly type: number;
  readonly code: number;
  readonly info: number;
  readonly tos: number;
  /** What follows the eight bytes. */
  readonly data: Uint8Array;
  readonly options: BuiltOptions;
}

/** icmp_reply: answer `pkt` (an echo or timestamp request) from the address it was sent to. */
export function icmpReply(ns: NetNamespace, pkt: Packet, type: number, info: number, data: Uint8Array): void {
  const b = pkt.buf;
  const tos = ipTos(b, pkt.nh);
  const saddr = fibComputeSpecDst(ns, pkt);
  const key = flowKey(ipSaddr(b, pkt.nh), { saddr, tos: tos & 0x1c, proto: IPPROTO_ICMP, mark: replyMark(ns, pkt) });
  if (!icmpGlobalAllow(ns, type, 0)) return;
  const back = ipRouteOutput(ns, key);
  if (typeof back === "string" || !icmpXrlimAllow(ns, back.dev, key.daddr, type, 0)) return;
  const options = ipOptionsEcho(ns, pkt, key.saddr);
  if (options !== null) push(ns, pkt, key, back, { type, code: 0, info, tos, data, options });
}

/** icmp_push_reply: build the message and send it. TTL is the namespace's, DF clear, the id from the pair's counter. */
function push(ns: NetNamespace, cause: Packet, key: FlowKey, route: Route, m: IcmpMessage): void {
  const hlen = IP_HLEN + m.options.bytes.length;
  const pkt = ns.world.allocSkb(hlen + ICMP_HLEN + m.data.length, cause);
  const b = pkt.buf;
  const th = pkt.head + hlen;
  icmpWrite(b, th, m.type, m.code, m.info);
  b.set(m.data, th + ICMP_HLEN);
  icmpSetCheck(b, th, pkt.tail - th);
  const ttl = ns.ipv4.sysctls.ip_default_ttl;
  const id = ns.ipv4.selectIdent(key.daddr, key.saddr, IPPROTO_ICMP);
  ipWrite(b, pkt.head, {
    tos: m.tos,
    totLen: pkt.len,
    id,
    fragOff: 0,
    ttl,
    proto: IPPROTO_ICMP,
    saddr: key.saddr,
    daddr: key.daddr,
  });
  b[pkt.head] = 0x40 | (hlen >>> 2);
  b.set(m.options.bytes, pkt.head + IP_HLEN);
  pkt.ipOpt = m.options.opt;
  pkt.fragSizes = appendedPieces(pkt.len - hlen, hlen, route.mtu);
  pkt.route = route;
  pkt.mark = key.mark;
  // icmp_glue_bits: an error belongs to the connection it is about.
  if (icmpIsError(m.type)) nfCtAttach(pkt, cause);
  ns.ipv4.mib.IcmpOutMsgs++;
  countUp(ns.ipv4.mib.icmpMsgOut, m.type);
  if (ns.world.tracer !== null) {
    ns.world.trace(ns, cause, "icmp_push_reply", {
      kind: "answer",
      what: `ICMP type ${m.type} code ${m.code}`,
      made: pkt.id,
      type: m.type,
      code: m.code,
    });
  }
  ns.ipv4.icmpBusy = true;
  try {
    ipLocalOut(ns, null, pkt);
  } finally {
    ns.ipv4.icmpBusy = false;
  }
}
