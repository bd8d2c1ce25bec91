// Everything that must hold, in one command: types, lint, format, tests, scenarios.
// The last line is always `N passed, N failed, N skipped`.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const scratch = mkdtempSync(join(tmpdir(), "kubehop-test-"));
const colour = process.stdout.isTTY ? {} : { NO_COLOR: "1" };
const total = { passed: 0, failed: 0, skipped: 0 };

function add(passed, failed, skipped) {
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
}

/** Runs a program of this workspace; `output` is what it wrote when `capture` is set, and is shown as well. */
function run(title, file, args, { capture = false, env = {} } = {}) {
  console.log(`\n── ${title}`);
  const { status, error, stdout } = spawnSync(process.execPath, [join(root, file), ...args], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, ...colour, ...env },
    maxBuffer: 2 ** 30,
    stdio: ["ignore", capture ? "pipe" : "inherit", "inherit"],
  });
  if (stdout) process.stdout.write(stdout);
  if (error) console.error(error.message);
  return { ok: status === 0, output: stdout ?? "" };
}

function staticCheck(title, file, args) {
  const { ok } = run(title, file, args);
  console.log(ok ? "passed" : "failed");
  add(ok ? 1 : 0, ok ? 0 : 1, 0);
}

function unitTests() {
  const summaryFile = join(scratch, "vitest.json");
  const reporters = ["--reporter=default", "--reporter=./scripts/vitest-summary.mjs"];
  const { ok } = run("tests", "node_modules/vitest/vitest.mjs", ["run", ...reporters], {
    env: { SUMMARY_FILE: summaryFile },
  });
  if (!existsSync(summaryFile)) return add(0, 1, 0);
  const { passed, failed, skipped } = JSON.parse(readFileSync(summaryFile, "utf8"));
  for (const { name, file, note } of skipped) console.log(`skipped: ${file}: ${name}: ${note ?? "no reason given"}`);
  add(passed, !ok && failed === 0 ? 1 : failed, skipped.length);
}

const SUMMARY = /^(\d+) passed, (\d+) failed, (\d+) skipped$/gm;

function scenarios() {
  if (!existsSync(join(root, "scenarios"))) return;
  const { ok, output } = run("scenarios", "packages/cli/bin/kubehop.mjs", ["run", "--mutate", "scenarios"], {
    capture: true,
  });
  const counts = [...output.matchAll(SUMMARY)].at(-1)?.slice(1).map(Number);
  if (!counts) return add(0, 1, 0);
  const [passed, failed, skipped] = counts;
  add(passed, !ok && failed === 0 ? 1 : failed, skipped);
}

try {
  staticCheck("types", "node_modules/typescript/bin/tsc", ["-b"]);
  staticCheck("lint", "node_modules/oxlint/bin/oxlint", ["packages", "scripts", "test"]);
  staticCheck("format", "node_modules/oxfmt/bin/oxfmt", ["--check", "packages", "scripts", "test"]);
  unitTests();
  scenarios();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 ? 0 : 1;
