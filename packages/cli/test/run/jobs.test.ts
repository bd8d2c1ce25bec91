// Several threads give the bytes that one gives. Threads start with the bundle, so the command itself is run.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { usefulJobs } from "../../src/run/queue.ts";
import { withFiles } from "../typed.ts";

const COMMAND = fileURLToPath(new URL("../../bin/kubehop.mjs", import.meta.url));

const scenario = (name: string, value: number): string => `scenario: ${name}
cluster: { nodes: { node1: {} } }
steps: [{ in: node1, run: sysctl net.ipv4.ip_forward, expect: { output: "= ${value}" } }]
`;

function run(folder: string, jobs: number): { status: number | null; stdout: string; files: string[] } {
  const out = join(folder, `out${jobs}`);
  const args = [
    "--jobs",
    String(jobs),
    "--json",
    `${out}/r.json`,
    "--junit",
    `${out}/r.xml`,
    "--pcapng",
    `${out}/pcap`,
  ];
  const { status, stdout } = spawnSync(process.execPath, [COMMAND, "run", `${folder}/in`, ...args], {
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
  const names = [...readdirSync(`${out}/pcap`).map((name) => `pcap/${name}`), "r.json", "r.xml"];
  return { status, stdout, files: names.map((name) => `${name} ${readFileSync(join(out, name), "latin1")}`) };
}

describe("--jobs", () => {
  it("gives the same bytes with one thread and with three", async () => {
    const files = Object.fromEntries(
      [1, 2, 3, 4, 5, 6].map((n) => [`in/${n}.yaml`, scenario(`s${n}`, n === 4 ? 7 : 1)]),
    );
    await withFiles({ ...files, "in/7.yaml": "scenario: x\nstesp: []\n" }, async (folder) => {
      const one = run(folder, 1);
      expect(one.stdout).toMatch(/s1[^]*s2[^]*s3[^]*s4[^]*s5[^]*s6[^]*\n5 passed, 2 failed, 0 skipped\n$/);
      expect(one.status).toBe(2);
      expect(one.files).toHaveLength(8);
      expect(run(folder, 3)).toEqual(one);
    });
  }, 60_000);

  it.each([
    [1, 8, 1],
    [7, 2, 1],
    [8, 2, 2],
    [100, 2, 2],
    [100, 64, 25],
  ])("for %i files and %i processors takes %i", (files, processors, jobs) => {
    expect(usefulJobs(files, processors)).toBe(jobs);
  });
});
