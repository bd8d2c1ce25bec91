// `kubehop run` on a real, small cluster: exit codes, reports, golden updates.
import { readFileSync, symlinkSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { kubehop, kubehopWith, withFiles } from "../typed.ts";

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

  it("colours are there when they are wanted, in whichever thread", async () => {
    await withFiles({ "a.yaml": FORWARDING(1) }, async (folder) => {
      const { stdout } = await kubehopWith({ colour: true }, "run", `${folder}/a.yaml`);
      expect(stdout).toBe(`\u001B[32m✓\u001B[39m ${folder}/a.yaml  forwarding\n1 passed, 0 failed, 0 skipped\n`);
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
      expect(typed).toEqual({
        code: 0,
        stdout: `✓ ${folder}/a.yaml  forwarding\n1 passed, 0 failed, 0 skipped\n`,
        stderr: `kubehop run: ${folder}/a.yaml: 1 golden block rewritten: read the difference before you believe it\n`,
      });
      expect(readFileSync(`${folder}/a.yaml`, "utf8")).toBe(FORWARDING(1));
      expect((await kubehop("run", `${folder}/a.yaml`)).code).toBe(0);
    });
  });

  it("--update keeps Windows line ends, blanks at the front and texts that look like matrix references", async () => {
    const text = `scenario: x
steps:
  - in: node1
    run: echo '  $\${a} b'; echo c
    expect:
      text: |
        old
      output: c
`;
    await withFiles({ "a.yaml": text.replaceAll("\n", "\r\n") }, async (folder) => {
      expect((await kubehop("run", `${folder}/a.yaml`, "--update")).stdout).toContain("1 passed");
      const found = readFileSync(`${folder}/a.yaml`, "utf8");
      expect(found).toContain("      text: |2\r\n          $${a} b\r\n        c\r\n      output: c\r\n");
      expect(found.replaceAll("\r\n", "")).not.toContain("\n");
      expect((await kubehop("run", `${folder}/a.yaml`, "--update")).stderr).toBe("");
    });
  });

  it("--verbose shows what was typed, printed and found, also where all held", async () => {
    const more = "  - { in: node1, run: ping -c1 -q 127.0.0.1; cat nosuch || true, expect: ok }\n";
    await withFiles({ "a.yaml": FORWARDING(1) + more }, async (folder) => {
      const typed = await kubehop("run", `${folder}/a.yaml`, "--verbose", "--json", `${folder}/r.json`);
      expect(typed.stdout).toContain(`✓ ${folder}/a.yaml  forwarding
  ✓ step 1
      node1$ sysctl net.ipv4.ip_forward
      net.ipv4.ip_forward = 1
    → exit 0, from 0.000 to 0.000 s
  ✓ step 2
      node1$ ping -c1 -q 127.0.0.1; cat nosuch || true
      PING 127.0.0.1`);
      expect(typed.stdout).toContain("\n    ! cat: nosuch: No such file or directory\n    → ok, exit 0, from ");
      const report = JSON.parse(readFileSync(`${folder}/r.json`, "utf8"));
      expect(report.files[0].cases[0].steps[0]).toMatchObject({
        in: "node1",
        run: ["sysctl net.ipv4.ip_forward"],
        stdout: "net.ipv4.ip_forward = 1\n",
        stderr: "",
      });
    });
  });

  it("a report never takes the place of a scenario", async () => {
    await withFiles({ "a.yaml": FORWARDING(1) }, async (folder) => {
      for (const option of ["--json", "--junit"]) {
        expect(await kubehop("run", `${folder}/a.yaml`, option, `${folder}/a.yaml`)).toMatchObject({
          code: 2,
          stderr: expect.stringContaining("a report would overwrite this file"),
        });
      }
      expect(readFileSync(`${folder}/a.yaml`, "utf8")).toBe(FORWARDING(1));
    });
  });

  it("a dangling link in a folder is told and the rest is run: exit code 2", async () => {
    await withFiles({ "b.yaml": FORWARDING(1) }, async (folder) => {
      symlinkSync(`${folder}/nowhere`, `${folder}/a.yaml`);
      expect(await kubehop("run", folder)).toMatchObject({
        code: 2,
        stdout: expect.stringContaining("✓"),
        stderr: `kubehop: ${folder}/a.yaml: no such file or directory\n`,
      });
    });
  });

  it("pipes and devices are not read: they may never end", async () => {
    expect(await kubehop("run", "/dev/zero")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("/dev/zero: not a regular file"),
    });
    const text = "scenario: x\nmanifests: [/dev/zero]\nsteps: [{ run: kubectl get nodes }]\n";
    await withFiles({ "a.yaml": text }, async (folder) => {
      expect((await kubehop("run", `${folder}/a.yaml`)).stdout).toContain("no such file: /dev/zero");
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
