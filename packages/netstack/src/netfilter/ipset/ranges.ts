// Ranges of addresses as the kernel walks them (net/netfilter/ipset/pfxlen.c; the loops of the uadt functions).

import { prefixMask } from "../../addr/ipv4.ts";
import type { IpSetErrno } from "./ip-set-error.ts";
import { unmodelled } from "./ip-set-error.ts";
import type { UserElem } from "./user-elem.ts";

/** Addresses from and to, inclusive. */
export interface IpRange {
  readonly from: number;
  readonly to: number;
}

/** Keys that one command may name; the kernel goes on for minutes. */
const MAX_KEYS = 2 ** 24;

/** Calls `visit` with `from`, `from + step` … up to `to`; stops at a refusal. Throws IpSetError when there is no end to it. */
export function eachIp(
  { from, to }: IpRange,
  step: number,
  visit: (ip: number) => IpSetErrno | null,
): IpSetErrno | null {
  let keys = 0;
  for (let ip = from; ip <= to; ip += step) {
    if (++keys > MAX_KEYS) throw unmodelled(`a range of more than ${MAX_KEYS} elements`);
    const errno = visit(ip);
    if (errno !== null) return errno;
  }
  return null;
}

export function prefixRange(ip: number, cidr: number): IpRange {
  const mask = prefixMask(cidr);
  return { from: (ip & mask) >>> 0, to: (ip | ~mask) >>> 0 };
}

export function orderedRange(a: number, b: number): IpRange {
  return a < b ? { from: a, to: b } : { from: b, to: a };
}

/** `from-to`, `a.b.c.d/len` or one address, as addresses. `ip`: the first one, as the set cuts it. */
export function hostRange(e: UserElem, ip = e.ip): IpRange | IpSetErrno {
  if (e.ipTo !== null) return orderedRange(ip, e.ipTo);
  if (e.cidr === null) return { from: ip, to: ip };
  return e.cidr === 0 ? "INVALID_CIDR" : prefixRange(ip, e.cidr);
}

/** Ports of the element; `port` alone without a range or for a protocol without ports. */
export function portRange(e: UserElem, hasPorts: boolean): IpRange {
  return hasPorts && e.portTo !== null ? orderedRange(e.port, e.portTo) : { from: e.port, to: e.port };
}

/** a > b for addresses less than 2^31 apart; farther ones look the wrong way round, in the kernel as here. */
function after(a: number, b: number): boolean {
  return ((b - a) | 0) < 0;
}

/** Calls `visit` with the largest networks that make up the range, in ascending order; stops at a refusal. */
export function eachNet(range: IpRange, visit: (ip: number, cidr: number) => IpSetErrno | null): IpSetErrno | null {
  let keys = 0;
  for (let ip = range.from; ip <= range.to;) {
    if (++keys > MAX_KEYS) throw unmodelled(`a range of more than ${MAX_KEYS} elements`);
    const cidr = longestFit(ip, range.to);
    const errno = visit(ip, cidr);
    if (errno !== null) return errno;
    ip = prefixRange(ip, cidr).to + 1;
  }
  return null;
}

/** ip_set_range_to_cidr: the shortest prefix that begins at `from` and does not reach beyond `to`. */
function longestFit(from: number, to: number): number {
  for (let cidr = 1; cidr < 32; cidr++) {
    const net = prefixRange(from, cidr);
    if (net.from === from && !after(net.to, to)) return cidr;
  }
  return 32;
}

/** Every combination of an address and a port, addresses outside. */
export function eachIpPort(
  ips: IpRange,
  ports: IpRange,
  visit: (ip: number, port: number) => IpSetErrno | null,
): IpSetErrno | null {
  return eachIp(ips, 1, (ip) => eachIp(ports, 1, (port) => visit(ip, port)));
}
