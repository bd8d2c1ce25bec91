import { loadScenario } from "@kubehop/lab";
import { expect, it, vi } from "vitest";
import { formatFinding } from "../../src/fuzz/fuzz-report.ts";
import { type FuzzFinding, runFuzz } from "../../src/fuzz/fuzz.ts";
import { OurKernel } from "../../src/live/our-kernel.ts";
import type { RealKernel } from "../../src/live/real-kernel.ts";
import { findingScenario } from "../../src/scenario/finding-scenario.ts";
import { formatVerdict } from "../../src/scenario/verdict-text.ts";
import { type CellVerdict, verifyCell } from "../../src/scenario/verify-scenario.ts";
import { describeLive } from "./support.ts";

/** A case takes a fraction of a second, but others may use the machine too; making a difference small takes longest. */
const TIMEOUT = 180_000;

describeLive("random labs on both kernels", (real) => {
  it.each([
    { kinds: ["routed", "chained"], cases: 36, packets: 2000 },
    { kinds: ["bridged", "tunnelled"], cases: 16, packets: 1000 },
  ] as const)("agree on labs that are $kinds.0 and $kinds.1", { timeout: TIMEOUT }, ({ kinds, cases, packets }) => {
    const totals = runFuzz(real(), { seed: "ci", cases, kinds, stopAfter: 1 });
    expect(totals.findings.map(formatFinding).join("\n")).toBe("");
    expect(totals.packets).toBeGreaterThan(packets);
  });

  it("find a planted fault and make it small", { timeout: 60_000 }, () => {
    // Ours forgets one TTL step of everything that leaves a router.
    const play = Reflect.get(OurKernel.prototype, "play") as OurKernel["play"];
    const planted = vi.spyOn(OurKernel.prototype, "play").mockImplementation(function (this: OurKernel, steps) {
      return play.call(this, steps).map((step) => ({
        ...step,
        frames: step.frames.map((f) => (f.dev === "eC" && f.dir === "out" ? { ...f, hex: withTtl(f.hex) } : f)),
      }));
    });
    const totals = runFuzz(real(), { seed: "planted", cases: 20, kinds: ["routed"], stopAfter: 1, labTries: 12 });
    const [finding] = totals.findings;
    expect(finding?.differences[0]).toMatchObject({
      what: "frames",
      where: expect.stringMatching(/^R\/eC, frame /) as string,
    });
    expect(finding?.fuzzCase.steps.length).toBeLessThanOrEqual(3);
    if (finding === undefined) return;
    const shown = verifyFinding(real(), finding);
    expect(shown.differences[0]).toMatchObject({
      what: "frames",
      where: expect.stringMatching(/^R\/eC, frame /) as string,
    });
    expect(formatVerdict("difference.yaml", shown)).toMatch(
      /^✗ difference.yaml {2}[^]*\n {2}frames, R\/eC, frame \d+\n {4}kernel {2}out .*\n[^]* {4}ours {4}out /,
    );
    planted.mockRestore();
    expect(verifyFinding(real(), finding).differences).toEqual([]);
  });
});

/** The finding's file, as `kubehop verify FILE` reads it. */
function verifyFinding(real: RealKernel, finding: FuzzFinding): CellVerdict {
  const noFile = (): undefined => undefined;
  const loaded = loadScenario("difference.yaml", findingScenario(finding, real.title), noFile);
  if (!loaded.ok) throw new Error(loaded.diagnostics.map(({ line, message }) => `${line}: ${message}`).join("\n"));
  const [plan] = loaded.scenario.cells;
  if (plan === undefined) throw new Error("no case");
  return verifyCell(real, plan, 1, noFile);
}

/** The TTL of an IPv4 frame plus one. */
function withTtl(hex: string): string {
  if (hex.slice(24, 28) !== "0800") return hex;
  const frame = Buffer.from(hex, "hex");
  frame[22] = ((frame[22] ?? 0) + 1) & 255;
  return frame.toString("hex");
}
