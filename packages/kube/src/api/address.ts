// IPv4 text at the edge: checked with ip-address, computed with as numbers (u32, host order).
import { Address4, Address6 } from "ip-address";

/** An IPv4 network: `base` and `prefix` as numbers, base already masked. */
export interface Cidr {
  /** Network address, u32 host order. */
  readonly base: number;
  /** Prefix length 0–32. */
  readonly prefix: number;
}

/** u32 of a dotted quad; undefined for anything else (a prefix length, IPv6, leading zeros). */
export function parseIPv4(text: string): number | undefined {
  if (text.includes("/") || !Address4.isValid(text)) return undefined;
  let value = 0;
  for (const part of text.split(".")) value = value * 256 + Number(part);
  return value;
}

/** Canonical dotted quad of a u32. */
export function formatIPv4(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
}

/** Network of `a.b.c.d/n`; undefined when malformed. Host bits are masked away, see {@link hasHostBits}. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf("/");
  const base = slash === -1 ? undefined : parseIPv4(text.slice(0, slash));
  const length = text.slice(slash + 1);
  if (base === undefined || !/^\d{1,2}$/.test(length) || Number(length) > 32) return undefined;
  const prefix = Number(length);
  return { base: (base & mask(prefix)) >>> 0, prefix };
}

/** True when the text names a host inside its network (`10.1.5.1/24`), which a network must not. */
export function hasHostBits(text: string): boolean {
  const cidr = parseCidr(text);
  return cidr !== undefined && parseIPv4(text.slice(0, text.indexOf("/"))) !== cidr.base;
}

export function formatCidr(cidr: Cidr): string {
  return `${formatIPv4(cidr.base)}/${cidr.prefix}`;
}

export function cidrContains(cidr: Cidr, address: number): boolean {
  return (address & mask(cidr.prefix)) >>> 0 === cidr.base;
}

export function cidrsOverlap(a: Cidr, b: Cidr): boolean {
  return a.prefix <= b.prefix ? cidrContains(a, b.base) : cidrContains(b, a.base);
}

/** Number of addresses in a network. */
export function cidrSize(cidr: Cidr): number {
  return 2 ** (32 - cidr.prefix);
}

/** True for an IPv6 address or network, which the simulator refuses by name. */
export function isIPv6(text: string): boolean {
  return text.includes(":") && Address6.isValid(text);
}

function mask(prefix: number): number {
  return prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0;
}
