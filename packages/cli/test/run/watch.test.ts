// `kubehop run --watch`, with hints given by the test instead of the file system.
import { rmSync, writeFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { type Changes, FolderChanges } from "../../src/run/changes.ts";
import { watch } from "../../src/run/watch.ts";
import { runFiles } from "../../src/run/queue.ts";
import type { RunSettings } from "../../src/run/file-run.ts";
import { findScenarios } from "../../src/scenario-files.ts";
import { kubehopWith, withFiles } from "../typed.ts";

const SETTINGS: RunSettings = {
  seed: 1,
  mutate: false,
  update: false,
  fix: false,
  verbose: false,
  colour: false,
  debug: false,
  capture: false,
  github: undefined,
};

const scenario = (value: number, manifest = ""): string => `scenario: forwarding
cluster: { nodes: { node1: {} } }
${manifest}steps: [{ in: node1, run: sysctl net.ipv4.ip_forward, expect: { output: "= ${value}" } }]
`;

const NAMESPACE = (name: string): string => `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${name} }\n`;

/** What each of `edits` makes a watching run print. The first one is what it begins with. */
async function printed(folder: string, edits: readonly (() => void)[]): Promise<{ said: string[]; code: number }> {
  const said: string[] = [];
  let now = "";
  const say = (text: string): void => void (now += text);
  const io = { stdout: say, stderr: say, colour: false, debug: false };
  let edit = 0;
  const changes: Changes = {
    follow: () => undefined,
    close: () => undefined,
    next: async () => {
      said.push(now.replaceAll(`${folder}/`, ""));
      now = "";
      edits[edit++]?.();
      return edit <= edits.length;
    },
  };
  const code = await watch({
    io,
    changes,
    folders: [folder],
    find: () => findScenarios([folder], io),
    run: (files, onRun) => runFiles(files, SETTINGS, 1, undefined, onRun),
    finish: (runs) => {
      say(`${runs.length} runs\n`);
      return runs.some(({ totals }) => totals.failed > 0) ? 1 : 0;
    },
  });
  return { said, code };
}

describe("watch", () => {
  it("runs what has changed and nothing else", async () => {
    await withFiles({ "a.yaml": scenario(1), "b.yaml": scenario(1) }, async (folder) => {
      const { said, code } = await printed(folder, [
        () => undefined,
        () => writeFileSync(`${folder}/b.yaml`, scenario(7)),
        () => writeFileSync(`${folder}/a.yaml`, `${scenario(1)}# touched\n`),
      ]);
      expect(said[0]).toMatch(/^✓ a\.yaml .*\n✓ b\.yaml .*\n2 runs\nwatching 2 files, \^C ends\n$/);
      expect(said[1]).toBe("");
      expect(said[2]).toMatch(/^✗ b\.yaml/);
      expect(said[2]).not.toContain("a.yaml");
      // What fails stays in sight.
      expect(said[3]).toMatch(/^✓ a\.yaml [^]*✗ b\.yaml /);
      expect(code).toBe(1);
    });
  });

  it("runs all that use a manifest, once it is there, when it changes", async () => {
    const files = {
      "a.yaml": scenario(1, "manifests: [./ns.yaml]\n"),
      "b.yaml": scenario(1, "manifests: [./ns.yaml]\n"),
      "c.yaml": scenario(1),
    };
    await withFiles(files, async (folder) => {
      const { said, code } = await printed(folder, [
        () => writeFileSync(`${folder}/ns.yaml`, NAMESPACE("x")),
        () => writeFileSync(`${folder}/ns.yaml`, NAMESPACE("y")),
      ]);
      expect(said[0]).toContain("✗ a.yaml  cannot be read");
      expect(said[1]).toMatch(/^✓ a\.yaml .*\n✓ b\.yaml .*\n3 runs/);
      expect(said[2]).toMatch(/^✓ a\.yaml .*\n✓ b\.yaml .*\n3 runs/);
      expect(code).toBe(0);
    });
  });

  it("follows files that come and go", async () => {
    await withFiles({ "a.yaml": scenario(1) }, async (folder) => {
      const { said, code } = await printed(folder, [
        () => writeFileSync(`${folder}/b.yaml`, scenario(7)),
        () => rmSync(`${folder}/b.yaml`),
        () => rmSync(`${folder}/a.yaml`),
        () => writeFileSync(`${folder}/a.yaml`, scenario(1)),
      ]);
      expect(said[1]).toMatch(/^✗ b\.yaml [^]*2 runs/);
      expect(said[2]).toBe("1 runs\nwatching 1 file, ^C ends\n");
      expect(said[3]).toMatch(/^kubehop run: .*no scenario in this folder\n$/);
      expect(said[4]).toMatch(/1 runs\n/);
      expect(code).toBe(0);
    });
  });
});

describe("hints of the file system", () => {
  const controller = new AbortController();
  afterEach(() => controller.abort());

  it("tell of a file that is written, and end with the signal", async () => {
    await withFiles({ "a.yaml": "x" }, async (folder) => {
      const changes = new FolderChanges(controller.signal);
      changes.follow([folder, `${folder}/not-there`]);
      writeFileSync(`${folder}/a.yaml`, "y");
      expect(await changes.next()).toBe(true);
      controller.abort();
      expect(await changes.next()).toBe(false);
      changes.close();
    });
  });

  it("the command ends with the exit code of its last run", async () => {
    await withFiles({ "a.yaml": scenario(7) }, async (folder) => {
      const stop = new AbortController();
      stop.abort();
      const typed = await kubehopWith({ interrupted: () => stop.signal }, "run", folder, "--watch");
      expect(typed).toMatchObject({ code: 1, stderr: "watching 1 file, ^C ends\n" });
      expect(typed.stdout).toMatch(/\n0 passed, 1 failed, 0 skipped\n$/);
    });
  });
});
