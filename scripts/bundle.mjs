// Builds packages/cli/dist/kubehop.cjs: the command with the whole engine in one file, whose modules are evaluated when they are first
// imported. Runs after an install, and from packages/cli/bin/kubehop.mjs when a source is newer than the bundle.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const entry = join(root, "packages/cli/src/main.ts");
const outdir = join(root, "packages/cli/dist");
const outfile = join(outdir, "kubehop.cjs");
/** Takes the place of the build's ID until the content, and so the ID, is known. */
const NO_ID = "0".repeat(16);

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

/** Compiled code of earlier builds (packages/cli/bin/run-bundle.mjs). */
function removeCodeCaches() {
  for (const name of readdirSync(outdir)) if (/\.code(\.\d+)?$/.test(name)) rmSync(join(outdir, name), { force: true });
}

export async function bundle() {
  const started = new Date();
  const { outputFiles } = await build({
    ...bundleOptions,
    format: "cjs",
    banner: { js: `// build ${NO_ID}` },
    entryPoints: [entry],
    outfile,
    write: false,
  });
  const [map, code] = outputFiles.sort((a, b) => b.path.length - a.path.length);
  const id = createHash("sha256").update(code.contents).digest("hex").slice(0, NO_ID.length);
  mkdirSync(outdir, { recursive: true });
  removeCodeCaches();
  // The code comes last: once it is there, its source map is too.
  replaceFile(map.path, map.contents);
  replaceFile(code.path, code.text.replace(NO_ID, id));
  // A source saved while the build ran is newer than the bundle.
  utimesSync(outfile, started, started);
}

if (process.argv[1] === fileURLToPath(import.meta.url) && existsSync(entry)) await bundle();
