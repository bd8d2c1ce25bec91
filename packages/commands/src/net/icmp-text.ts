// ICMP errors in the words of iputils ping.

import { formatIpv4 } from "@kubehop/netstack";

const UNREACHABLE: readonly string[] = [
  "Destination Net Unreachable",
  "Destination Host Unreachable",
  "Destination Protocol Unreachable",
  "Destination Port Unreachable",
  "",
  "Source Route Failed",
  "Destination Net Unknown",
  "Destination Host Unknown",
  "Source Host Isolated",
  "Destination Net Prohibited",
  "Destination Host Prohibited",
  "Destination Net Unreachable for Type of Service",
  "Destination Host Unreachable for Type of Service",
  "Packet filtered",
  "Precedence Violation",
  "Precedence Cutoff",
];
const EXCEEDED: readonly string[] = ["Time to live exceeded", "Frag reassembly time exceeded"];
const REDIRECT: readonly string[] = [
  "Redirect Network",
  "Redirect Host",
  "Redirect Type of Service and Network",
  "Redirect Type of Service and Host",
];

/** `info`: MTU of a fragmentation-needed, gateway of a redirect, pointer of a parameter problem. */
export function icmpErrorText(type: number, code: number, info: number): string {
  if (type === 3 && code === 4) return `Frag needed and DF set (mtu = ${info})`;
  if (type === 3) return UNREACHABLE[code] ?? `Dest Unreachable, Bad Code: ${code}`;
  if (type === 11) return EXCEEDED[code] ?? `Time exceeded, Bad Code: ${code}`;
  if (type === 5) return `${REDIRECT[code] ?? `Redirect, Bad Code: ${code}`}(New nexthop: ${formatIpv4(info)})`;
  if (type === 12) return `Parameter problem: pointer = ${info}`;
  return type === 4 ? "Source Quench" : `Bad ICMP type: ${type}`;
}
