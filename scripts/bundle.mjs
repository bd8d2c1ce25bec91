// Builds packages/cli/dist/kubehop.mjs: the command and the whole engine in one file, so that a run starts fast.
// Runs after an install, and from packages/cli/bin/kubehop.mjs when a source is newer than the bundle.
import { existsSync, mkdirSync, renameSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const entry = join(root, "packages/cli/src/main.ts");
const outfile = join(root, "packages/cli/dist/kubehop.mjs");

/** How TypeScript sources of this workspace become one file for Node. */
export const bundleOptions = {
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  conditions: ["@kubehop/source"],
  sourcemap: true,
  legalComments: "none",
  logLevel: "silent",
  // Dependencies in CommonJS may call require for a Node built-in.
  banner: {
    js: 'import { createRequire as kubehopRequire } from "node:module"; const require = kubehopRequire(import.meta.url);',
  },
};

/** Renames finished files into place, so that a process starting meanwhile never reads half a bundle. */
function replaceFile(path, contents) {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, contents);
  renameSync(draft, path);
}

export async function bundle() {
  const started = new Date();
  const { outputFiles } = await build({ ...bundleOptions, entryPoints: [entry], outfile, write: false });
  mkdirSync(dirname(outfile), { recursive: true });
  // The bundle comes last: once it is there, its source map is too.
  for (const file of outputFiles.sort((a, b) => b.path.length - a.path.length)) replaceFile(file.path, file.contents);
  // A source saved while the build ran is newer than the bundle.
  utimesSync(outfile, started, started);
}

if (process.argv[1] === fileURLToPath(import.meta.url) && existsSync(entry)) await bundle();
