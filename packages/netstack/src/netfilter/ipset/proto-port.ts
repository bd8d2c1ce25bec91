// `proto:port` of set elements: ports of TCP, UDP, SCTP and UDP-Lite, ICMP types and codes by name, 0 for every other protocol
// (libipset's icmp.c, print.c; include/linux/netfilter/ipset/ip_set_getport.h).

import { IPPROTO_ICMP, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE } from "../../wire/ipv4-fields.ts";
import { protocolName } from "../xtables/protocols.ts";

/** Name, type, code; the first that fits a prefix wins. */
const ICMP_NAMES: readonly (readonly [string, number, number])[] = [
  ["echo-reply", 0, 0],
  ["pong", 0, 0],
  ["network-unreachable", 3, 0],
  ["host-unreachable", 3, 1],
  ["protocol-unreachable", 3, 2],
  ["port-unreachable", 3, 3],
  ["fragmentation-needed", 3, 4],
  ["source-route-failed", 3, 5],
  ["network-unknown", 3, 6],
  ["host-unknown", 3, 7],
  ["network-prohibited", 3, 9],
  ["host-prohibited", 3, 10],
  ["TOS-network-unreachable", 3, 11],
  ["TOS-host-unreachable", 3, 12],
  ["communication-prohibited", 3, 13],
  ["host-precedence-violation", 3, 14],
  ["precedence-cutoff", 3, 15],
  ["source-quench", 4, 0],
  ["network-redirect", 5, 0],
  ["host-redirect", 5, 1],
  ["TOS-network-redirect", 5, 2],
  ["TOS-host-redirect", 5, 3],
  ["echo-request", 8, 0],
  ["ping", 8, 0],
  ["router-advertisement", 9, 0],
  ["router-solicitation", 10, 0],
  ["ttl-zero-during-transit", 11, 0],
  ["ttl-zero-during-reassembly", 11, 1],
  ["ip-header-bad", 12, 0],
  ["required-option-missing", 12, 1],
  ["timestamp-request", 13, 0],
  ["timestamp-reply", 14, 0],
  ["address-mask-request", 17, 0],
  ["address-mask-reply", 18, 0],
];

/** ip_set_proto_with_ports. */
export function hasPorts(proto: number): boolean {
  return proto === IPPROTO_TCP || proto === IPPROTO_UDP || proto === IPPROTO_SCTP || proto === IPPROTO_UDPLITE;
}

/** Type and code as one number by name or the beginning of one; undefined: no such name. */
export function icmpByName(text: string): number | undefined {
  const lower = text.toLowerCase();
  const row = ICMP_NAMES.find(([name]) => name.toLowerCase().startsWith(lower));
  return row === undefined ? undefined : (row[1] << 8) | row[2];
}

export function protoPortText(proto: number, port: number): string {
  const name = protocolName(proto);
  if (hasPorts(proto)) return `${name}:${port}`;
  if (proto !== IPPROTO_ICMP) return `${name}:0`;
  const row = ICMP_NAMES.find(([, type, code]) => ((type << 8) | code) === port);
  return `${name}:${row === undefined ? `${port >> 8}/${port & 255}` : row[0]}`;
}

/** One number for both: u16 port above u8 protocol. */
export function protoPortKey(proto: number, port: number): number {
  return port * 256 + proto;
}

export function protoPortKeyText(key: number): string {
  return protoPortText(key & 255, key >>> 8);
}
