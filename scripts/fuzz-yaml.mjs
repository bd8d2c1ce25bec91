// Loads ten thousand damaged and random scenario files (`node scripts/fuzz-yaml.mjs [CASES [SEED]]`) and tells how many loaded, how many ran,
// and which took longest. Fails when one throws, points outside its file, or hangs.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const [cases = "10000", seed = "yaml"] = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), "kubehop-fuzz-"));
const report = join(scratch, "report");
try {
  const args = [join(root, "node_modules/vitest/vitest.mjs"), "run", "packages/lab/test/fuzz"];
  const env = { ...process.env, FUZZ_CASES: cases, FUZZ_SEED: seed, FUZZ_REPORT: report };
  // A case that never ends keeps the whole process: then nothing else would stop it.
  const timeout = 60_000 + Number(cases) * 500;
  const { status } = spawnSync(process.execPath, args, { cwd: root, env, timeout, stdio: "inherit" });
  console.log(status === null ? "did not end in time" : readFileSync(report, "utf8").trimEnd());
  process.exitCode = status ?? 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
