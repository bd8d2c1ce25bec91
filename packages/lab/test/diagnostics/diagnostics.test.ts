// Wrong files and what is said about each: NN-name.yaml beside NN-name.txt. UPDATE=1 writes the texts anew (never in CI).
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { renderDiagnostics } from "@kubehop/kube";
import { describe, expect, it } from "vitest";
import { loadScenario } from "../../src/load/load-scenario.ts";
import { readFolder } from "./read-folder.ts";

const folder = import.meta.dirname;
const names = readdirSync(folder).filter((name) => /^\d\d+-.*\.yaml$/.test(name));
const update = process.env["UPDATE"] !== undefined && process.env["CI"] === undefined;

/** All that `kubehop validate` prints about a file. */
function said(name: string): string {
  const loaded = loadScenario(name, readFileSync(join(folder, name), "utf8"), readFolder(folder));
  return loaded.ok ? "no mistake\n" : `${renderDiagnostics(loaded.diagnostics, loaded.sources)}\n`;
}

describe("wrong files", () => {
  it("are many", () => {
    expect(names.length).toBeGreaterThanOrEqual(60);
    const texts = readdirSync(folder).filter((name) => name.endsWith(".txt"));
    expect(texts).toEqual(names.map((name) => name.replace(/yaml$/, "txt")));
  });

  it.each(names)("%s", (name) => {
    const file = join(folder, name.replace(/yaml$/, "txt"));
    const text = said(name);
    if (update) writeFileSync(file, text);
    expect(text).toBe(readFileSync(file, "utf8"));
    expect(text).not.toBe("no mistake\n");
  });
});
