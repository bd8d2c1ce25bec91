#!/usr/bin/env node
// Starts the bundled command; rebuilds the bundle first when a source file is newer than it.
import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { isMainThread } from "node:worker_threads";
import { runBundle } from "./run-bundle.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");
const bundlePath = join(root, "packages/cli/dist/kubehop.cjs");

/** True when a file or folder under `folder` changed after `since`; a folder's own time tells of deletions. */
function changedSince(folder, since) {
  if (statSync(folder).mtimeMs > since) return true;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() ? changedSince(path, since) : statSync(path).mtimeMs > since) return true;
  }
  return false;
}

function isStale() {
  if (!existsSync(bundlePath)) return true;
  const built = statSync(bundlePath).mtimeMs;
  const packages = join(root, "packages");
  return readdirSync(packages).some((name) => {
    const src = join(packages, name, "src");
    return existsSync(src) && changedSince(src, built);
  });
}

/** Package managers start scripts in the package's folder: paths are meant from where the person stands (`pnpm -C CLONE scenario x.yaml`). */
function standWherePersonStands() {
  const { INIT_CWD, npm_lifecycle_event: script } = process.env;
  if (INIT_CWD !== undefined && ["kubehop", "scenario"].includes(script ?? "")) process.chdir(INIT_CWD);
}

if (isMainThread) standWherePersonStands();
// A further thread runs what its process runs.
if (isMainThread && isStale()) {
  const { bundle } = await import(pathToFileURL(join(root, "scripts/bundle.mjs")).href);
  try {
    await bundle();
  } catch (error) {
    console.error(`kubehop: the sources do not build: ${error.message}`);
    process.exit(70);
  }
}
runBundle(bundlePath);
