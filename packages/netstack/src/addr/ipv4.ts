// IPv4 addresses as numbers: parsing and formatting happen at the edge (through ip-address), everything else computes.

import { Address4 } from "ip-address";

declare const ipv4Brand: unique symbol;
/** An IPv4 address: u32 in host order (10.0.0.1 is 0x0a000001). */
export type Ipv4 = number & { readonly [ipv4Brand]: true };

/** A prefix: `addr` with its host bits cleared, `len` 0..32. */
export interface Cidr {
  readonly addr: Ipv4;
  readonly len: number;
}

export const INADDR_ANY: Ipv4 = 0 as Ipv4;
export const INADDR_BROADCAST: Ipv4 = 0xffffffff as Ipv4;
export const INADDR_LOOPBACK: Ipv4 = 0x7f000001 as Ipv4;

/** Netmask of a prefix length as u32: 24 → 0xffffff00. */
export function prefixMask(len: number): number {
  return len === 0 ? 0 : (0xffffffff << (32 - len)) >>> 0;
}

export function inPrefix(addr: Ipv4, net: Ipv4, len: number): boolean {
  return ((addr ^ net) & prefixMask(len)) === 0;
}

export function isLoopback(addr: Ipv4): boolean {
  return addr >>> 24 === 127;
}

/** 224.0.0.0/4. */
export function isMulticast(addr: Ipv4): boolean {
  return addr >>> 28 === 14;
}

/** 0.0.0.0/8, "this network" (RFC 1122 §3.2.1.3). */
export function isZeronet(addr: Ipv4): boolean {
  return addr >>> 24 === 0;
}

/** Canonical dotted text. */
export function formatIpv4(addr: number): string {
  return `${addr >>> 24}.${(addr >>> 16) & 255}.${(addr >>> 8) & 255}.${addr & 255}`;
}

/** Dotted text → address; undefined when it is not an IPv4 address (no octal, no short forms). */
export function parseIpv4(text: string): Ipv4 | undefined {
  // Prefix lengths and names come here too; refusing them by exception is slow.
  if (text.includes("/") || !text.includes(".") || !Address4.isValid(text)) return undefined;
  let value = 0;
  for (const octet of text.split(".")) value = value * 256 + Number(octet);
  return value as Ipv4;
}

/** `a.b.c.d/len` → address (host bits kept) and length; a bare address is a /32. */
export function parseInterfaceAddr(text: string): { addr: Ipv4; len: number } | undefined {
  const slash = text.indexOf("/");
  const addr = parseIpv4(slash < 0 ? text : text.slice(0, slash));
  if (addr === undefined) return undefined;
  if (slash < 0) return { addr, len: 32 };
  const tail = text.slice(slash + 1);
  const len = /^\d{1,2}$/.test(tail) ? Number(tail) : 33;
  return len > 32 ? undefined : { addr, len };
}

/** `a.b.c.d/len` → prefix with its host bits cleared; `default` is 0.0.0.0/0. */
export function parseCidr(text: string): Cidr | undefined {
  if (text === "default") return { addr: INADDR_ANY, len: 0 };
  const parsed = parseInterfaceAddr(text);
  if (parsed === undefined) return undefined;
  return { addr: ((parsed.addr & prefixMask(parsed.len)) >>> 0) as Ipv4, len: parsed.len };
}

export function formatCidr(cidr: Cidr): string {
  return `${formatIpv4(cidr.addr)}/${cidr.len}`;
}
