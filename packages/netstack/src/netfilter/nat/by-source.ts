// Connections by their original source, so that one client keeps one mapped source for all its destinations
// (nf_nat_bysource of nf_nat_core.c).

import type { Conntrack } from "../conntrack/conntrack.ts";
import type { Tuple } from "../conntrack/tuple.ts";

/** hash_by_src, here an exact number: address · 2^16 + port part. Protocol and zone are compared in the chain. */
function sourceKey(t: Tuple): number {
  return t.src * 0x10000 + t.sport;
}

export class NatBySource {
  private readonly heads = new Map<number, Conntrack>();

  get size(): number {
    return this.heads.size;
  }

  /** Newest first, as hlist_add_head. */
  add(ct: Conntrack): void {
    if (ct.nextBySource !== undefined) return;
    const key = sourceKey(ct.orig);
    ct.nextBySource = this.heads.get(key) ?? null;
    this.heads.set(key, ct);
  }

  remove(ct: Conntrack): void {
    if (ct.nextBySource === undefined) return;
    const key = sourceKey(ct.orig);
    const next = ct.nextBySource;
    ct.nextBySource = undefined;
    let prev: Conntrack | null = null;
    for (let p: Conntrack | null = this.heads.get(key) ?? null; p !== null && p !== ct; p = p.nextBySource ?? null)
      prev = p;
    if (prev !== null) prev.nextBySource = next;
    else if (next !== null) this.heads.set(key, next);
    else this.heads.delete(key);
  }

  /** First connection with the source of `t`; follow `nextBySource`. */
  first(t: Tuple): Conntrack | null {
    return this.heads.get(sourceKey(t)) ?? null;
  }
}
