import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Random } from "@kubehop/sim";
import { describe, expect, it } from "vitest";
import { diffLines, normalDiff, unifiedHunks } from "../../src/text/diff-lines.ts";

describe("diffLines", () => {
  it("gives nothing for equal texts", () => {
    expect(diffLines(["a", "b"], ["a", "b"])).toEqual([]);
  });

  it("turns one text into the other with the fewest lines", () => {
    expect(diffLines(["a", "b", "c"], ["a", "x", "c", "d"])).toEqual([
      { a0: 1, a1: 2, b0: 1, b1: 2 },
      { a0: 3, a1: 3, b0: 3, b1: 4 },
    ]);
  });

  it("puts an inserted run as low as it goes", () => {
    expect(normalDiff(["a", "x", "b"], ["a", "x", "a", "x", "b"])).toBe("2a3,4\n> a\n> x\n");
  });

  it("groups changes of a unified diff with context", () => {
    const a = Array.from({ length: 20 }, (_, i) => `line ${i + 1}`);
    const b = a.filter((line) => line !== "line 4").map((line) => (line === "line 18" ? "changed" : line));
    expect(unifiedHunks(a, b, 1)).toBe(
      "@@ -3,3 +3,2 @@\n line 3\n-line 4\n line 5\n@@ -17,3 +16,3 @@\n line 17\n-line 18\n+changed\n line 19\n",
    );
  });

  // With many equal lines both are right in different ways; GNU also leaves common ends out before it looks.
  it("says what GNU diff says, where that is installed", () => {
    if (spawnSync("diff", ["--version"]).status !== 0) return;
    const dir = mkdtempSync(join(tmpdir(), "kubehop-diff-"));
    const random = new Random("diff");
    const [left, right] = [join(dir, "a"), join(dir, "b")];
    for (let round = 0; round < 120; round++) {
      const a = Array.from({ length: random.below(40) }, () => `rule ${random.below(1000)}`);
      const b = a
        .filter(() => random.below(5) > 0)
        .flatMap((line) => (random.below(5) === 0 ? [line, `new ${random.below(3)}`] : [line]));
      writeFileSync(left, a.map((line) => `${line}\n`).join(""));
      writeFileSync(right, b.map((line) => `${line}\n`).join(""));
      const real = (args: string[]): string => spawnSync("diff", [...args, "--minimal", left, right]).stdout.toString();
      expect(normalDiff(a, b)).toBe(real([]));
      expect(unifiedHunks(a, b, 3)).toBe(real(["-u"]).split("\n").slice(2).join("\n"));
    }
    rmSync(dir, { recursive: true });
  });
});
