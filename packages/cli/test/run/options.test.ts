// Shards, progress, annotations of `kubehop run`.
import { describe, expect, it } from "vitest";
import { withoutCommands } from "../../src/run/github.ts";
import { Progress } from "../../src/run/progress.ts";
import { parseShard, shardOf } from "../../src/run/shard.ts";
import { kubehop, kubehopWith, withFiles } from "../typed.ts";

const scenario = (value: number): string => `scenario: "a: b, 100%"
cluster: { nodes: { node1: {} } }
steps:
  - { in: node1, run: sysctl net.ipv4.ip_forward, expect: { output: "= ${value}" } }
`;

describe("--shard", () => {
  it.each([1, 2, 3, 4, 7])("%i shards are the whole, and differ by one file at most", (count) => {
    const files = ["a", "b", "c", "d", "e", "f", "g"];
    const shards = Array.from({ length: count }, (_, i) => shardOf(files, { index: i + 1, count }));
    expect(shards.flat().toSorted()).toEqual(files);
    const sizes = shards.map((shard) => shard.length);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
  });

  it.each(["0/2", "3/2", "2", "a/b", "1/0", "-1/2"])("%s is no shard", (text) => {
    expect(() => parseShard(text)).toThrow("--shard wants i/n with i from 1 to n");
  });

  it("runs its own files; one without files tests nothing: exit code 2", async () => {
    await withFiles({ "a.yaml": scenario(1), "b.yaml": scenario(1) }, async (folder) => {
      const typed = await kubehop("run", folder, "--shard", "2/2");
      expect(typed.stdout).toBe(`✓ ${folder}/b.yaml  a: b, 100%\n1 passed, 0 failed, 0 skipped\n`);
      expect(await kubehop("run", folder, "--shard", "3/3")).toEqual({
        code: 2,
        stdout: "",
        stderr: "kubehop run: shard 3/3 is empty: nothing would be tested\nhint: there are only 2 files\n",
      });
    });
  });
});

describe("--github", () => {
  it("annotates the line of the YAML file, in GitHub's escapes, before the totals", async () => {
    await withFiles(
      { "a.yaml": scenario(7), "b.yaml": "scenario: x\nfoo: 1\nsteps: [{ run: ip }]\n" },
      async (folder) => {
        const { stdout } = await kubehopWith(
          { env: { GITHUB_ACTIONS: "true", GITHUB_WORKSPACE: folder } },
          "run",
          folder,
        );
        expect(stdout).toContain(
          '\n::error file=a.yaml,line=4,col=69,endColumn=74,title=a%3A b%2C 100%25::stdout does not contain "= 7"%0A',
        );
        expect(stdout).toContain(
          '\n::error file=b.yaml,line=2,col=1,endColumn=4,title=cannot be read::unknown key "foo"\n',
        );
        expect(stdout).toMatch(/\n0 passed, 2 failed, 0 skipped\n$/);
      },
    );
  });

  it("says nothing when it is not asked", async () => {
    await withFiles({ "a.yaml": scenario(7) }, async (folder) => {
      expect((await kubehop("run", folder)).stdout).not.toContain("::error");
      expect((await kubehop("run", folder, "--github")).stdout).toContain(`::error file=${folder}/a.yaml,`);
    });
  });

  it.each([
    ["::stop-commands::x", ": :stop-commands::x"],
    ["a\n   ::add-mask::secret\n", "a\n   : :add-mask::secret\n"],
    ["say ##[set-env name=x]y", "say # #[set-env name=x]y"],
    ["fe80::1 and std::map", "fe80::1 and std::map"],
  ])("what a scenario prints is no command: %j", (text, harmless) => {
    expect(withoutCommands(text)).toBe(harmless);
  });
});

describe("progress", () => {
  function shown(terminal: boolean, times: readonly number[]): string {
    let said = "";
    let now = 0;
    const io = { stderr: (text: string) => void (said += text), stderrIsTerminal: terminal };
    const progress = new Progress(io, times.length, () => now);
    for (const [index, time] of times.entries()) {
      now = time;
      progress.clear();
      progress.show(index + 1, `f${index + 1}.yaml`);
    }
    return said;
  }

  it("says nothing of a short run", () => {
    expect(shown(false, [500, 1_900])).toBe("");
    expect(shown(true, [100, 499])).toBe("");
  });

  it("is a line now and then where it is kept", () => {
    expect(shown(false, [1_000, 2_000, 3_000, 11_000, 12_500, 20_000])).toBe(
      "kubehop run: 2 of 6 files\nkubehop run: 5 of 6 files\n",
    );
  });

  it("is written over in a terminal, and gone at the end", () => {
    expect(shown(true, [600, 700, 800])).toBe("1 of 3 files  f1.yaml\r\u001B[K2 of 3 files  f2.yaml\r\u001B[K");
  });
});
