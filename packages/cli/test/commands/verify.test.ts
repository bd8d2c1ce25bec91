// `kubehop verify`: what can be typed, and recordings. The real kernel has its tests in packages/oracle/test/live.
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { OPTIONS } from "../../src/commands/verify-options.ts";
import { kubehop } from "../typed.ts";

const recording = (name: string): string =>
  fileURLToPath(new URL(`../../../oracle/test/data/${name}`, import.meta.url));
const SEQUENCES = recording("ct-tcp-sequences.json.gz");

describe("options of another mode", () => {
  it.each([
    [["--round-trip", "a.yaml"], "--round-trip takes no file, found a.yaml"],
    [["--fuzz", "a.yaml"], "--fuzz takes no file, found a.yaml"],
    [["a.yaml", "--kind", "routed"], "--kind does not go with scenarios: it belongs to --fuzz"],
    [["a.yaml", "--case", "x"], "--case does not go with scenarios: it belongs to --recorded"],
    [
      ["--recorded", "a", "--seed", "1"],
      "--seed does not go with --recorded: it belongs to scenarios or --fuzz or --round-trip",
    ],
    [["--round-trip", "--out", "x"], "--out does not go with --round-trip: it belongs to --fuzz"],
    [["--fuzz", "--case", "x"], "--case does not go with --fuzz: it belongs to --recorded"],
    [["--fuzz", "--round-trip"], "--fuzz and --round-trip do not go together: one at a time"],
    [["--fuzz", "--cases", "0"], "--cases wants 1 or more"],
    [["--fuzz", "--kind", "x"], '--kind knows routed, bridged, tunnelled, chained, found "x"'],
  ])("verify %j", async (argv, message) => {
    expect(await kubehop("verify", ...argv)).toEqual({ code: 2, stdout: "", stderr: `kubehop verify: ${message}\n` });
  });
});

it("--help tells of every option", async () => {
  const { code, stdout } = await kubehop("verify", "--help");
  expect(code).toBe(0);
  const told = stdout.slice(stdout.indexOf("\n"));
  expect(Object.keys(OPTIONS).filter((name) => !told.includes(`--${name} `) && !told.includes(`--${name}\n`))).toEqual(
    [],
  );
});

describe("recordings", () => {
  it("an unknown case: names near it, and nothing else", async () => {
    const { code, stdout, stderr } = await kubehop("verify", "--recorded", SEQUENCES, "--case", "no such case");
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^kubehop verify: no case is named "no such case"\nhint: near it: ([^,\n]+, ){9}[^,\n]+\n$/);
  });

  it("of a folder: every *.json.gz in it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "kubehop-recordings-"));
    try {
      expect((await kubehop("verify", "--recorded", folder)).stderr).toBe(
        `kubehop verify: ${folder}: no recording (*.json.gz) in this folder\n`,
      );
      copyFileSync(SEQUENCES, join(folder, "a.json.gz"));
      const { code, stdout } = await kubehop("verify", "--recorded", folder);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^Linux .*: (\d+)\/\1 cases, \d+ packets compared, 0 differences\n$/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
