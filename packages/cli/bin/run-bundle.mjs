// Runs the bundle with the code that V8 compiled in an earlier run: compiling is half of a cold start (docs/PERFORMANCE.md).
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import Module, { createRequire } from "node:module";
import { dirname } from "node:path";
import process from "node:process";
import { setFlagsFromString } from "node:v8";
import { Script } from "node:vm";
import { isMainThread } from "node:worker_threads";

/** The bundle starts with `// build ID`. V8 compares only the length of a source with its cache, so the ID is part of the name. */
function cachePathOf(bundlePath, source) {
  const build = source.slice("// build ".length, source.indexOf("\n"));
  return `${bundlePath}-${build}-${process.version}-${process.arch}.code`;
}

/** Undefined: there is none yet. */
function readCache(path) {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** At the end of the first run that got as far as running something, with the functions it needed. */
function writeCacheAtExit(script, path) {
  // A long run must not forget how it started.
  setFlagsFromString("--no-flush-bytecode");
  process.on("exit", (code) => {
    if (code > 1) return;
    // The flags are part of the cache.
    setFlagsFromString("--flush-bytecode");
    try {
      const draft = `${path}.${process.pid}`;
      writeFileSync(draft, script.createCachedData());
      renameSync(draft, path);
    } catch {
      // Where nothing can be written, every start compiles.
    }
  });
}

export function runBundle(bundlePath) {
  const require = createRequire(bundlePath);
  if (process.env.KUBEHOP_DEBUG) {
    // Positions in stacks are those of the sources.
    process.setSourceMapsEnabled(true);
    require(bundlePath);
    return;
  }
  // Outside of comments esbuild writes ASCII only, and one byte a character is read and kept fastest.
  const source = readFileSync(bundlePath, "latin1");
  const cachePath = cachePathOf(bundlePath, source);
  const cachedData = readCache(cachePath);
  // A cache that V8 refuses (other flags) is as good as none.
  const script = new Script(Module.wrap(source), { filename: bundlePath, cachedData });
  if (cachedData === undefined && isMainThread && process.argv[2] === "run") writeCacheAtExit(script, cachePath);
  const module = { exports: {} };
  script.runInThisContext()(module.exports, require, module, bundlePath, dirname(bundlePath));
}
