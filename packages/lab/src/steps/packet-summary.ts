// The first headers of a frame or packet, as tcpdump would name them.

import {
  ARPOP_REQUEST,
  arpOp,
  arpSip,
  arpTip,
  ETH_HLEN,
  ETH_P_ARP,
  ETH_P_IP,
  ethProto,
  formatIpv4,
  ipDaddr,
  ipFragOff,
  ipHdrLen,
  IP_OFFSET,
  IPPROTO_ICMP,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  ipProto,
  ipSaddr,
  ipTtl,
  getU16,
  TCP_FLAG_LETTERS,
} from "@kubehop/netstack";
import type { PacketSummary } from "../model/outcome.ts";

const NAMES: Readonly<Record<number, string>> = {
  [IPPROTO_ICMP]: "icmp",
  [IPPROTO_TCP]: "tcp",
  [IPPROTO_UDP]: "udp",
  [IPPROTO_SCTP]: "sctp",
};
const PORTS = new Set([IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP]);

/** A frame from its link header; undefined for what is neither ARP nor IPv4. */
export function summarizeFrame(frame: Uint8Array): PacketSummary | undefined {
  if (frame.length < ETH_HLEN) return undefined;
  const type = ethProto(frame, 0);
  if (type === ETH_P_ARP && frame.length >= ETH_HLEN + 28) return summarizeArp(frame);
  return type === ETH_P_IP ? summarizeIp(frame, ETH_HLEN) : undefined;
}

function summarizeArp(frame: Uint8Array): PacketSummary {
  const flags = arpOp(frame, ETH_HLEN) === ARPOP_REQUEST ? "who-has" : "is-at";
  return {
    protocol: "arp",
    src: formatIpv4(arpSip(frame, ETH_HLEN)),
    dst: formatIpv4(arpTip(frame, ETH_HLEN)),
    sport: 0,
    dport: 0,
    flags,
    ttl: 0,
  };
}

/** An IPv4 packet at `o`; undefined when the header is not there. */
export function summarizeIp(b: Uint8Array, o: number): PacketSummary | undefined {
  if (b.length < o + 20) return undefined;
  const proto = ipProto(b, o);
  const l4 = o + ipHdrLen(b, o);
  const whole = (ipFragOff(b, o) & IP_OFFSET) === 0;
  const hasPorts = whole && PORTS.has(proto) && b.length >= l4 + 4;
  return {
    protocol: NAMES[proto] ?? String(proto),
    src: formatIpv4(ipSaddr(b, o)),
    dst: formatIpv4(ipDaddr(b, o)),
    sport: hasPorts ? getU16(b, l4) : 0,
    dport: hasPorts ? getU16(b, l4 + 2) : 0,
    flags: whole && proto === IPPROTO_TCP && b.length > l4 + 13 ? tcpFlags(b[l4 + 13] ?? 0) : "",
    ttl: ipTtl(b, o),
  };
}

function tcpFlags(bits: number): string {
  const text = TCP_FLAG_LETTERS.filter(([bit]) => (bits & bit) !== 0)
    .map(([, letter]) => letter)
    .join("");
  return text === "" ? "none" : text;
}
