// Names and values that would like to be more than that.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { kubehop, withFiles } from "../typed.ts";

const scenario = (value: string): string => `scenario: x
matrix: { v: [${JSON.stringify(value)}] }
cluster: { nodes: { node1: {} } }
steps: [{ in: node1, run: ping -c 1 127.0.0.1 }]
`;

/** All files below a folder. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (name) => !statSync(join(folder, name)).isDirectory(),
  );
}

describe("hostile names", () => {
  it.each([
    "../../../../tmp/x",
    "/etc/passwd",
    "a\u0000b",
    "$(touch pwned)",
    "`id`; rm -rf /",
    "x".repeat(4_000),
    "..",
    "\n\r\u001b[2J",
  ])("captures stay in their folder, under a plain name: %j", async (value) => {
    await withFiles({ "in/a.yaml": scenario(value) }, async (folder) => {
      const before = filesIn(folder).length;
      const { code, stderr } = await kubehop("run", `${folder}/in/a.yaml`, "--pcapng", `${folder}/out`);
      // A control character is no text: YAML refuses it, and nothing is written.
      const captures = existsSync(`${folder}/out`) ? filesIn(`${folder}/out`) : [];
      expect(captures).toHaveLength(code === 0 ? 1 : 0);
      expect(captures.every((name) => /^a--v=[\w.=-]*\.pcapng$/.test(name) && name.length < 255)).toBe(true);
      expect(filesIn(folder)).toHaveLength(before + captures.length);
      expect(stderr).not.toContain("bug");
    });
  });

  it("a file may be called as it likes", async () => {
    const name = "$(touch pwned) '; \"&.yaml";
    await withFiles({ [name]: scenario("1") }, async (folder) => {
      const typed = await kubehop("run", folder, "--pcapng", `${folder}/out`, "--junit", `${folder}/r.xml`);
      expect(typed).toMatchObject({ code: 0, stdout: expect.stringContaining(name) });
      expect(readdirSync(`${folder}/out`)).toEqual(["_touch_pwned_--v=1.pcapng"]);
      expect(readFileSync(`${folder}/r.xml`, "utf8")).toContain("&quot;&amp;.yaml");
    });
  });

  it.each([["--json"], ["--junit"]])("%s where nothing can be written is a clear mistake", async (option) => {
    await withFiles({ "a.yaml": scenario("1"), taken: "" }, async (folder) => {
      for (const target of [`${folder}/taken/r`, folder, "/proc/none/r"]) {
        const typed = await kubehop("run", `${folder}/a.yaml`, option, target);
        expect(typed).toMatchObject({ code: 2, stderr: expect.stringMatching(/^kubehop run: .*: [a-z ]+\n$/) });
      }
    });
  });
});

it("no string of a scenario can reach a shell: neither lab nor run can start a program", () => {
  const root = fileURLToPath(new URL("../../../", import.meta.url));
  const sources = ["lab/src", "cli/src/run"].flatMap((folder) =>
    filesIn(join(root, folder)).map((name) => join(root, folder, name)),
  );
  expect(sources.length).toBeGreaterThan(50);
  for (const source of [...sources, join(root, "cli/src/commands/run.ts"), join(root, "cli/src/commands/new.ts")])
    expect(readFileSync(source, "utf8")).not.toMatch(/child_process|\beval\(|new Function\(/);
});
