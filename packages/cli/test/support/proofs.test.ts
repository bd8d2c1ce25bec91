// Columns of proofs: each thing stands in one row, with the marks of the checks that have it.
import { describe, expect, it } from "vitest";
import { LABS, proofTable, RECORDED, ROUND_TRIP, TOOL, wordsOf } from "../../src/support/proofs.ts";

describe("proofs", () => {
  it("put what is proven alike into one row", () => {
    const drawn = { head: "drawn", has: (thing: string) => thing.startsWith("op a") };
    const owned = [{ owner: "x", words: wordsOf("op ", ["a1", "b", "a2"]) }];
    expect(proofTable(["of", "what"], owned, [drawn])).toBe(
      "| of | what | drawn |\n|---|---|---|\n| x | `a1` `a2` | ✓ |\n| x | `b` | – |",
    );
  });

  it.each([
    [RECORDED, "matches tcp --dport", "matches set --packets-gt"],
    [RECORDED, "sysctl net.ipv4.conf.DEV.rp_filter", "sysctl net.core.somaxconn"],
    [RECORDED, "device vxlan", "device dummy"],
    [RECORDED, "set hash:net", "set list:set"],
    [LABS, "device vxlan ttl", "device vxlan remote"],
    [LABS, "sysctl net.ipv4.conf.DEV.arp_filter", "sysctl net.ipv4.conf.DEV.arp_notify"],
    [TOOL, "targets LOG --log-prefix", "targets SET --add-set"],
    [ROUND_TRIP, "set list:set", "set hash:mac"],
  ] as const)("%o: has %s, has not %s", (column, yes, no) => {
    expect([column.has(yes), column.has(no)]).toEqual([true, false]);
  });
});
