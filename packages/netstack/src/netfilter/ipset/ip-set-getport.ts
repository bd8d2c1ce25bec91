// Port and protocol of a packet as sets see them (net/netfilter/ipset/ip_set_getport.c).

import { getU16 } from "../../wire/bytes.ts";
import { ICMP_HLEN } from "../../wire/icmp-fields.ts";
import { IPPROTO_ICMP, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from "../../wire/ipv4-fields.ts";
import { TCP_HLEN } from "../../wire/tcp-fields.ts";
import { UDP_HLEN } from "../../wire/udp-fields.ts";
import { SCTP_HLEN } from "../conntrack/sctp-crc.ts";
import type { XtContext } from "../xtables/context.ts";
import { hasPorts, protoPortKey } from "./proto-port.ts";

function headerLen(proto: number): number {
  return proto === IPPROTO_TCP ? TCP_HLEN : proto === IPPROTO_SCTP ? SCTP_HLEN : UDP_HLEN;
}

/** Key of proto-port.ts; -1: the packet has none (later fragments, cut headers). */
export function packetPort(c: XtContext, src: boolean): number {
  const { proto } = c;
  if (proto === 0) return -1;
  if (hasPorts(proto)) {
    if (c.fragOff !== 0 || !c.hasTransport(headerLen(proto))) return -1;
    return protoPortKey(proto, getU16(c.buf, c.thoff + (src ? 0 : 2)));
  }
  if (proto !== IPPROTO_ICMP) return protoPortKey(proto, 0);
  if (c.fragOff !== 0 || !c.hasTransport(ICMP_HLEN)) return -1;
  return protoPortKey(proto, getU16(c.buf, c.thoff));
}

/** Port of TCP and UDP packets; -1 for all others (ip_set_get_ip_port). */
export function tcpUdpPort(c: XtContext, src: boolean): number {
  if (c.proto !== IPPROTO_TCP && c.proto !== IPPROTO_UDP) return -1;
  const key = packetPort(c, src);
  return key < 0 ? -1 : key >>> 8;
}

/** Address of word `dim` (0-based) of the rule. */
export function packetAddr(c: XtContext, src: number, dim: number): number {
  return (src & (1 << dim)) !== 0 ? c.saddr : c.daddr;
}
