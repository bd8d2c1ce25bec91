// Text of a scenario never reaches a shell, nor becomes code: few files may start programs, with lists of words only.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageNames, root, sourceFiles, type SourceFile } from "./sources.ts";

/** Who starts programs, and why. Of these only the first one ever sees a scenario, as JSON on a pipe. */
const MAY: Readonly<Record<string, string>> = {
  "packages/oracle/src/live/agent-process.ts": "starts the agent in the real kernel",
  "scripts/bench.mjs": "runs benchmarks",
  "scripts/docs.mjs": "prints examples of the documents",
  "scripts/fuzz-yaml.mjs": "runs a test",
  "scripts/test.mjs": "runs tools",
};

const STARTS = /\bchild_process\b|\bnode:cluster\b/;
const BECOMES_CODE = /\beval\s*[(:]|\bnew\s+Function\s*\(|["'](?:node:)?vm["']|\bsetTimeout\s*\(\s*["'`]/;
/** Functions that hand a line to a shell, and the option that does. */
const SHELL = /\bexec(?:Sync)?\s*\(|\bshell\s*:|\bfork\s*\(/;

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, "");
}

function scripts(folder: string): SourceFile[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.m?[jt]s$/.test(entry.name))
    .map(({ name }) => ({ path: `${folder}/${name}`, text: readFileSync(join(root, folder, name), "utf8") }));
}

const sources = [
  ...packageNames().flatMap((name) => sourceFiles(`packages/${name}/src`)),
  ...scripts("packages/cli/bin"),
  ...scripts("scripts"),
].map(({ path, text }) => ({ path, text: withoutComments(text) }));

describe("programs of the machine", () => {
  it("are started by those that are listed, and they do", () => {
    const found = sources.filter(({ text }) => STARTS.test(text)).map(({ path }) => path);
    expect(found.toSorted()).toEqual(Object.keys(MAY).toSorted());
  });

  it("are never started by the engine", () => {
    const engine = ["sim", "netstack", "kube", "cni", "proxy", "programs", "commands", "lab"];
    expect(Object.keys(MAY).filter((path) => engine.includes(path.split("/")[1] ?? ""))).toEqual([]);
  });

  it("get lists of words, no line for a shell", () => {
    const starters = sources.filter(({ text }) => STARTS.test(text));
    expect(starters.filter(({ text }) => SHELL.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it("text becomes no code", () => {
    const found = sources.filter(({ path, text }) => path.startsWith("packages/") && BECOMES_CODE.test(text));
    // It runs our own bundle from a cache of its compiled form.
    expect(found.map(({ path }) => path)).toEqual(["packages/cli/bin/run-bundle.mjs"]);
  });

  it("the agent in the real kernel has no shell either", () => {
    const folder = join(root, "packages/oracle/agent");
    const python = readdirSync(folder).filter((name) => name.endsWith(".py") && name !== "record-cases.py");
    expect(python).toContain("kernel-agent.py");
    const shells = /\bshell\s*=|\bos\.(?:system|popen)\b|\b(?:eval|exec)\s*\(|["'](?:sh|bash|dash)["']/;
    expect(python.filter((name) => shells.test(readFileSync(join(folder, name), "utf8")))).toEqual([]);
  });

  it.each([
    ['import { exec } from "node:child_process";\nexec(`ip ${name}`);', [STARTS, SHELL]],
    ['spawnSync("ip", [name], { shell: true });', [SHELL]],
    ["eval(text)", [BECOMES_CODE]],
    ['new Function("a", text)', [BECOMES_CODE]],
    ['import vm from "node:vm";', [BECOMES_CODE]],
  ])("would be caught: %s", (text, patterns) => {
    for (const pattern of patterns) expect(pattern.test(text)).toBe(true);
  });

  it.each(["/a/.exec(text)", "spawnSync(file, args)", "evaluate(text)"])("may be: %s", (text) => {
    expect(BECOMES_CODE.test(text) || STARTS.test(text)).toBe(false);
  });
});
