// Longest-prefix match: one hash of prefixes per prefix length, tried from long to short. Twin of net/ipv4/fib_trie.c
// in what it answers, not in how: a node has few lengths and many routes, so a handful of integer hashes wins.

import type { Ipv4 } from "../../addr/ipv4.ts";
import { prefixMask } from "../../addr/ipv4.ts";
import type { RouteErrno } from "../rt-types.ts";
import { RTN_THROW, routeTypeError } from "../rt-types.ts";
import type { FibAlias, FibNh, FibResult } from "./fib-types.ts";

/** Selectors of a lookup beyond the address. */
export interface FibMatch {
  tos: number;
  /** Wanted output device, 0: any. */
  oif: number;
  /** Rows of a wider scope are skipped (RT_SCOPE_LINK when resolving gateways). */
  scope: number;
  /** Use nexthops without carrier even where ignore_routes_with_linkdown says no. */
  ignoreLinkState: boolean;
}

/** null: found. "next": nothing here, or a throw route. */
export type FibOutcome = null | "next" | RouteErrno;

export class PrefixMap {
  // Keys are int32 (small integers for the engine): prefix bits of the length in question.
  private readonly byLen = new Map<number, Map<number, FibAlias[]>>();
  private lens: number[] = [];
  private masks: number[] = [];
  private maps: Map<number, FibAlias[]>[] = [];

  /** fib_table_lookup. Fills `res` when it returns null. */
  lookup(key: Ipv4, match: FibMatch, res: FibResult): FibOutcome {
    for (let i = 0; i < this.maps.length; i++) {
      const bucket = (this.maps[i] as Map<number, FibAlias[]>).get(key & (this.masks[i] as number));
      if (bucket === undefined) continue;
      const outcome = bucketLookup(bucket, match, res);
      if (outcome !== "backtrack") return outcome;
    }
    return "next";
  }

  /** Rows of one prefix in order of preference. */
  bucket(prefix: Ipv4, len: number): readonly FibAlias[] {
    return this.byLen.get(len)?.get(prefix | 0) ?? [];
  }

  /** Put `alias` at position `at` of its prefix's rows. */
  insertAt(alias: FibAlias, at: number): void {
    let map = this.byLen.get(alias.len);
    if (map === undefined) {
      map = new Map();
      this.byLen.set(alias.len, map);
      this.reorder();
    }
    const bucket = map.get(alias.prefix | 0);
    if (bucket === undefined) map.set(alias.prefix | 0, [alias]);
    else bucket.splice(at, 0, alias);
  }

  remove(alias: FibAlias): void {
    const map = this.byLen.get(alias.len);
    const bucket = map?.get(alias.prefix | 0);
    const at = bucket?.indexOf(alias) ?? -1;
    if (map === undefined || bucket === undefined || at < 0) return;
    bucket.splice(at, 1);
    if (bucket.length > 0) return;
    map.delete(alias.prefix | 0);
    if (map.size > 0) return;
    this.byLen.delete(alias.len);
    this.reorder();
  }

  /** Every row: ascending address, longer prefixes of one address first, as dumps list them. */
  rows(): FibAlias[] {
    const buckets: FibAlias[][] = [];
    for (const map of this.maps) buckets.push(...map.values());
    const first = (b: FibAlias[]): FibAlias => b[0] as FibAlias;
    buckets.sort((a, b) => first(a).prefix - first(b).prefix || first(b).len - first(a).len);
    return buckets.flat();
  }

  private reorder(): void {
    this.lens = [...this.byLen.keys()].sort((a, b) => b - a);
    this.masks = this.lens.map(prefixMask);
    this.maps = this.lens.map((len) => this.byLen.get(len) as Map<number, FibAlias[]>);
  }
}

function bucketLookup(bucket: readonly FibAlias[], match: FibMatch, res: FibResult): FibOutcome | "backtrack" {
  for (let i = 0; i < bucket.length; i++) {
    const alias = bucket[i] as FibAlias;
    if (alias.tos !== 0 && alias.tos !== (match.tos & 0xfc)) continue;
    if (alias.info.scope < match.scope) continue;
    if (alias.type === RTN_THROW) return "next";
    const error = routeTypeError(alias.type);
    if (error !== null) {
      res.alias = alias;
      return error;
    }
    const nhSel = goodNexthop(alias.info.nhs, match);
    if (nhSel < 0) continue;
    res.alias = alias;
    res.nhSel = nhSel;
    return null;
  }
  return "backtrack";
}

/** fib_lookup_good_nhc: index of the first usable nexthop, -1 without. */
function goodNexthop(nhs: readonly FibNh[], match: FibMatch): number {
  for (let i = 0; i < nhs.length; i++) {
    const nh = nhs[i] as FibNh;
    if (nh.dead) continue;
    if (nh.linkdown && !match.ignoreLinkState && nh.dev?.inDev.ignoresLinkdown === true) continue;
    if (match.oif !== 0 && nh.dev?.ifindex !== match.oif) continue;
    return i;
  }
  return -1;
}
