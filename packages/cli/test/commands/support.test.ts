// docs/SUPPORT.md is what `kubehop support` prints. After a change: node scripts/docs.mjs
import { readFileSync } from "node:fs";
import { xtablesSupport } from "@kubehop/netstack";
import { describe, expect, it } from "vitest";
import { kubehop } from "../typed.ts";

const DOCUMENT = new URL("../../../../docs/SUPPORT.md", import.meta.url);

describe("support", () => {
  it("prints docs/SUPPORT.md", async () => {
    const { code, stdout, stderr } = await kubehop("support");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(readFileSync(DOCUMENT, "utf8"), "node scripts/docs.mjs renews the page").toBe(stdout);
  });

  it("tells of every match and target where it stands", async () => {
    const { stdout } = await kubehop("support");
    const { matches, targets, refusedMatches, refusedTargets } = xtablesSupport();
    for (const { name, options } of [...matches, ...targets]) {
      const row = stdout.split("\n").find((line) => line.startsWith(`| \`${name}\` |`) && line.split("|").length === 7);
      expect(row ?? `no row of ${name}`).toContain(`| \`${name}\` |`);
      for (const option of options) expect(row).toContain(`--${option.name}\``);
    }
    for (const name of [...refusedMatches, ...refusedTargets]) expect(stdout).toContain(`\`${name}\``);
  });

  it("takes no file", async () => {
    expect(await kubehop("support", "x")).toEqual({
      code: 2,
      stdout: "",
      stderr: "kubehop support: support takes no file, found x\n",
    });
  });
});
