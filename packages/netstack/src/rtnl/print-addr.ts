// Addresses as `ip addr` prints them below a link, and its JSON rows (iproute2 ip/ipaddress.c: print_addrinfo).

import { formatIpv4 } from "../addr/ipv4.ts";
import type { InAddr } from "../ipv4/in-device.ts";
import { rtName } from "./rt-names.ts";

/** The two lines of one address, each with its newline. */
export function printAddr(ifa: InAddr): string {
  return `    ${addrWords(ifa)}\n       valid_lft forever preferred_lft forever\n`;
}

/** `ip -o addr`: one line. */
export function printAddrOneline(ifindex: number, ifname: string, ifa: InAddr): string {
  return `${ifindex}: ${ifname}    ${addrWords(ifa)}\\       valid_lft forever preferred_lft forever\n`;
}

/** `inet 10.0.0.1/24 brd … scope global secondary eth0`. */
function addrWords(ifa: InAddr): string {
  const words = [`inet ${addrText(ifa)}`];
  if (ifa.broadcast !== 0) words.push(`brd ${formatIpv4(ifa.broadcast)}`);
  words.push(`scope ${rtName("scope", ifa.scope)}`);
  if (ifa.secondary) words.push("secondary");
  if (ifa.noprefixroute) words.push("noprefixroute");
  words.push(ifa.label);
  return words.join(" ");
}

/** `10.0.0.1/24`, or `10.0.0.1 peer 10.0.0.2/32`; also the words of `ip -br addr`. */
export function addrText(ifa: InAddr): string {
  const { local, address, len } = ifa;
  return local === address ? `${formatIpv4(local)}/${len}` : `${formatIpv4(local)} peer ${formatIpv4(address)}/${len}`;
}

/** An element of `addr_info` in `ip -j addr`. */
export interface AddrInfoRow {
  readonly family: "inet";
  readonly local: string;
  readonly address?: string;
  readonly prefixlen: number;
  readonly broadcast?: string;
  readonly scope: string;
  readonly secondary?: true;
  readonly noprefixroute?: true;
  readonly label: string;
  readonly valid_life_time: number;
  readonly preferred_life_time: number;
}

const FOREVER = 4294967295;

export function addrInfoRow(ifa: InAddr): AddrInfoRow {
  return {
    family: "inet",
    local: formatIpv4(ifa.local),
    ...(ifa.address === ifa.local ? {} : { address: formatIpv4(ifa.address) }),
    prefixlen: ifa.len,
    ...(ifa.broadcast === 0 ? {} : { broadcast: formatIpv4(ifa.broadcast) }),
    scope: rtName("scope", ifa.scope),
    ...(ifa.secondary ? { secondary: true as const } : {}),
    ...(ifa.noprefixroute ? { noprefixroute: true as const } : {}),
    label: ifa.label,
    valid_life_time: FOREVER,
    preferred_life_time: FOREVER,
  };
}
