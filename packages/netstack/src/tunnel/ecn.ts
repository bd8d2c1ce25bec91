// ECN across a tunnel (include/net/inet_ecn.h; RFC 6040).

/** The ECN bits of TOS. */
const ECN_MASK = 3;
const ECT_1 = 1;
const ECT_0 = 2;
export const ECN_CE = 3;

/** INET_ECN_encapsulate: the outer TOS carries the inner ECN; CE outside only becomes ECT(0) (RFC 6040 §4.1 normal mode, as the kernel has it). */
export function ecnEncapsulate(outer: number, inner: number): number {
  const ecn = inner & ECN_MASK;
  return (outer & ~ECN_MASK) | (ecn === ECN_CE ? ECT_0 : ecn);
}

/** RFC 6040 §4.2: the ECN bits the inner header gets, or -1: congestion was marked on a packet whose sender does not speak ECN, drop it. */
export function ecnDecapsulate(outer: number, inner: number): number {
  const out = outer & ECN_MASK;
  const inn = inner & ECN_MASK;
  if (inn === 0) return out === ECN_CE ? -1 : 0;
  if (out === ECN_CE) return ECN_CE;
  return inn === ECT_0 && out === ECT_1 ? ECT_1 : inn;
}
