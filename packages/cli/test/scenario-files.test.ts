// Files that a scenario names stay in its folder: whatever the path says, whatever a link leads to, whatever stands there.
import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { kubehop, withFiles } from "./typed.ts";

const POD =
  "apiVersion: v1\nkind: Pod\nmetadata: { name: client }\nspec: { containers: [{ name: c, image: nginx }] }\n";
const NOTHING = "steps: [{ run: kubectl get nodes }]\n";

/** The first line that is said about a scenario in `lab/a.yaml` with this manifest. `prepare` gets the folder above. */
async function said(manifest: string, prepare: (folder: string) => void = () => undefined): Promise<string> {
  const files = {
    "lab/a.yaml": `scenario: x\nmanifests: [${JSON.stringify(manifest)}]\n${NOTHING}`,
    "lab/sub/pod.yaml": POD,
    "secret.yaml": POD,
  };
  return withFiles(files, async (folder) => {
    prepare(folder);
    const { stdout } = await kubehop("validate", join(folder, "lab/a.yaml"));
    return (stdout.split("\n")[0] ?? "").replace(`${folder}/lab/`, "");
  });
}

describe("manifests", () => {
  it.each([
    ["sub/pod.yaml", "a.yaml: ok, 1 case"],
    ["./sub/../sub//pod.yaml", "a.yaml: ok, 1 case"],
    ["../secret.yaml", 'a.yaml:2:13: "../secret.yaml" is outside the scenario\'s folder'],
    ["sub/../../secret.yaml", 'a.yaml:2:13: "sub/../../secret.yaml" is outside the scenario\'s folder'],
    ["..\\secret.yaml", 'a.yaml:2:13: "..\\\\secret.yaml" is outside the scenario\'s folder'],
    ["/etc/passwd", 'a.yaml:2:13: "/etc/passwd" is an absolute path: a scenario takes its files along'],
    ["C:\\pod.yaml", 'a.yaml:2:13: "C:\\\\pod.yaml" is an absolute path: a scenario takes its files along'],
    ["/dev/zero", 'a.yaml:2:13: "/dev/zero" is an absolute path: a scenario takes its files along'],
    ["sub", 'a.yaml:2:13: "sub" is a folder'],
    [".", 'a.yaml:2:13: "." is a folder'],
    ["", 'a.yaml:2:13: "" is no name of a file'],
    ["sub/pod.yaml\0.txt", 'a.yaml:2:13: "sub/pod.yaml\\u0000.txt" is no name of a file: it holds a control character'],
    ["$(cat /etc/passwd)", "a.yaml:2:13: no such file: $(cat /etc/passwd)"],
    ["sub/pod.yaml/x", "a.yaml:2:13: no such file: sub/pod.yaml/x"],
    [`${"x".repeat(5000)}.yaml`, "a.yaml:2:13: no such file: xxx"],
  ])("%j", async (manifest, expected) => {
    const first = await said(manifest);
    expect(first.slice(0, expected.length)).toBe(expected);
  });

  it("links lead no further than the folder", async () => {
    const outside = (folder: string): void => symlinkSync("../secret.yaml", join(folder, "lab/link.yaml"));
    expect(await said("link.yaml", outside)).toBe('a.yaml:2:13: "link.yaml" is outside the scenario\'s folder');
    const folderLink = (folder: string): void => symlinkSync("..", join(folder, "lab/up"));
    expect(await said("up/secret.yaml", folderLink)).toBe(
      'a.yaml:2:13: "up/secret.yaml" is outside the scenario\'s folder',
    );
    const inside = (folder: string): void => symlinkSync("sub/pod.yaml", join(folder, "lab/link.yaml"));
    expect(await said("link.yaml", inside)).toBe("a.yaml: ok, 1 case");
    const loop = (folder: string): void => symlinkSync("link.yaml", join(folder, "lab/link.yaml"));
    expect(await said("link.yaml", loop)).toBe('a.yaml:2:13: "link.yaml" cannot be read: too many symbolic links');
  });

  it("a folder whose name begins like the scenario's is another one", async () => {
    const sibling = (folder: string): void => {
      mkdirSync(join(folder, "lab2"));
      writeFileSync(join(folder, "lab2/pod.yaml"), POD);
      symlinkSync("../lab2/pod.yaml", join(folder, "lab/link.yaml"));
    };
    expect(await said("link.yaml", sibling)).toBe('a.yaml:2:13: "link.yaml" is outside the scenario\'s folder');
  });

  it("pipes, devices and giants are not opened", async () => {
    const pipe = (folder: string): void => {
      expect(spawnSync("mkfifo", [join(folder, "lab/pipe.yaml")]).status).toBe(0);
    };
    expect(await said("pipe.yaml", pipe)).toBe('a.yaml:2:13: "pipe.yaml" is not a regular file');
    const giant = (folder: string): void => {
      writeFileSync(join(folder, "lab/giant.yaml"), "");
      truncateSync(join(folder, "lab/giant.yaml"), 50 * 2 ** 30);
    };
    expect(await said("giant.yaml", giant)).toBe('a.yaml:2:13: "giant.yaml" is larger than 8 MB');
  });
});

describe("files that steps read", () => {
  const step = (run: string): string => `scenario: x\nsteps:\n  - run: ${JSON.stringify(run)}\n`;

  it.each([
    ["kubectl apply -f ../secret.yaml", `"../secret.yaml" is outside the scenario's folder`],
    ["kubectl apply -f link.yaml", `"link.yaml" is outside the scenario's folder`],
    ["cat link.yaml", "link.yaml is outside the scenario's folder"],
    ["cat ../secret.yaml", "a path with `..' (../secret.yaml)"],
    ["cat /etc/passwd", "the file /etc/passwd"],
    ["diff pipe.yaml a.yaml", "pipe.yaml is not a regular file"],
  ])("%s", async (run, expected) => {
    await withFiles({ "lab/a.yaml": step(run), "secret.yaml": POD }, async (folder) => {
      symlinkSync("../secret.yaml", join(folder, "lab/link.yaml"));
      spawnSync("mkfifo", [join(folder, "lab/pipe.yaml")]);
      const { code, stdout } = await kubehop("run", join(folder, "lab/a.yaml"));
      expect(code).not.toBe(0);
      expect(stdout).toContain(expected);
      expect(stdout).not.toContain("root:");
    });
  });
});

describe("scenarios", () => {
  it("giants are refused before they are read", async () => {
    await withFiles({ "a.yaml": "" }, async (folder) => {
      truncateSync(join(folder, "a.yaml"), 50 * 2 ** 30);
      expect(await kubehop("run", join(folder, "a.yaml"))).toMatchObject({
        code: 2,
        stderr: `kubehop run: ${folder}/a.yaml: is larger than 8 MB\n`,
      });
    });
  });
});
