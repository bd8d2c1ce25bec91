import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { kubehop, withFiles } from "../typed.ts";

const LAB = join(import.meta.dirname, "../../../../scenarios/labs/external-traffic-policy.yaml");

describe("flows", () => {
  it("prints the table that the file expects", async () => {
    const { code, stdout, stderr } = await kubehop("flows", LAB);
    expect([code, stderr]).toEqual([0, ""]);
    const table = readFileSync(LAB, "utf8").split("flows: |\n")[1] ?? "";
    expect(stdout).toBe(table.replaceAll(/^ {2}/gm, ""));
  });

  it("of flows that are named, in one cell", async () => {
    const { stdout } = await kubehop(
      "flows",
      LAB,
      "pod > L/icmp",
      "L > R:81",
      "--cell",
      "etp=Local",
      "--cell",
      "kubernetes=1.28",
    );
    expect(stdout).toBe("| flow         | reach   |\n| pod > L/icmp | ok      |\n| L > R:81     | refused |\n");
  });

  it("of everybody to everybody", async () => {
    const asked = ["--from", "client,pod", "--to", "cip:80,node3:30080", "--cell", "kubernetes=1.28"];
    const { stdout } = await kubehop("flows", LAB, ...asked);
    expect(stdout).toBe(`| flow                 | Cluster | Local |
| client > cip:80      | drop    | drop  |
| client > node3:30080 | L* R*   | drop  |
| pod > cip:80         | L R     | L R   |
| pod > node3:30080    | L* R*   | L R   |
`);
  });

  it("as data, with what decided", async () => {
    const { stdout } = await kubehop(
      "flows",
      LAB,
      "client > node3:30080",
      "--json",
      "--cell",
      "etp=Local",
      "--cell",
      "kubernetes=1.28",
    );
    expect(JSON.parse(stdout)).toMatchObject({
      version: 1,
      flows: [
        {
          cell: { kubernetes: "1.28", etp: "Local" },
          flow: "client > node3:30080",
          fates: [{ text: "drop", because: ["node3 filter INPUT 3 → KUBE-EXTERNAL-SERVICES 2 -j DROP  (kube-proxy)"] }],
        },
      ],
    });
  });

  it.each([
    [["flows"], "no file is named"],
    [["flows", LAB, "a"], '"a" is not a flow: it needs one ">"'],
    [["flows", LAB, "pod > cip"], "pod > cip: the flow has no port to go to"],
    [["flows", LAB, "pod > X:80"], "pod > X:80: there is no address for X"],
    [["flows", LAB, "X > pod:80"], "X > pod:80: there is no place X"],
    [["flows", LAB, "--from", "pod"], "--from and --to go together"],
    [["flows", LAB, "--rules", "node1=dump"], "--rules is not modelled yet"],
    [["flows", LAB, "--cell", "etp=Both"], "no cell has etp=Both"],
  ])("%j", async (argv, message) => {
    const { code, stderr } = await kubehop(...argv);
    expect([code, stderr.split("\n")[0]]).toEqual([2, `kubehop flows: ${message}`]);
  });

  it("a file without flows, and one that cannot be read", async () => {
    await withFiles({ "a.yaml": "scenario: x\nsteps: [{ wait: 1s }]\n", "b.yaml": "scenario: x\n" }, async (folder) => {
      expect((await kubehop("flows", `${folder}/a.yaml`)).stderr).toContain("the file has no flows");
      expect((await kubehop("flows", `${folder}/b.yaml`)).code).toBe(2);
    });
  });
});
