import { describe, expect, it } from "vitest";
import { kubehop, withFiles } from "../typed.ts";

const LAB = `lab: two namespaces
matrix: { rule: [ACCEPT, DROP] }
namespaces: { a: { nics: { eth0: { segment: lan } } }, b: { nics: { eth0: { segment: lan } } } }
build:
  - { in: a, run: "ip addr add 10.0.0.1/24 dev eth0\\nip link set eth0 up" }
  - { in: b, run: "ip addr add 10.0.0.2/24 dev eth0\\nip link set eth0 up\\niptables -A INPUT -p tcp -j \${rule}" }
steps:
  - { id: knock, send: "a > b:80", expect: { exit: 1 } }
`;

async function compare(...args: string[]): Promise<{ readonly code: number; readonly said: string }> {
  return withFiles({ "lab.yaml": LAB, "other.yaml": LAB.replace("b:80", "b:81") }, async (folder) => {
    const named = args.map((arg) => (arg.endsWith(".yaml") ? `${folder}/${arg}` : arg));
    const { code, stdout, stderr } = await kubehop("compare", ...named);
    return { code, said: `${stdout}${stderr}`.replaceAll(`${folder}/`, "") };
  });
}

describe("kubehop compare", () => {
  it("two cells of a file", async () => {
    const { code, said } = await compare("lab.yaml", "--cell", "rule=ACCEPT", "--cell", "rule=DROP");
    expect(said).toContain("A lab.yaml [rule=ACCEPT]\nB lab.yaml [rule=DROP]\nknock, request 1\n");
    expect(said).toContain("     decides  filter/INPUT 1 -p tcp -j DROP ← typed in build, lab.yaml:6\n");
    expect(said).toMatch(/1 of 1 requests differ\n$/);
    expect(code).toBe(1);
  });

  it("two files, cell by cell", async () => {
    const { code, said } = await compare("lab.yaml", "other.yaml");
    expect(said.match(/requests differ/g)).toHaveLength(2);
    expect(code).toBe(0);
  });

  it("a flow of one's own, as JSON", async () => {
    const options = ["--cell", "rule=ACCEPT", "--cell", "rule=DROP", "--json"];
    const { code, said } = await compare("lab.yaml", "a > b:22", ...options);
    expect(JSON.parse(said)).toMatchObject({
      version: 1,
      comparisons: [{ a: "lab.yaml [rule=ACCEPT]", requests: [{ step: "a > b:22", number: 1, differs: true }] }],
    });
    expect(code).toBe(1);
  });

  it.each([
    [["lab.yaml"], "both sides are the same"],
    [[], "no file is named"],
    [["lab.yaml", "--cell", "rule=ACCEPT", "--cell", "rule=X"], "no cell has rule=X"],
    [["lab.yaml", "--cell", "a=1", "--cell", "a=2", "--cell", "a=3"], "a is given more than twice"],
    [["lab.yaml", "other.yaml", "x > y > z"], '"x > y > z" is not a flow'],
    [["lab.yaml", "--cluster.kubernetes", "1.28", "--cluster.kubernetes", "9.9"], "kubernetes"],
  ])("%j is a mistake", async (args, message) => {
    const { code, said } = await compare(...args);
    expect(said).toContain(message);
    expect(code).toBe(2);
  });
});
