// The command as a package manager starts it.
import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { withFiles } from "./typed.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

function started(args: readonly string[], env: Readonly<Record<string, string>>): string {
  const { stdout, stderr } = spawnSync(process.execPath, ["packages/cli/bin/kubehop.mjs", ...args], {
    cwd: ROOT,
    encoding: "utf8",
    env: { PATH: process.env["PATH"], ...env },
  });
  return stdout + stderr;
}

it("pnpm -C CLONE kubehop validate FILE: a relative file is one of the folder it was typed in", async () => {
  await withFiles({ "here.yaml": "scenario: x\nsteps: [{ wait: 1s }]\n" }, async (folder) => {
    const typed = ["validate", "here.yaml"];
    for (const script of ["kubehop", "scenario"])
      expect(started(typed, { INIT_CWD: folder, npm_lifecycle_event: script })).toBe("here.yaml: ok, 1 case\n");
    // Inside of another package's script it is its folder that counts.
    expect(started(typed, { INIT_CWD: folder, npm_lifecycle_event: "build" })).toContain("here.yaml");
    expect(started(typed, { INIT_CWD: folder, npm_lifecycle_event: "build" })).not.toContain("ok");
  });
});
