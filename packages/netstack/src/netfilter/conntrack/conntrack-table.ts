// The hash table of a namespace: both tuples of an entry hang in chains of one power-of-two bucket array.
// Expiry is lazy: an entry past its time is unlinked when a lookup meets it, or by the sweep that rides on insertions.

import type { Conntrack } from "./conntrack.ts";
import type { Tuple, TupleHash } from "./tuple.ts";
import { hashTuple, IP_CT_DIR_ORIGINAL } from "./tuple.ts";

const INITIAL_BUCKETS = 64;
/** Buckets looked through per insertion: the whole table once per half as many insertions as it has buckets. */
const SWEEP_BUCKETS = 2;

function tupleMatches(h: TupleHash, t: Tuple): boolean {
  return h.src === t.src && h.dst === t.dst && h.sport === t.sport && h.dport === t.dport && h.proto === t.proto;
}

export class ConntrackTable {
  private buckets: (TupleHash | null)[] = new Array<TupleHash | null>(INITIAL_BUCKETS).fill(null);
  private mask = INITIAL_BUCKETS - 1;
  private links = 0;
  private sweepAt = 0;
  /** Entries, expired ones that nobody met yet included (nf_conntrack_count). */
  count = 0;

  get bucketCount(): number {
    return this.buckets.length;
  }

  /** First element of the chain a tuple belongs to. */
  chain(hash: number): TupleHash | null {
    return this.buckets[hash & this.mask] ?? null;
  }

  /**
   * First entry end with this tuple (nf_ct_key_equal), `skip` left out. The zone of the entry in the direction of the end must
   * be `zone` if `zoneDir` covers that direction, else 0. Expired entries may be returned: callers collect them.
   */
  find(t: Tuple, zone: number, zoneDir: number, skip: Conntrack | null): TupleHash | null {
    let h = this.chain(hashTuple(t));
    while (h !== null) {
      if (tupleMatches(h, t) && h.ct !== skip && h.ct.zoneOf(h.dir) === ((zoneDir & (1 << h.dir)) !== 0 ? zone : 0))
        return h;
      h = h.next;
    }
    return null;
  }

  link(h: TupleHash): void {
    if (++this.links > this.buckets.length) this.grow();
    h.hash = hashTuple(h);
    const at = h.hash & this.mask;
    h.next = this.buckets[at] ?? null;
    this.buckets[at] = h;
  }

  /** False when the end hangs in no chain. */
  unlink(h: TupleHash): boolean {
    const at = h.hash & this.mask;
    let prev: TupleHash | null = null;
    for (let p = this.buckets[at] ?? null; p !== null; prev = p, p = p.next) {
      if (p !== h) continue;
      if (prev === null) this.buckets[at] = p.next;
      else prev.next = p.next;
      // h.next stays: a walk that stands on `h` finds its way on.
      this.links--;
      return true;
    }
    return false;
  }

  /** Calls `visit` with every entry that is found by its original tuple; `visit` may remove entries. */
  forEach(visit: (ct: Conntrack) => void): void {
    for (let i = 0; i < this.buckets.length; i++) this.visitBucket(i, IP_CT_DIR_ORIGINAL, visit);
  }

  /** The same for entries with only their reply end in the table, too; an entry may be visited twice. */
  forEachEnd(visit: (ct: Conntrack) => void): void {
    for (let i = 0; i < this.buckets.length; i++) this.visitBucket(i, -1, visit);
  }

  /** Looks at the next few buckets in turn, both ends (hidden clash entries have only the reply end). */
  sweep(visit: (ct: Conntrack) => void): void {
    for (let n = 0; n < SWEEP_BUCKETS; n++) {
      this.sweepAt = (this.sweepAt + 1) & this.mask;
      this.visitBucket(this.sweepAt, -1, visit);
    }
  }

  /** Visits the bucket of `hash` and the `n - 1` after it until `visit` returns true. */
  someFrom(hash: number, n: number, visit: (ct: Conntrack) => boolean): boolean {
    let found = false;
    for (let i = 0; i < n && !found; i++) {
      this.visitBucket((hash + i) & this.mask, -1, (ct) => {
        if (!found && visit(ct)) found = true;
      });
    }
    return found;
  }

  private visitBucket(at: number, dir: number, visit: (ct: Conntrack) => void): void {
    for (let h = this.buckets[at] ?? null; h !== null;) {
      const next: TupleHash | null = h.next;
      if (dir < 0 || h.dir === dir) visit(h.ct);
      h = next;
    }
  }

  private grow(): void {
    const old = this.buckets;
    this.buckets = new Array<TupleHash | null>(old.length * 2).fill(null);
    this.mask = this.buckets.length - 1;
    for (const head of old) {
      for (let h = head; h !== null;) {
        const next: TupleHash | null = h.next;
        const at = h.hash & this.mask;
        h.next = this.buckets[at] ?? null;
        this.buckets[at] = h;
        h = next;
      }
    }
  }
}
