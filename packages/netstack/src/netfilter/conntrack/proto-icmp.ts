// ICMP (nf_conntrack_proto_icmp.c): queries are connections of their own, errors belong to the connection they quote.

import type { Packet } from "../../skb/packet.ts";
import { IP_CT_IS_REPLY, IP_CT_RELATED } from "../../skb/packet.ts";
import {
  ICMP_ADDRESS,
  ICMP_ECHO,
  ICMP_HLEN,
  ICMP_INFO_REQUEST,
  ICMP_TIMESTAMP,
  icmpIsError,
  icmpType,
  NR_ICMP_TYPES,
} from "../../wire/icmp-fields.ts";
import { IPPROTO_ICMP, ipDaddr } from "../../wire/ipv4-fields.ts";
import type { HookNum } from "../hooks.ts";
import type { ConntrackNet } from "./conntrack-net.ts";
import type { Conntrack } from "./conntrack.ts";
import type { CtVerdict } from "./l4proto.ts";
import { CT_ACCEPT, CT_INVALID, mustVerify, nfCtRefreshAcct, nfIpChecksumBad } from "./l4proto.ts";
import type { CtDir } from "./tuple.ts";
import { getL4Offset, IP_CT_DIR_REPLY, nfCtGetTuple, nfCtInvertTuple } from "./tuple.ts";

/** A query that may begin a connection (valid_new). */
function mayBegin(type: number): boolean {
  return type === ICMP_ECHO || type === ICMP_TIMESTAMP || type === ICMP_INFO_REQUEST || type === ICMP_ADDRESS;
}

/** nf_conntrack_icmp_packet. The entry stays after the answer, so that duplicates of it still belong to it. */
export function nfConntrackIcmpPacket(
  net: ConntrackNet,
  ct: Conntrack,
  pkt: Packet,
  _dataoff: number,
  dir: CtDir,
): CtVerdict {
  if (!mayBegin(ct.orig.dport >>> 8)) return CT_INVALID;
  nfCtRefreshAcct(net, ct, dir, pkt, net.sysctl.icmpTimeout);
  return CT_ACCEPT;
}

/** nf_conntrack_icmpv4_error: refuses broken messages; an error gets the connection of the packet it quotes, or is refused. */
export function nfConntrackIcmpError(
  net: ConntrackNet,
  pkt: Packet,
  dataoff: number,
  hook: HookNum,
  tmpl: Conntrack | null,
): CtVerdict {
  if (dataoff + ICMP_HLEN > pkt.tail) return CT_INVALID;
  if (mustVerify(net, hook) && nfIpChecksumBad(pkt, dataoff, IPPROTO_ICMP, hook)) return CT_INVALID;
  const type = icmpType(pkt.buf, dataoff);
  if (type > NR_ICMP_TYPES) return CT_INVALID;
  return icmpIsError(type) ? inetError(net, pkt, dataoff + ICMP_HLEN, tmpl) : CT_ACCEPT;
}

/** nf_conntrack_inet_error. `inner` is the offset of the quoted IPv4 header. */
function inetError(net: ConntrackNet, pkt: Packet, inner: number, tmpl: Conntrack | null): CtVerdict {
  const quoted = net.scratchA;
  const wanted = net.scratchB;
  const l4 = getL4Offset(pkt.buf, inner, pkt.tail);
  // l4 at the header itself means a header length of 0.
  if (l4 <= inner || !nfCtGetTuple(pkt.buf, inner, l4, pkt.tail, quoted)) return CT_INVALID;
  // The quoted packet went out as we would see its answer come in: look for the opposite direction.
  if (!nfCtInvertTuple(wanted, quoted)) return CT_INVALID;
  const h = tmpl === null ? net.find(wanted) : net.find(wanted, tmpl.zone, tmpl.zoneDir);
  if (h === null || ipDaddr(pkt.buf, pkt.nh) !== h.dst) return CT_INVALID;
  pkt.ct = h.ct;
  pkt.ctinfo = IP_CT_RELATED + (h.dir === IP_CT_DIR_REPLY ? IP_CT_IS_REPLY : 0);
  return CT_ACCEPT;
}
