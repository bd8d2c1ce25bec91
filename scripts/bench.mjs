// Runs every packages/*/bench/*.bench.ts, or those whose path contains an argument, one process after the other.
// Each is bundled first, as the command itself is: what is measured is what runs.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { bundleOptions } from "./bundle.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const wanted = process.argv.slice(2);

const benches = readdirSync(join(root, "packages"))
  .map((name) => `packages/${name}/bench`)
  .filter((folder) => existsSync(join(root, folder)))
  .flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`))
  .filter((path) => path.endsWith(".bench.ts"))
  .filter((path) => wanted.length === 0 || wanted.some((part) => path.includes(part)));

const scratch = mkdtempSync(join(tmpdir(), "kubehop-bench-"));
try {
  for (const path of benches) {
    const outfile = join(scratch, basename(path, ".ts") + ".mjs");
    await build({ ...bundleOptions, entryPoints: [join(root, path)], outfile });
    console.log(`\n── ${path}`);
    const { status } = spawnSync(process.execPath, ["--enable-source-maps", outfile], { cwd: root, stdio: "inherit" });
    if (status !== 0) process.exitCode = 1;
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
