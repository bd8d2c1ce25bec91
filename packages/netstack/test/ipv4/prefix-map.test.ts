// Longest-prefix match against the naive reading of the rule (R1.22).
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Ipv4 } from "../../src/addr/ipv4.ts";
import { inPrefix, prefixMask } from "../../src/addr/ipv4.ts";
import type { FibAlias, FibResult } from "../../src/ipv4/fib/fib-types.ts";
import { newFibNh } from "../../src/ipv4/fib/fib-types.ts";
import { PrefixMap } from "../../src/ipv4/fib/prefix-map.ts";
import { RTN_UNICAST } from "../../src/ipv4/rt-types.ts";

const MATCH = { tos: 0, oif: 0, scope: 0, ignoreLinkState: true };

function row(prefix: number, len: number, metric = 0): FibAlias {
  const net = ((prefix & prefixMask(len)) >>> 0) as Ipv4;
  const info = {
    nhs: [newFibNh(null, 0 as Ipv4, 0)],
    scope: 0,
    protocol: 3,
    prefsrc: 0 as Ipv4,
    metric,
    mtu: 0,
    advmss: 0,
  };
  return { prefix: net, len, tos: 0, type: RTN_UNICAST, table: 254, info, origin: null };
}

function find(map: PrefixMap, addr: number): FibAlias | null {
  const res: FibResult = { alias: null, nhSel: 0 };
  return map.lookup(addr as Ipv4, MATCH, res) === null ? res.alias : null;
}

const u32 = fc.integer({ min: 0, max: 0xffffffff });
// Few distinct addresses, so that prefixes nest and repeat.
const near = fc.oneof(u32, fc.constantFrom(0, 0x0a000000, 0x0a0000ff, 0x0a010000, 0x80000000, 0xffffffff, 0x7fffffff));

describe("prefix map", () => {
  it("finds what a scan for the longest matching prefix finds", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(near, fc.integer({ min: 0, max: 32 })), { maxLength: 40 }),
        fc.array(near, { minLength: 1, maxLength: 20 }),
        (prefixes, keys) => {
          const map = new PrefixMap();
          const rows = prefixes.map(([p, len]) => row(p, len));
          for (const r of rows) map.insertAt(r, map.bucket(r.prefix, r.len).length);
          for (const key of keys) {
            let best: FibAlias | null = null;
            for (const r of rows)
              if (inPrefix(key as Ipv4, r.prefix, r.len) && (best === null || r.len > best.len)) best = r;
            expect(find(map, key)).toBe(best);
          }
        },
      ),
    );
  });

  it("forgets what is removed", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(near, fc.integer({ min: 0, max: 32 })), {
          maxLength: 20,
          selector: ([p, l]) => `${(p & prefixMask(l)) >>> 0}/${l}`,
        }),
        near,
        (prefixes, key) => {
          const map = new PrefixMap();
          const rows = prefixes.map(([p, len]) => row(p, len));
          for (const r of rows) map.insertAt(r, 0);
          for (const r of rows) map.remove(r);
          expect(find(map, key)).toBeNull();
          expect(map.rows()).toEqual([]);
        },
      ),
    );
  });

  it("lists by address, longer prefixes of one address first", () => {
    const map = new PrefixMap();
    for (const r of [row(0x0a500000, 16), row(0, 0), row(0x0a500000, 24), row(0xc0000000, 2), row(0x0a500000, 32)])
      map.insertAt(r, 0);
    expect(map.rows().map((r) => `${r.prefix.toString(16)}/${r.len}`)).toEqual([
      "0/0",
      "a500000/32",
      "a500000/24",
      "a500000/16",
      "c0000000/2",
    ]);
  });
});
