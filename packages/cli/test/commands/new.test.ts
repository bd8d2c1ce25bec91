// `kubehop new` on stdin: a folder with a scenario that runs, or its text on stdout.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { kubehop, kubehopWith, withFiles } from "../typed.ts";

const DUMP = readFileSync(new URL("../../../lab/test/from-cluster/data/shop.yaml", import.meta.url), "utf8");
const stdin = (text: string | undefined): { stdin: () => string | undefined } => ({ stdin: () => text });

describe("new", () => {
  it("writes a folder that can be run", async () => {
    await withFiles({}, async (folder) => {
      const typed = await kubehopWith(stdin(DUMP), "new", "-o", `${folder}/shop`, "--title", "the shop hangs");
      expect(typed).toMatchObject({ code: 0, stdout: `${folder}/shop/scenario.yaml\n` });
      expect(typed.stderr).toContain("kubehop new: missing: NetworkPolicy, not modelled");
      expect((await kubehop("run", `${folder}/shop`)).stdout).toBe(
        `✓ ${folder}/shop/scenario.yaml  the shop hangs\n1 passed, 0 failed, 0 skipped\n`,
      );
    });
  });

  it("never writes over what is there, unless told to", async () => {
    await withFiles({ "scenario.yaml": "mine" }, async (folder) => {
      const typed = await kubehopWith(stdin(DUMP), "new", "-o", folder);
      expect(typed).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(`${folder}/scenario.yaml is there already\nhint: --force`),
      });
      expect(readFileSync(`${folder}/scenario.yaml`, "utf8")).toBe("mine");
      expect(existsSync(`${folder}/manifests.yaml`)).toBe(false);
      expect((await kubehopWith(stdin(DUMP), "new", "-o", folder, "--force")).code).toBe(0);
    });
  });

  it("prints one file without -o", async () => {
    await withFiles({}, async (folder) => {
      const { stdout } = await kubehopWith(stdin(DUMP), "new");
      writeFileSync(`${folder}/one.yaml`, stdout);
      expect((await kubehop("validate", `${folder}/one.yaml`)).stdout).toBe(`${folder}/one.yaml: ok, 1 case\n`);
    });
  });

  it("ends with 1 where what it wrote does not run", async () => {
    const twice = `${DUMP}---\n{ apiVersion: v1, kind: Node, metadata: { name: "not a name" } }\n`;
    await withFiles({}, async (folder) => {
      const typed = await kubehopWith(stdin(twice), "new", "-o", folder);
      expect(typed).toMatchObject({ code: 1, stdout: `${folder}/scenario.yaml\n` });
      expect(typed.stderr).toContain("kubehop new: the scenario does not run as it is:\n");
      expect(typed.stderr).toContain('"not a name" is not a name');
      expect(existsSync(`${folder}/scenario.yaml`)).toBe(true);
    });
  });

  it.each([
    [undefined, "nothing on stdin"],
    ["\n", "nothing on stdin"],
    ["kind: Pod\n", "stdin:1:1: an object without apiVersion, kind or metadata.name"],
  ])("says what it wants: %j", async (text, message) => {
    expect(await kubehopWith(stdin(text), "new")).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining(message),
    });
  });
});
