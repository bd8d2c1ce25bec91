// Options that all hash types share (libipset's ipset_hash_*.c).

export const HASH_CREATE: readonly string[] = [
  "family",
  "-4",
  "-6",
  "hashsize",
  "maxelem",
  "timeout",
  "counters",
  "comment",
  "forceadd",
  "skbinfo",
  "bucketsize",
  "initval",
  "probes",
  "resize",
  "gc",
];
export const MASK_CREATE: readonly string[] = ["netmask", "bitmask"];
export const ELEM_ADD: readonly string[] = ["timeout", "packets", "bytes", "comment", "skbmark", "skbprio", "skbqueue"];
export const NET_ADD: readonly string[] = [...ELEM_ADD, "nomatch"];
export const NET_TEST: readonly string[] = ["nomatch"];
