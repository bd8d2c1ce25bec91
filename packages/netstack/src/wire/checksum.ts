// The Internet checksum (RFC 1071) and its incremental update (RFC 1624), as lib/checksum.c and net/core/utils.c.

import { getU16, setU16 } from "./bytes.ts";

/** Unfolded one's-complement sum of `len` bytes at `off`, added to `sum`. */
export function csumPartial(b: Uint8Array, off: number, len: number, sum = 0): number {
  const end = off + (len & ~1);
  let acc = sum;
  for (let i = off; i < end; i += 2) acc += ((b[i] as number) << 8) | (b[i + 1] as number);
  if ((len & 1) === 1) acc += (b[end] as number) << 8;
  return acc;
}

/** Fold to 16 bits and complement: the value that stands in a header. */
export function csumFold(sum: number): number {
  return ~foldSum(sum) & 0xffff;
}

/** Fold to 16 bits without complement. Sums stay below 2^53, so fold by division first. */
export function foldSum(sum: number): number {
  let s = sum;
  while (s > 0xffff) s = (s % 0x10000) + Math.floor(s / 0x10000);
  return s;
}

/** TCP/UDP pseudo header sum (RFC 9293 §3.1), unfolded. */
export function pseudoSum(saddr: number, daddr: number, proto: number, len: number): number {
  return (saddr >>> 16) + (saddr & 0xffff) + (daddr >>> 16) + (daddr & 0xffff) + proto + len;
}

/** csum_replace2: the u16 checksum at `at` after a covered u16 changed (RFC 1624 eqn. 3). */
export function csumReplace2(b: Uint8Array, at: number, from: number, to: number): void {
  setU16(b, at, ~foldSum((~getU16(b, at) & 0xffff) + (~from & 0xffff) + to) & 0xffff);
}

/** csum_replace4: the same for a covered u32. */
export function csumReplace4(b: Uint8Array, at: number, from: number, to: number): void {
  const sum = (~getU16(b, at) & 0xffff) + (~(from >>> 16) & 0xffff) + (~from & 0xffff) + (to >>> 16) + (to & 0xffff);
  setU16(b, at, ~foldSum(sum) & 0xffff);
}

/** A complemented pseudo-header sum (CHECKSUM_PARTIAL) after an address changed: not complemented, so plain addition. */
export function csumReplacePartial4(b: Uint8Array, at: number, from: number, to: number): void {
  const sum = getU16(b, at) + (~(from >>> 16) & 0xffff) + (~from & 0xffff) + (to >>> 16) + (to & 0xffff);
  setU16(b, at, foldSum(sum));
}
