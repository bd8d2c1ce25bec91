// `kubehop run` on a real, small cluster: exit codes, reports, golden updates.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { kubehop, withFiles } from "../typed.ts";

const FORWARDING = (value: number): string => `scenario: forwarding
cluster: { nodes: { node1: { sysctls: { net.ipv4.ip_forward: 1 } } } }
mutations: [{ 'cluster.nodes.node1.sysctls["net.ipv4.ip_forward"]': 0 }]
steps:
  - in: node1
    run: sysctl net.ipv4.ip_forward
    expect:
      text: |
        net.ipv4.ip_forward = ${value}
`;

describe("run", () => {
  it("all held: exit code 0, the totals last", async () => {
    await withFiles({ "a.yaml": FORWARDING(1) }, async (folder) => {
      expect(await kubehop("run", `${folder}/a.yaml`)).toEqual({
        code: 0,
        stdout: `✓ ${folder}/a.yaml  forwarding\n1 passed, 0 failed, 0 skipped\n`,
        stderr: "",
      });
    });
  });

  it("an expectation failed: exit code 1, its place, JSON and JUnit", async () => {
    await withFiles({ "a.yaml": FORWARDING(1), "b.yaml": FORWARDING(7) }, async (folder) => {
      const typed = await kubehop("run", folder, "--json", `${folder}/out/r.json`, "--junit", `${folder}/r.xml`);
      expect(typed.code).toBe(1);
      expect(typed.stdout).toContain(`  ${folder}/b.yaml:8:13  stdout differs\n`);
      expect(typed.stdout).toMatch(/\n1 passed, 1 failed, 0 skipped\n$/);
      expect(JSON.parse(readFileSync(`${folder}/out/r.json`, "utf8"))).toMatchObject({
        seed: 1,
        totals: { failed: 1 },
      });
      expect(readFileSync(`${folder}/r.xml`, "utf8")).toContain('tests="2" failures="1"');
    });
  });

  it("writes the frames of every case, the same each time", async () => {
    const ping = FORWARDING(1)
      .replace("sysctl net.ipv4.ip_forward", "ping -c 1 127.0.0.1")
      .replace(/text:[^]*/, "exit: 0\n");
    const matrix = `${ping}matrix: { size: [1, 2] }\n`;
    await withFiles({ "a.yaml": matrix.replace("mutations:", "# mutations:") }, async (folder) => {
      const files = async (out: string): Promise<Buffer[]> => {
        expect((await kubehop("run", `${folder}/a.yaml`, "--pcapng", `${folder}/${out}`)).stdout).toContain("2 passed");
        return ["a--size=1", "a--size=2"].map((name) => readFileSync(`${folder}/${out}/${name}.pcapng`));
      };
      const first = await files("x");
      expect(first[0]?.subarray(0, 4).toString("hex")).toBe("0a0d0d0a");
      expect(first[0]?.includes("node1/lo")).toBe(true);
      expect(await files("y")).toEqual(first);
    });
  });

  it("a file that cannot be read does not keep the others from running: exit code 2", async () => {
    await withFiles({ "a.yaml": "scenario: x\nstesp: []\n", "b.yaml": FORWARDING(1) }, async (folder) => {
      const typed = await kubehop("run", folder);
      expect(typed.code).toBe(2);
      expect(typed.stdout).toContain('hint: did you mean "steps"?');
      expect(typed.stdout).toMatch(/\n1 passed, 1 failed, 0 skipped\n$/);
    });
  });

  it("what cannot be written is no bug: exit code 2, the other files are run", async () => {
    await withFiles({ "a.yaml": FORWARDING(1), "b.yaml": FORWARDING(1), taken: "" }, async (folder) => {
      const typed = await kubehop("run", `${folder}/a.yaml`, `${folder}/b.yaml`, "--pcapng", `${folder}/taken`);
      expect(typed.stderr).toContain(`${folder}/a.yaml: kubehop run: ${folder}/taken/a.pcapng: `);
      expect(typed.stderr).not.toContain("bug");
      expect(typed).toMatchObject({ code: 2, stdout: "0 passed, 2 failed, 0 skipped\n" });
    });
  });

  it("--update writes what was printed", async () => {
    await withFiles({ "a.yaml": FORWARDING(7) }, async (folder) => {
      const typed = await kubehop("run", `${folder}/a.yaml`, "--update");
      expect(typed).toMatchObject({ code: 1, stderr: `kubehop run: ${folder}/a.yaml: 1 golden block rewritten\n` });
      expect(readFileSync(`${folder}/a.yaml`, "utf8")).toBe(FORWARDING(1));
      expect((await kubehop("run", `${folder}/a.yaml`)).code).toBe(0);
    });
  });

  it("--mutate runs every declared edit as a case", async () => {
    await withFiles({ "a.yaml": FORWARDING(1) }, async (folder) => {
      const { code, stdout } = await kubehop("run", `${folder}/a.yaml`, "--mutate");
      expect(stdout).toMatch(
        /✓ .*a\.yaml {2}mutation cluster\.nodes\.node1\.sysctls\["net\.ipv4\.ip_forward"\]: 0\n2 passed, 0 failed, 0 skipped\n$/,
      );
      expect(code).toBe(0);
    });
  });

  it("the same file and seed give the same bytes", async () => {
    await withFiles({ "a.yaml": FORWARDING(7) }, async (folder) => {
      const [first, second] = [
        await kubehop("run", folder, "--seed", "5"),
        await kubehop("run", folder, "--seed", "5"),
      ];
      expect(second).toEqual(first);
    });
  });
});
