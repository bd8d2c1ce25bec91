// Rewriting a packet so that it fits a tuple: addresses, ports, ids and every checksum that covers them
// (net/netfilter/nf_nat_proto.c). Works on the outer header and on the one quoted in an ICMP error.

import type { Packet } from "../../skb/packet.ts";
import { CHECKSUM_NONE, CHECKSUM_PARTIAL } from "../../skb/packet.ts";
import { getU16, getU32, setU16, setU32 } from "../../wire/bytes.ts";
import { csumReplace2, csumReplace4, csumReplacePartial4 } from "../../wire/checksum.ts";
import {
  ICMP_CHECK_OFF,
  ICMP_ECHO,
  ICMP_ECHOREPLY,
  ICMP_HLEN,
  ICMP_ID_OFF,
  ICMP_REDIRECT,
  ICMP_TIMESTAMP,
  ICMP_ADDRESSREPLY,
  icmpSetCheck,
  icmpType,
} from "../../wire/icmp-fields.ts";
import {
  IP_CHECK_OFF,
  IP_DADDR_OFF,
  IP_SADDR_OFF,
  IPPROTO_GRE,
  IPPROTO_ICMP,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
  ipDaddr,
  ipHdrLen,
  ipProto,
  ipSaddr,
} from "../../wire/ipv4-fields.ts";
import { TCP_CHECK_OFF, TCP_HLEN } from "../../wire/tcp-fields.ts";
import { UDP_CHECK_OFF, UDP_HLEN } from "../../wire/udp-fields.ts";
import type { Conntrack } from "../conntrack/conntrack.ts";
import { ctinfoDir, IPS_DST_NAT, IPS_NAT_DONE_MASK, IPS_NAT_MASK, IPS_SRC_NAT } from "../conntrack/conntrack.ts";
import { nfIpChecksumBad } from "../conntrack/l4proto.ts";
import { SCTP_HLEN, sctpSetCheck } from "../conntrack/sctp-crc.ts";
import type { CtDir } from "../conntrack/tuple.ts";
import { IP_CT_DIR_REPLY, nfCtInvertTuple, Tuple } from "../conntrack/tuple.ts";
import type { HookNum } from "../hooks.ts";
import type { NatManip } from "./nat-range.ts";
import { NF_NAT_MANIP_DST, NF_NAT_MANIP_SRC } from "./nat-range.ts";

/** A checksum of 0 that was computed, not left out (CSUM_MANGLED_0). */
const CSUM_MANGLED_0 = 0xffff;

/** nf_csum_update: the pseudo header's address changes. A partial checksum is a bare sum. */
function csumUpdate(pkt: Packet, iph: number, check: number, t: Tuple, manip: NatManip): void {
  const from = manip === NF_NAT_MANIP_SRC ? ipSaddr(pkt.buf, iph) : ipDaddr(pkt.buf, iph);
  const to = manip === NF_NAT_MANIP_SRC ? t.src : t.dst;
  if (pkt.ipSummed === CHECKSUM_PARTIAL) csumReplacePartial4(pkt.buf, check, from, to);
  else csumReplace4(pkt.buf, check, from, to);
}

/** inet_proto_csum_replace2 of a field outside the pseudo header: a partial checksum does not cover it. */
function csumReplacePort(pkt: Packet, check: number, from: number, to: number): void {
  if (pkt.ipSummed !== CHECKSUM_PARTIAL) csumReplace2(pkt.buf, check, from, to);
}

/** New port of this manip, and where it stands. */
function portAt(hdr: number, manip: NatManip): number {
  return manip === NF_NAT_MANIP_SRC ? hdr : hdr + 2;
}
function portOf(t: Tuple, manip: NatManip): number {
  return manip === NF_NAT_MANIP_SRC ? t.sport : t.dport;
}

/** tcp_manip_pkt. A quoted header may end after 8 bytes: then there is no checksum to mend. */
function tcpManip(pkt: Packet, iph: number, th: number, t: Tuple, manip: NatManip): boolean {
  if (th + 8 > pkt.tail) return false;
  const at = portAt(th, manip);
  const old = getU16(pkt.buf, at);
  const port = portOf(t, manip);
  setU16(pkt.buf, at, port);
  if (th + TCP_HLEN > pkt.tail) return true;
  csumUpdate(pkt, iph, th + TCP_CHECK_OFF, t, manip);
  csumReplacePort(pkt, th + TCP_CHECK_OFF, old, port);
  return true;
}

/** udp_manip_pkt: a checksum of 0 means there is none, and stays; one that becomes 0 is written as 0xffff. UDP-Lite always has one. */
function udpManip(pkt: Packet, iph: number, uh: number, t: Tuple, manip: NatManip): boolean {
  if (uh + UDP_HLEN > pkt.tail) return false;
  const at = portAt(uh, manip);
  const check = uh + UDP_CHECK_OFF;
  const port = portOf(t, manip);
  if (t.proto === IPPROTO_UDPLITE || getU16(pkt.buf, check) !== 0) {
    csumUpdate(pkt, iph, check, t, manip);
    csumReplacePort(pkt, check, getU16(pkt.buf, at), port);
    if (getU16(pkt.buf, check) === 0) setU16(pkt.buf, check, CSUM_MANGLED_0);
  }
  setU16(pkt.buf, at, port);
  return true;
}

/** sctp_manip_pkt: CRC32c is computed anew, an incremental update does not exist. */
function sctpManip(pkt: Packet, sh: number, t: Tuple, manip: NatManip): boolean {
  if (sh + 8 > pkt.tail) return false;
  setU16(pkt.buf, portAt(sh, manip), portOf(t, manip));
  if (sh + SCTP_HLEN > pkt.tail || pkt.ipSummed === CHECKSUM_PARTIAL) return true;
  sctpSetCheck(pkt.buf, sh, pkt.tail);
  pkt.ipSummed = CHECKSUM_NONE;
  return true;
}

/** Messages with an id: echo, timestamp, information, address mask. */
function hasIcmpId(type: number): boolean {
  return type === ICMP_ECHO || type === ICMP_ECHOREPLY || (type >= ICMP_TIMESTAMP && type <= ICMP_ADDRESSREPLY);
}

/** icmp_manip_pkt. */
function icmpManip(pkt: Packet, hdr: number, t: Tuple): boolean {
  if (hdr + ICMP_HLEN > pkt.tail) return false;
  if (!hasIcmpId(icmpType(pkt.buf, hdr))) return true;
  csumReplacePort(pkt, hdr + ICMP_CHECK_OFF, getU16(pkt.buf, hdr + ICMP_ID_OFF), t.sport);
  setU16(pkt.buf, hdr + ICMP_ID_OFF, t.sport);
  return true;
}

/** gre_manip_pkt: only PPTP's call id of the destination. */
function greManip(pkt: Packet, hdr: number, t: Tuple, manip: NatManip): boolean {
  if (hdr + 4 > pkt.tail) return false;
  if (manip !== NF_NAT_MANIP_DST || (getU16(pkt.buf, hdr) & 7) !== 1 || hdr + 8 > pkt.tail) return true;
  setU16(pkt.buf, hdr + 6, t.dport);
  return true;
}

/** l4proto_manip_pkt: by the tuple's protocol, which for an ICMP error's outer header is ICMP. */
function l4Manip(pkt: Packet, iph: number, hdr: number, t: Tuple, manip: NatManip): boolean {
  switch (t.proto) {
    case IPPROTO_TCP:
      return tcpManip(pkt, iph, hdr, t, manip);
    case IPPROTO_UDP:
    case IPPROTO_UDPLITE:
      return udpManip(pkt, iph, hdr, t, manip);
    case IPPROTO_SCTP:
      return sctpManip(pkt, hdr, t, manip);
    case IPPROTO_ICMP:
      return icmpManip(pkt, hdr, t);
    case IPPROTO_GRE:
      return greManip(pkt, hdr, t, manip);
    default:
      return true;
  }
}

/** nf_nat_ipv4_manip_pkt: the header at `iph` and what follows get the source or destination of `t`. False: too short. */
export function nfNatIpv4ManipPkt(pkt: Packet, iph: number, t: Tuple, manip: NatManip): boolean {
  if (iph + 20 > pkt.tail || !l4Manip(pkt, iph, iph + ipHdrLen(pkt.buf, iph), t, manip)) return false;
  const at = iph + (manip === NF_NAT_MANIP_SRC ? IP_SADDR_OFF : IP_DADDR_OFF);
  const addr = manip === NF_NAT_MANIP_SRC ? t.src : t.dst;
  csumReplace4(pkt.buf, iph + IP_CHECK_OFF, getU32(pkt.buf, at), addr);
  setU32(pkt.buf, at, addr);
  return true;
}

/** Status bit that says whether this manip applies to a packet of this direction. */
function statusBit(manip: NatManip, dir: CtDir): number {
  const bit = manip === NF_NAT_MANIP_SRC ? IPS_SRC_NAT : IPS_DST_NAT;
  return dir === IP_CT_DIR_REPLY ? bit ^ IPS_NAT_MASK : bit;
}

/** nf_nat_packet: translate a packet of a known connection as its tuples say. False: drop. `scratch` is overwritten. */
export function nfNatPacket(pkt: Packet, ct: Conntrack, manip: NatManip, scratch: Tuple): boolean {
  const dir = ctinfoDir(pkt.ctinfo);
  if ((ct.status & statusBit(manip, dir)) === 0) return true;
  // Looking like the inverse of what the other direction will look like when it comes in.
  return nfCtInvertTuple(scratch, ct.tuple(dir === 0 ? 1 : 0)) && nfNatIpv4ManipPkt(pkt, pkt.nh, scratch, manip);
}

/** A redirect would tell the host to send elsewhere what must come here to be translated. */
function refusesRedirect(pkt: Packet, icmp: number, ct: Conntrack): boolean {
  if (icmpType(pkt.buf, icmp) !== ICMP_REDIRECT) return false;
  return (ct.status & IPS_NAT_DONE_MASK) !== IPS_NAT_DONE_MASK || (ct.status & IPS_NAT_MASK) !== 0;
}

/**
 * nf_nat_icmp_reply_translation: an ICMP error about a translated connection. The quoted packet is turned back into what its
 * sender sent, then the error itself is translated like an answer. False: drop. `scratch` is overwritten.
 */
export function nfNatIcmpReplyTranslation(
  pkt: Packet,
  ct: Conntrack,
  hook: HookNum,
  manip: NatManip,
  scratch: Tuple,
): boolean {
  const dir = ctinfoDir(pkt.ctinfo);
  const other = ct.tuple(dir === 0 ? 1 : 0);
  const icmp = pkt.nh + ipHdrLen(pkt.buf, pkt.nh);
  if (icmp + ICMP_HLEN > pkt.tail || nfIpChecksumBad(pkt, icmp, IPPROTO_ICMP, hook)) return false;
  if (refusesRedirect(pkt, icmp, ct)) return false;
  if ((ct.status & statusBit(manip, dir)) === 0) return true;
  const opposite = manip === NF_NAT_MANIP_SRC ? NF_NAT_MANIP_DST : NF_NAT_MANIP_SRC;
  if (!nfNatIpv4ManipPkt(pkt, icmp + ICMP_HLEN, other, opposite)) return false;
  if (pkt.ipSummed !== CHECKSUM_PARTIAL) icmpSetCheck(pkt.buf, icmp, pkt.tail - icmp);
  if (!nfCtInvertTuple(scratch, other)) return false;
  scratch.proto = IPPROTO_ICMP;
  return nfNatIpv4ManipPkt(pkt, pkt.nh, scratch, manip);
}

/** Protocol of the packet is ICMP (errors of a connection are translated differently). */
export function isIcmp(pkt: Packet): boolean {
  return ipProto(pkt.buf, pkt.nh) === IPPROTO_ICMP;
}
