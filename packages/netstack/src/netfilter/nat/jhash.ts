// Bob Jenkins' lookup3 hash over words, as include/linux/jhash.h: the address that a range gives to a client is the kernel's.

const JHASH_INITVAL = 0xdeadbeef;

function rol(x: number, n: number): number {
  return (x << n) | (x >>> (32 - n));
}

/** jhash2 of the four words of a nf_inet_addr that holds an IPv4 address (`word` in memory order of a little-endian machine, three zero words behind it). */
export function jhashInetAddr(word: number, initval: number): number {
  const seed = (JHASH_INITVAL + (4 << 2) + initval) | 0;
  let a = (seed + word) | 0;
  let b = seed;
  let c = seed;
  // __jhash_mix of the first three words.
  a = (a - c) ^ rol(c, 4);
  c = (c + b) | 0;
  b = (b - a) ^ rol(a, 6);
  a = (a + c) | 0;
  c = (c - b) ^ rol(b, 8);
  b = (b + a) | 0;
  a = (a - c) ^ rol(c, 16);
  c = (c + b) | 0;
  b = (b - a) ^ rol(a, 19);
  a = (a + c) | 0;
  c = (c - b) ^ rol(b, 4);
  b = (b + a) | 0;
  // __jhash_final; the fourth word is zero.
  c = ((c ^ b) - rol(b, 14)) | 0;
  a = ((a ^ c) - rol(c, 11)) | 0;
  b = ((b ^ a) - rol(a, 25)) | 0;
  c = ((c ^ b) - rol(b, 16)) | 0;
  a = ((a ^ c) - rol(c, 4)) | 0;
  b = ((b ^ a) - rol(a, 14)) | 0;
  c = ((c ^ b) - rol(b, 24)) | 0;
  return c >>> 0;
}

/** An address (host order) as the word a little-endian machine reads from it in network order. */
export function swabWord(addr: number): number {
  return (((addr & 0xff) << 24) | ((addr & 0xff00) << 8) | ((addr >>> 8) & 0xff00) | (addr >>> 24)) >>> 0;
}

/** reciprocal_scale: spread a u32 over 0 … range - 1. */
export function reciprocalScale(value: number, range: number): number {
  return Number((BigInt(value) * BigInt(range)) >> 32n);
}
