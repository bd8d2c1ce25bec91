// print-ip.c: the IPv4 header and the way to the transport printers.

import { formatIpv4 } from "../addr/ipv4.ts";
import { csumFold, csumPartial } from "../wire/checksum.ts";
import {
  IP_DF,
  IP_MF,
  IP_OFFSET,
  ipDaddr,
  ipFragOff,
  ipHdrLen,
  ipId,
  ipProto,
  ipSaddr,
  IPPROTO_GRE,
  IPPROTO_ICMP,
  IPPROTO_IGMP,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  ipTos,
  ipTotLen,
  ipTtl,
  ipVersion,
} from "../wire/ipv4-fields.ts";
import { getU16 } from "../wire/bytes.ts";
import type { Dissect } from "./dissect.ts";
import { bitWords, checksumShouldBe } from "./dissect.ts";
import { icmpPrint } from "./tcpdump-icmp.ts";
import { ipOptionsPrint } from "./tcpdump-ip-options.ts";
import { tcpPrint } from "./tcpdump-tcp.ts";
import { udpPrint } from "./tcpdump-udp.ts";

const IPPROTO_IPIP = 4;
const PROTO_NAMES: Readonly<Record<number, string>> = {
  [IPPROTO_ICMP]: "ICMP",
  [IPPROTO_IGMP]: "IGMP",
  [IPPROTO_IPIP]: "IPIP",
  [IPPROTO_TCP]: "TCP",
  [IPPROTO_UDP]: "UDP",
  41: "IPv6",
  [IPPROTO_GRE]: "GRE",
  50: "ESP",
  51: "AH",
  89: "OSPF",
  112: "VRRP",
  [IPPROTO_SCTP]: "SCTP",
};
/** Protocols whose printer puts the addresses itself. */
const HAS_PORTS = new Set([IPPROTO_TCP, IPPROTO_UDP]);
/** tcpdump decodes these; we name them and say so. */
const NOT_DECODED = new Set([IPPROTO_IGMP, 41, IPPROTO_GRE, 50, 51, 89, 112, IPPROTO_SCTP]);
const ECN = ["", ",ECT(1)", ",ECT(0)", ",CE"] as const;
const FRAG_WORDS = [
  [IP_MF, "+"],
  [IP_DF, "DF"],
  [0x8000, "rsvd"],
] as const;

export function ipPrint(d: Dissect, b: Uint8Array, off: number, len: number, snap: number): string {
  const word = d.e ? "" : "IP ";
  if (off + 20 > snap) return `${word} [|ip]`;
  if (ipVersion(b, off) !== 4) return `${word}not version 4`;
  const hlen = ipHdrLen(b, off);
  if (hlen < 20) return `${word}bad-hlen ${hlen}`;
  const total = ipTotLen(b, off);
  if (total < hlen) return `${word}bad-len ${total}`;
  const missing = len < total ? `truncated-ip - ${total - len} bytes missing! ` : "";
  // Padding of short frames does not belong to the packet.
  const end = Math.min(snap, off + total);
  const header = d.v > 0 ? ipHeader(b, off, hlen, end) : "";
  return word + missing + header + ipPayload(d, b, off, off + hlen, Math.min(len, total) - hlen, end);
}

function ipHeader(b: Uint8Array, off: number, hlen: number, snap: number): string {
  const frag = ipFragOff(b, off);
  const proto = ipProto(b, off);
  const tos = ipTos(b, off);
  const ttl = ipTtl(b, off) > 0 ? `, ttl ${ipTtl(b, off)}` : "";
  const flags = bitWords(frag & 0xe000, FRAG_WORDS, "none", ", ");
  const options = hlen > 20 ? `, options (${ipOptionsPrint(b, off + 20, off + hlen)})` : "";
  return (
    `(tos 0x${tos.toString(16)}${ECN[tos & 3]}${ttl}, id ${ipId(b, off)}, offset ${(frag & IP_OFFSET) * 8}, flags [${flags}], ` +
    `proto ${PROTO_NAMES[proto] ?? "unknown"} (${proto}), length ${ipTotLen(b, off)}${options}${badChecksum(b, off, hlen, snap)})\n    `
  );
}

function badChecksum(b: Uint8Array, off: number, hlen: number, snap: number): string {
  if (off + hlen > snap) return "";
  const sum = csumFold(csumPartial(b, off, hlen));
  const field = getU16(b, off + 10);
  return sum === 0 ? "" : `, bad cksum ${field.toString(16)} (->${checksumShouldBe(field, sum).toString(16)})!`;
}

function ipPayload(d: Dissect, b: Uint8Array, ip: number, off: number, len: number, snap: number): string {
  const frag = ipFragOff(b, ip);
  const proto = ipProto(b, ip);
  const hosts = `${formatIpv4(ipSaddr(b, ip))} > ${formatIpv4(ipDaddr(b, ip))}:`;
  if ((frag & IP_OFFSET) !== 0) return `${hosts} ip-proto-${proto}`;
  const first = (frag & IP_MF) !== 0;
  if (HAS_PORTS.has(proto))
    return proto === IPPROTO_TCP
      ? tcpPrint(d, b, ip, off, len, snap, first)
      : udpPrint(d, b, ip, off, len, snap, first);
  if (proto === IPPROTO_ICMP) return `${hosts} ${icmpPrint(d, b, off, len, snap, first)}`;
  if (proto === IPPROTO_IPIP) return `${hosts} ${d.ip(d, b, off, len, snap)}`;
  if (NOT_DECODED.has(proto)) return `${hosts} ${PROTO_NAMES[proto]} not decoded, length ${len}`;
  return `${hosts}  ip-proto-${proto} ${len}`;
}
