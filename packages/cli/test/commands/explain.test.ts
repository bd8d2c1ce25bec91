import { describe, expect, it } from "vitest";
import { kubehop, withFiles } from "../typed.ts";

const LAB = `lab: two namespaces
matrix: { word: [plain, "it's two words"] }
namespaces: { a: { nics: { eth0: { segment: lan } } }, b: { nics: { eth0: { segment: lan } } } }
build:
  - { in: a, run: "ip addr add 10.0.0.1/24 dev eth0\\nip link set eth0 up" }
  - { in: b, run: "ip addr add 10.0.0.2/24 dev eth0\\nip link set eth0 up" }
steps:
  - { send: "a:4000 > b:80", expect: refused }
  - { id: a second knock, at: 3s, send: "a:4001 > b:80", expect: timeout }
`;

/** Words of a command line, quotes taken away. */
function words(line: string): string[] {
  return [...line.matchAll(/((?:'(?:[^'])*'|\\.|[^\s'\\])+)/g)].map(([word]) =>
    word.replaceAll(/'([^']*)'|\\(.)/g, (_, quoted?: string, one?: string) => quoted ?? one ?? ""),
  );
}

describe("kubehop explain", () => {
  it("the next command of every failing case can be pasted", async () => {
    await withFiles({ "my lab.yaml": LAB }, async (folder) => {
      const report = await kubehop("run", `${folder}/my lab.yaml`);
      const next = [...report.stdout.matchAll(/^ {2}next {6}kubehop (.*)$/gm)].map(([, line = ""]) => line);
      expect(next).toHaveLength(2);
      expect(next[1]).toContain("'word=it'\\''s two words' --step 'a second knock'");
      for (const line of next) {
        const told = await kubehop(...words(line));
        expect(told).toMatchObject({ code: 0, stderr: "" });
        expect(told.stdout).toContain("REQUEST tcp 10.0.0.1:4001 (a eth0) > 10.0.0.2:80 (b eth0) [S]");
      }
    });
  });

  it("the next command of a row of a table tells the fate that the table saw", async () => {
    const table = `  - { id: cut, in: b, run: iptables -A INPUT -p tcp -j DROP }
  - id: after the cut
    flows: |
      | flow         | reach   |
      | a > b:80     | refused |
`;
    await withFiles({ "my lab.yaml": LAB + table }, async (folder) => {
      const report = await kubehop("run", `${folder}/my lab.yaml`);
      expect(report.stdout).toContain("a > b:80: drop, expected refused");
      const line = /^ {4}next {6}kubehop (.*)$/m.exec(report.stdout)?.[1] ?? "";
      expect(line).toContain("my lab.yaml' 'a > b:80' --cell word=plain --step 'after the cut'");
      const told = await kubehop(...words(line));
      expect(told.code).toBe(0);
      expect(told.stdout).toContain("DROPPED NETFILTER_DROP");
    });
  });

  it.each([
    [["--at", "0s"], 0, "10.0.0.1:4000"],
    [["--at", "1500ms"], 0, "10.0.0.1:4001"],
    [["--at", "4s"], 2, "no request begins at 4 s or later"],
    [["--at", "4"], 2, '--at wants a time, found "4"'],
  ])("%j", async (options, code, part) => {
    await withFiles({ "lab.yaml": LAB }, async (folder) => {
      const told = await kubehop("explain", `${folder}/lab.yaml`, "--cell", "word=plain", ...options);
      expect(told.code).toBe(code);
      expect(told.stdout + told.stderr).toContain(part);
    });
  });
});
