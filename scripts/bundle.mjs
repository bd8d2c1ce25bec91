// Builds packages/cli/dist/kubehop.mjs: the command, and in a few files beside it the whole engine, so that a run starts fast and
// what a subcommand does not need is not even read.
// Runs after an install, and from packages/cli/bin/kubehop.mjs when a source is newer than the bundle.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const entry = join(root, "packages/cli/src/main.ts");
const outdir = join(root, "packages/cli/dist");
const outfile = join(outdir, "kubehop.mjs");
const partsFolder = join(outdir, "kubehop-parts");

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

/** Names carry a hash of the content: parts of earlier builds are in nobody's way, and go once no running process can want them. */
function removeOldParts(kept) {
  const longAgo = Date.now() - 10 * 60_000;
  for (const name of readdirSync(partsFolder)) {
    const path = join(partsFolder, name);
    if (!kept.has(name) && statSync(path).mtimeMs < longAgo) rmSync(path, { force: true });
  }
}

export async function bundle() {
  const started = new Date();
  const { outputFiles } = await build({
    ...bundleOptions,
    entryPoints: { kubehop: entry },
    outdir,
    outExtension: { ".js": ".mjs" },
    chunkNames: "kubehop-parts/[name]-[hash]",
    splitting: true,
    write: false,
  });
  mkdirSync(partsFolder, { recursive: true });
  // The entry comes last: once it is there, its parts and source map are too.
  for (const file of outputFiles.sort((a, b) => b.path.length - a.path.length)) replaceFile(file.path, file.contents);
  removeOldParts(new Set(outputFiles.map((file) => basename(file.path))));
  // A source saved while the build ran is newer than the bundle.
  utimesSync(outfile, started, started);
}

if (process.argv[1] === fileURLToPath(import.meta.url) && existsSync(entry)) await bundle();
