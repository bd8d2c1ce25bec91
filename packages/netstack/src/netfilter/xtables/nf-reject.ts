// Answers of REJECT (net/ipv4/netfilter/nf_reject_ipv4.c).

import { devHardHeader, devQueueXmit } from "../../dev/xmit.ts";
import { ipLocalOut } from "../../ipv4/ip-output.ts";
import { ipRouteMeHarder, RTCF_BROADCAST, RTCF_MULTICAST } from "../../ipv4/route.ts";
import type { NetNamespace } from "../../netns/net-namespace.ts";
import { kfreeSkb } from "../../skb/kfree-skb.ts";
import { CHECKSUM_PARTIAL, CHECKSUM_UNNECESSARY } from "../../skb/packet.ts";
import type { Packet } from "../../skb/packet.ts";
import { getU16, getU32, setU16, setU32 } from "../../wire/bytes.ts";
import { ETH_P_IP, ethDst, ethSrc } from "../../wire/ethernet.ts";
import {
  IP_DF,
  IP_OFFSET,
  IPPROTO_GRE,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
  ipDaddr,
  ipFragOff,
  ipHdrLen,
  ipProto,
  ipSaddr,
  ipSendCheck,
  ipWrite,
} from "../../wire/ipv4-fields.ts";
import {
  TCP_ACK,
  TCP_FIN,
  TCP_FLAGS_OFF,
  TCP_HLEN,
  TCP_RST,
  TCP_SYN,
  tcpSetPartialCheck,
} from "../../wire/tcp-fields.ts";
import { IPS_CONFIRMED, IPS_FIXED_TIMEOUT } from "../conntrack/conntrack.ts";
import { nfCtAttach, nfCtGet } from "../conntrack/conntrack-core.ts";
import { IPCT_PROTOINFO } from "../conntrack/events.ts";
import type { HookNum } from "../hooks.ts";
import { nfIpChecksumBad } from "../conntrack/l4proto.ts";
import { TCP_CT_CLOSE } from "../conntrack/tcp-states.ts";

const ICMP_DEST_UNREACH = 3;
const IP_HLEN = 20;
/** Protocols whose packets carry no checksum over the whole payload: AH, ESP, SCTP, UDP-lite, DCCP. */
const UNCHECKED: readonly number[] = [51, 50, IPPROTO_SCTP, IPPROTO_UDPLITE, 33];

/** nf_reject_verify_csum: has the packet a checksum that can be judged? A header that is cut short counts as one. */
function hasChecksum(pkt: Packet, at: number, proto: number): boolean {
  if (proto === IPPROTO_UDP) return at + 8 > pkt.tail || getU16(pkt.buf, at + 6) !== 0;
  if (proto === IPPROTO_GRE) return at + 4 > pkt.tail || (getU16(pkt.buf, at) & 0x8000) !== 0;
  return !UNCHECKED.includes(proto);
}

/** nf_send_unreach. Broken packets and later fragments are dropped in silence. */
export function nfSendUnreach(ns: NetNamespace, pkt: Packet, code: number, hook: HookNum): void {
  const { buf, nh } = pkt;
  if ((ipFragOff(buf, nh) & IP_OFFSET) !== 0) return;
  const proto = ipProto(buf, nh);
  const at = nh + ipHdrLen(buf, nh);
  const settled = pkt.csumValid || pkt.ipSummed === CHECKSUM_UNNECESSARY;
  if (!settled && hasChecksum(pkt, at, proto) && nfIpChecksumBad(pkt, at, proto, hook)) return;
  ns.ipv4.icmpSend(pkt, ICMP_DEST_UNREACH, code, 0);
}

/** nf_send_reset: never an answer to a RST, a fragment, or a segment with a wrong checksum. */
export function nfSendReset(ns: NetNamespace, pkt: Packet, hook: HookNum): void {
  const { buf, nh, route } = pkt;
  const th = nh + ipHdrLen(buf, nh);
  if ((ipFragOff(buf, nh) & IP_OFFSET) !== 0 || ipProto(buf, nh) !== IPPROTO_TCP || th + TCP_HLEN > pkt.tail) return;
  if (((buf[th + TCP_FLAGS_OFF] as number) & TCP_RST) !== 0 || nfIpChecksumBad(pkt, th, IPPROTO_TCP, hook)) return;
  if (route === null || (route.flags & (RTCF_BROADCAST | RTCF_MULTICAST)) !== 0) return;
  const made = buildReset(ns, pkt, th);
  made.route = route;
  const failure = ipRouteMeHarder(ns, made);
  if (failure !== null) {
    kfreeSkb(ns, made, "NOT_SPECIFIED", "nf_send_reset", `no route for the RST: ${failure}`);
    return;
  }
  if (ns.world.tracer !== null)
    ns.world.trace(ns, pkt, "nf_send_reset", { kind: "answer", what: "tcp-reset", made: made.id });
  nfCtAttach(made, pkt);
  setClosing(ns, pkt);
  transmit(ns, made, pkt);
}

/** nf_reject_iphdr_put, nf_reject_ip_tcphdr_put. */
function buildReset(ns: NetNamespace, pkt: Packet, th: number): Packet {
  const { buf, nh } = pkt;
  const made = ns.world.allocSkb(IP_HLEN + TCP_HLEN, pkt);
  made.nh = made.head;
  made.protocol = ETH_P_IP;
  made.mark = ns.ipv4.sysctls.fwmark_reflect !== 0 ? pkt.mark : 0;
  const b = made.buf;
  const saddr = ipDaddr(buf, nh);
  const daddr = ipSaddr(buf, nh);
  ipWrite(b, made.nh, {
    tos: 0,
    totLen: IP_HLEN + TCP_HLEN,
    id: 0,
    fragOff: IP_DF,
    ttl: ns.ipv4.sysctls.ip_default_ttl,
    proto: IPPROTO_TCP,
    saddr,
    daddr,
  });
  const at = made.nh + IP_HLEN;
  setU16(b, at, getU16(buf, th + 2));
  setU16(b, at + 2, getU16(buf, th));
  b[at + 12] = (TCP_HLEN / 4) << 4;
  answerNumbers(b, at, pkt, th);
  tcpSetPartialCheck(b, at, TCP_HLEN, saddr, daddr);
  made.ipSummed = CHECKSUM_PARTIAL;
  return made;
}

/** RFC 9293 §3.10.7.1: take the sequence number from the ACK, or acknowledge what came. */
function answerNumbers(b: Uint8Array, at: number, pkt: Packet, th: number): void {
  const { buf } = pkt;
  const flags = buf[th + TCP_FLAGS_OFF] as number;
  if ((flags & TCP_ACK) !== 0) {
    setU32(b, at + 4, getU32(buf, th + 8));
    b[at + TCP_FLAGS_OFF] = TCP_RST;
    return;
  }
  const span =
    ((flags & TCP_SYN) !== 0 ? 1 : 0) +
    ((flags & TCP_FIN) !== 0 ? 1 : 0) +
    pkt.tail -
    th -
    ((buf[th + 12] as number) >>> 4) * 4;
  setU32(b, at + 8, (getU32(buf, th + 4) + span) >>> 0);
  b[at + TCP_FLAGS_OFF] = TCP_RST | TCP_ACK;
}

/** nf_conntrack_tcp_set_closing: the connection that is being reset goes to CLOSE at once. */
function setClosing(ns: NetNamespace, pkt: Packet): void {
  const ct = nfCtGet(pkt);
  if (ct === null || ct.tcp === null || !ct.has(IPS_CONFIRMED)) return;
  const before = ct.tcp.state;
  ct.tcp.state = TCP_CT_CLOSE;
  if (before === TCP_CT_CLOSE || ct.has(IPS_FIXED_TIMEOUT)) return;
  ct.timeout = ns.ct.now + ns.ct.sysctl.tcpTimeout(TCP_CT_CLOSE) * 1000;
  ns.ct.cacheEvent(ct, IPCT_PROTOINFO);
}

/** A bridged packet is answered by the port it came from, with the MAC addresses of the frame turned round. */
function transmit(ns: NetNamespace, made: Packet, pkt: Packet): void {
  const port = pkt.nfBridge?.physindev ?? null;
  if (pkt.nfBridge === null) {
    ipLocalOut(ns, null, made);
    return;
  }
  if (port === null || pkt.mac < 0) {
    kfreeSkb(ns, made, "NOT_SPECIFIED", "nf_send_reset", "the bridge port it came from is gone");
    return;
  }
  made.dev = port;
  ipSendCheck(made.buf, made.nh);
  devHardHeader(made, port, ETH_P_IP, ethSrc(pkt.buf, pkt.mac), ethDst(pkt.buf, pkt.mac));
  devQueueXmit(made);
}
