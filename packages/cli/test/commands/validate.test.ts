import { describe, expect, it } from "vitest";
import { kubehop, withFiles } from "../typed.ts";

const GOOD = "scenario: x\nmatrix: { m: [a, b] }\nmanifests: [./web.yaml]\nsteps: [{ run: ip route }]\n";
const POD =
  "apiVersion: v1\nkind: Pod\nmetadata: { name: client }\nspec: { containers: [{ name: c, image: nginx }] }\n";

describe("validate", () => {
  it("says how many cases a good file has", async () => {
    await withFiles({ "a.yaml": GOOD, "web.yaml": POD }, async (folder) => {
      expect(await kubehop("validate", `${folder}/a.yaml`)).toEqual({
        code: 0,
        stdout: `${folder}/a.yaml: ok, 2 cases\n`,
        stderr: "",
      });
    });
  });

  it("searches folders, passes over other YAML, hidden files and node_modules", async () => {
    const files = {
      "x/a.yaml": GOOD,
      "x/web.yaml": POD,
      "b.yml": GOOD.replace("./web", "x/web"),
      ".git/c.yaml": "scenario: broken",
      "node_modules/d.yaml": "scenario: broken",
    };
    await withFiles(files, async (folder) => {
      expect(await kubehop("validate", folder, `${folder}/b.yml`)).toEqual({
        code: 0,
        stdout: `${folder}/b.yml: ok, 2 cases\n${folder}/x/a.yaml: ok, 2 cases\n`,
        stderr: "",
      });
    });
  });

  it("shows every mistake of every file, exit code 2", async () => {
    await withFiles(
      { "a.yaml": "scenario: x\nfoo: 1\nsteps: [{ rnu: a }]\n", "b.yaml": GOOD, "web.yaml": POD },
      async (folder) => {
        const { code, stdout, stderr } = await kubehop("validate", folder);
        expect(code).toBe(2);
        expect(stderr).toBe("");
        expect(stdout).toBe(`${folder}/a.yaml:2:1: unknown key "foo"
   2 | foo: 1
     | ^^^

${folder}/a.yaml:3:9: a step needs one of run, send, wait
   3 | steps: [{ rnu: a }]
     |         ^^^^^^^^^^

${folder}/a.yaml:3:11: unknown key "rnu" in steps[0]
   3 | steps: [{ rnu: a }]
     |           ^^^
hint: did you mean "run"?

${folder}/b.yaml: ok, 2 cases
`);
      },
    );
  });

  it("a mistake in a manifest is shown in the manifest", async () => {
    await withFiles({ "a.yaml": GOOD, "web.yaml": POD.replace("containers", "contianers") }, async (folder) => {
      expect((await kubehop("validate", `${folder}/a.yaml`)).stdout).toContain(
        `${folder}/web.yaml:4:9: unknown key "contianers" in spec`,
      );
    });
  });

  it("--resolved prints the defaults", async () => {
    await withFiles({ "a.yaml": GOOD, "web.yaml": POD }, async (folder) => {
      const { stdout } = await kubehop("validate", "--resolved", `${folder}/a.yaml`);
      expect(stdout).toContain("  cluster.kubernetes: 1.28  (newest)\n");
      expect(stdout).toContain("  Pod default/client metadata.namespace: default\n");
    });
  });
});

describe("schema", () => {
  it("prints JSON Schema", async () => {
    const { code, stdout } = await kubehop("schema");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ title: "kubehop scenario", type: "object" });
  });
});

describe("explain", () => {
  it.each([
    [["explain"], "kubehop explain: no file is named\nhint: kubehop explain FILE ['FLOW']\n"],
    [
      ["explain", "F", "a", "b"],
      "kubehop explain: one flow at a time, found also b\nhint: put the flow in quotes: 'client > node1:30080'\n",
    ],
    [["explain", "F", "--full", "--minimal"], "kubehop explain: --minimal and --full exclude each other\n"],
    [["explain", "F", "--cell", "m=z"], "kubehop explain: no cell has m=z\nhint: cells: [m=a] [m=b]\n"],
    [
      ["explain", "F", "--cell", "nope=z"],
      'kubehop explain: "nope" is not a name of the matrix\nhint: matrix has: m\n',
    ],
    [["explain", "F", "--cell", "m"], 'kubehop explain: --cell wants NAME=VALUE, found "m"\n'],
  ])("%j", async (argv, stderr) => {
    await withFiles({ "a.yaml": GOOD, "web.yaml": POD }, async (folder) => {
      const typed = await kubehop(...argv.map((word) => (word === "F" ? `${folder}/a.yaml` : word)));
      expect(typed).toEqual({ code: 2, stdout: "", stderr });
    });
  });
});
