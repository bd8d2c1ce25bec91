// Protocol names as iptables reads them: its own list, then /etc/protocols (Debian's netbase). The first name of a number is the one
// that is printed: that of /etc/protocols.

import { parameterError } from "./xt-error.ts";

const NAMES: readonly (readonly [string, number])[] = [
  ["tcp", 6],
  ["udp", 17],
  ["udplite", 136],
  ["icmp", 1],
  ["ipv6-icmp", 58],
  ["icmpv6", 58],
  ["esp", 50],
  ["ah", 51],
  ["sctp", 132],
  ["mobility-header", 135],
  ["mh", 135],
  ["ipv6-mh", 135],
  ["all", 0],
  ["ip", 0],
  ["igmp", 2],
  ["ggp", 3],
  ["ipencap", 4],
  ["st", 5],
  ["egp", 8],
  ["igp", 9],
  ["pup", 12],
  ["hmp", 20],
  ["xns-idp", 22],
  ["rdp", 27],
  ["iso-tp4", 29],
  ["dccp", 33],
  ["xtp", 36],
  ["ddp", 37],
  ["idpr-cmtp", 38],
  ["ipv6", 41],
  ["ipv6-route", 43],
  ["ipv6-frag", 44],
  ["idrp", 45],
  ["rsvp", 46],
  ["gre", 47],
  ["skip", 57],
  ["ipv6-nonxt", 59],
  ["ipv6-opts", 60],
  ["rspf", 73],
  ["vmtp", 81],
  ["eigrp", 88],
  ["ospf", 89],
  ["ax.25", 93],
  ["ipip", 94],
  ["etherip", 97],
  ["encap", 98],
  ["pim", 103],
  ["ipcomp", 108],
  ["vrrp", 112],
  ["l2tp", 115],
  ["isis", 124],
  ["fc", 133],
  ["mpls-in-ip", 137],
  ["manet", 138],
  ["hip", 139],
  ["shim6", 140],
  ["wesp", 141],
  ["rohc", 142],
  ["ethernet", 143],
];

/** Name or number (any case) → number. */
export function parseProtocol(text: string): number {
  const lower = text.toLowerCase();
  if (/^\d+$/.test(lower) && Number(lower) <= 255) return Number(lower);
  const row = NAMES.find(([name]) => name === lower);
  if (row === undefined) throw parameterError(`unknown protocol "${lower}" specified`);
  return row[1];
}

/** Name of a protocol number; the number itself when it has none. */
export function protocolName(proto: number): string {
  return NAMES.find(([, number]) => number === proto)?.[0] ?? String(proto);
}
