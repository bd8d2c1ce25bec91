// Builds packages/cli/dist/kubehop.mjs: the command and the whole engine in one file, so that a run starts fast.
// Runs after an install, and from packages/cli/bin/kubehop.mjs when a source is newer than the bundle.
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const entry = join(root, "packages/cli/src/main.ts");
const outfile = join(root, "packages/cli/dist/kubehop.mjs");

/** Renames finished files into place, so that a process starting meanwhile never reads half a bundle. */
function replaceFile(path, contents) {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, contents);
  renameSync(draft, path);
}

export async function bundle() {
  const { outputFiles } = await build({
    entryPoints: [entry],
    outfile,
    write: false,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    conditions: ["@kubehop/source"],
    sourcemap: true,
    legalComments: "none",
    logLevel: "error",
    // Dependencies in CommonJS may call require for a Node built-in.
    banner: {
      js: 'import { createRequire as kubehopRequire } from "node:module"; const require = kubehopRequire(import.meta.url);',
    },
  });
  mkdirSync(dirname(outfile), { recursive: true });
  // The bundle comes last: its time is what the start-up check compares with.
  for (const file of outputFiles.sort((a, b) => b.path.length - a.path.length)) replaceFile(file.path, file.contents);
}

if (process.argv[1] === fileURLToPath(import.meta.url) && existsSync(entry)) await bundle();
