// docs/SUPPORT.md is what `kubehop support` prints. After a change: node scripts/docs.mjs
import { readFileSync } from "node:fs";
import { xtablesSupport } from "@kubehop/netstack";
import { liveEvidence } from "@kubehop/oracle";
import { describe, expect, it } from "vitest";
import { kubehop } from "../typed.ts";

interface ProofRow {
  readonly owner: string;
  readonly options: readonly string[];
  readonly labs: boolean;
  readonly text: boolean;
}

/** The rows of matches and targets: name, options, recorded, random labs, real tool, round trip. */
function proofRows(page: string): ProofRow[] {
  return [...page.matchAll(/^\| `(\w+)` \| (.+) \| [✓–] \| ([✓–]) \| [✓–] \| ([✓–]) \|$/gm)].map(
    ([, owner = "", options = "", labs, text]) => ({
      owner,
      options: [...options.matchAll(/--([\w-]+)/g)].map(([, name = ""]) => name),
      labs: labs === "✓",
      text: text === "✓",
    }),
  );
}

const DOCUMENT = new URL("../../../../docs/SUPPORT.md", import.meta.url);

describe("support", () => {
  it("prints docs/SUPPORT.md", async () => {
    const { code, stdout, stderr } = await kubehop("support");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(readFileSync(DOCUMENT, "utf8"), "node scripts/docs.mjs renews the page").toBe(stdout);
  });

  it("tells of every match and target where it stands", async () => {
    const { stdout } = await kubehop("support");
    const rows = proofRows(stdout);
    const { matches, targets, refusedMatches, refusedTargets } = xtablesSupport();
    for (const { name, options } of [...matches, ...targets]) {
      const own = rows.filter((row) => row.owner === name).flatMap((row) => row.options);
      const taken = options.filter(({ refused }) => !refused).map((option) => option.name);
      expect([name, own.toSorted()]).toEqual([name, taken.toSorted()]);
      for (const option of options) expect(stdout).toContain(`--${option.name}\``);
    }
    for (const name of [...refusedMatches, ...refusedTargets]) expect(stdout).toContain(`\`${name}\``);
  });

  it("marks as drawn what the live checks draw, and nothing else", async () => {
    const rows = proofRows((await kubehop("support")).stdout);
    expect(rows.length).toBeGreaterThan(40);
    for (const { owner, options, labs, text } of rows)
      for (const option of options) {
        const thing = `${/^[A-Z]/.test(owner) ? "targets" : "matches"} ${owner} --${option}`;
        expect([thing, labs, text]).toEqual([thing, liveEvidence("labs").has(thing), liveEvidence("text").has(thing)]);
      }
  });

  it("takes no file", async () => {
    expect(await kubehop("support", "x")).toEqual({
      code: 2,
      stdout: "",
      stderr: "kubehop support: support takes no file, found x\n",
    });
  });
});
