import { expect, it, vi } from "vitest";
import { RealKernel } from "../../src/live/real-kernel.ts";
import { formatRoundTripFinding } from "../../src/round-trip/report.ts";
import { runRoundTrip } from "../../src/round-trip/round-trip.ts";
import { describeLive } from "./support.ts";

describeLive("rules and sets through the real programs and back", (real) => {
  it("are the same text in legacy, in nft and as sets", { timeout: 60_000 }, () => {
    const totals = runRoundTrip(real(), { seed: "ci", cases: 60 });
    expect(totals.findings.map((finding) => formatRoundTripFinding("ci", finding)).join("")).toBe("");
    // A limit that is too large for xt_limit.
    expect(totals.refusedByBoth.filter((said) => !/^iptables-restore: line \d+ failed$/.test(said))).toEqual([]);
    expect(totals.refusedByBoth.length).toBeLessThan(6);
    const { legacy, nft, ipset } = totals.kinds;
    expect([legacy.states, nft.states, ipset.states]).toEqual([30, 30, 60]);
    expect(Math.min(legacy.rows, nft.rows)).toBeGreaterThan(300);
  });

  it("find a planted difference and make the state small", { timeout: 60_000 }, () => {
    // The real one forgets every `!` of a mark.
    const runApart = Reflect.get(RealKernel.prototype, "runApart") as RealKernel["runApart"];
    vi.spyOn(RealKernel.prototype, "runApart").mockImplementation(function (this: RealKernel, commands) {
      return runApart
        .call(this, commands)
        .map(([exit, out, err]) => [exit, out.replaceAll("! --mark", "--mark"), err] as const);
    });
    const totals = runRoundTrip(real(), { seed: "planted", cases: 80, stopAfter: 1 });
    vi.restoreAllMocks();
    const [finding] = totals.findings;
    expect(finding?.difference.step).toBe("what was drawn");
    expect(finding?.difference.ours).toContain("! --mark");
    expect(finding?.text.match(/ -A /g)).toHaveLength(1);
  });
});
