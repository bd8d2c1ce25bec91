// Mistakes of the one who types: one clear line, exit code 2, no stack.
import { readFileSync } from "node:fs";
import { ProxyRefusal } from "@kubehop/proxy";
import { describe, expect, it } from "vitest";
import { reportError, SUBCOMMANDS } from "../src/dispatch.ts";
import { VERSION } from "../src/version.ts";
import { kubehop, withFiles } from "./typed.ts";

describe("help and version", () => {
  it.each([["--help"], ["-h"], ["help"]])("%s lists the commands", async (word) => {
    const { code, stdout } = await kubehop(word);
    expect(code).toBe(0);
    for (const name of Object.keys(SUBCOMMANDS)) expect(stdout).toMatch(new RegExp(`kubehop ${name}[ \\n]`));
  });

  it("of one command", async () => {
    expect(await kubehop("run", "--help")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^usage: kubehop run FILE/),
    });
    expect(await kubehop("help", "verify")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^usage: kubehop verify/),
    });
  });

  it("nothing typed is a mistake", async () => {
    expect(await kubehop()).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("kubehop run FILE") });
  });

  it("the version is that of the package", async () => {
    const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
      version: string;
    };
    expect(VERSION).toBe(version);
    expect(await kubehop("--version")).toEqual({ code: 0, stdout: `kubehop ${version}\n`, stderr: "" });
  });
});

describe("mistakes", () => {
  it.each([
    [["rnu"], 'kubehop: unknown command "rnu"\nhint: did you mean "run"?\n'],
    [["--jsno"], "kubehop: unknown option --jsno\nhint: kubehop --help lists the commands\n"],
    [["./a.yaml"], 'kubehop: unknown command "./a.yaml"\nhint: to run a scenario: kubehop run ./a.yaml\n'],
    [["constructor"], 'kubehop: unknown command "constructor"\nhint: kubehop --help lists the commands\n'],
    [["run"], "kubehop run: no file is named\nhint: kubehop run FILE or kubehop run DIR\n"],
    [["run", "/nonexistent/a.yaml"], "kubehop run: /nonexistent/a.yaml: no such file or directory\n"],
    [
      ["run", "--sede", "1"],
      "kubehop run: unknown option --sede\nhint: options: --seed, --json, --junit, --update, --mutate, --pcapng, --verbose, --no-fix, --jobs, --shard, --watch, --github\n",
    ],
    [["run", "a.yaml", "--seed", "x"], 'kubehop run: --seed wants a whole number, found "x"\n'],
    [
      ["run", "a.yaml", "--json"],
      "kubehop run: option '--json <value>' argument missing\nhint: options: --seed, --json, --junit, --update, --mutate, --pcapng, --verbose, --no-fix, --jobs, --shard, --watch, --github\n",
    ],
    [["validate", "/nonexistent"], "kubehop validate: /nonexistent: no such file or directory\n"],
    [
      ["verify"],
      "kubehop verify: verify what: scenarios, recordings, random labs, or round trips?\nhint: kubehop verify FILE|DIR… | --recorded FILE|DIR… | --fuzz | --round-trip; kubehop verify --help tells more\n",
    ],
    [["verify", "--recorded", "/nonexistent"], "kubehop verify: /nonexistent: no such file or directory\n"],
    [["schema", "x"], "kubehop schema: schema takes no file, found x\n"],
  ])("kubehop %j", async (argv, stderr) => {
    expect(await kubehop(...argv)).toEqual({ code: 2, stdout: "", stderr });
  });

  it("a folder without scenarios", async () => {
    await withFiles({ "a.yaml": "apiVersion: v1\n", "b.yaml": "x: 1\nscenario: y\n" }, async (folder) => {
      expect(await kubehop("validate", folder)).toEqual({
        code: 2,
        stdout: "",
        stderr: `kubehop: ${folder}/b.yaml is passed over: scenario: is not its first key\nkubehop validate: ${folder}: no scenario in this folder\nhint: a file is a scenario when its first key is scenario: or lab:\n`,
      });
    });
  });

  it("a file that is no recording", async () => {
    await withFiles({ "a.json": "{", "b.json": "{}" }, async (folder) => {
      expect((await kubehop("verify", "--recorded", `${folder}/a.json`)).stderr).toMatch(
        /a\.json: not a recording: .*JSON/,
      );
      expect((await kubehop("verify", "--recorded", `${folder}/b.json`)).stderr).toMatch(
        /b\.json: not a recording: none of its keys is that of a recording/,
      );
    });
  });
});

it("what is refused by name is no bug: exit code 2", () => {
  let text = "";
  const io = { stdout: () => undefined, stderr: (more: string) => void (text += more), colour: false, debug: false };
  expect(reportError(new ProxyRefusal("Service default/web", "protocol", "no"), "run", io)).toBe(2);
  expect(text).toBe("kubehop: Service default/web: protocol: no\n");
});

describe("a bug of ours", () => {
  it("is one line and what to do, exit code 3; the stack only on request", () => {
    let text = "";
    const io = { stdout: () => undefined, stderr: (more: string) => void (text += more), colour: false, debug: false };
    expect(reportError(new Error("a queue is empty\nmore"), "run", io)).toBe(3);
    expect(text).toBe(
      "kubehop: this is a bug in kubehop: a queue is empty\nPlease report it with the command and the file that show it; KUBEHOP_DEBUG=1 shows where it happened.\n",
    );
    text = "";
    reportError(new Error("a queue is empty"), "run", { ...io, debug: true });
    expect(text).toContain("    at ");
  });
});
