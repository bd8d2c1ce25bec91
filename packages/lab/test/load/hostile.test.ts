// Text that is broken, huge, nested or malicious is refused with a place, quickly, and never by an exception.
import { describe, expect, it } from "vitest";
import { brief, scenarioOf } from "./read.ts";

const HEAD = "scenario: x\n";
const STEPS = "steps: [{ run: ip }]\n";

describe("no scenario at all", () => {
  it.each([
    ["an empty file", "", "1:1 the file is empty"],
    ["only comments", "# a\n\n# b\n", "1:1 the file is empty"],
    ["a list", "- a\n", "1:1 a scenario is a map that begins with scenario:"],
    ["plain text", "hello\n", "1:1 a scenario is a map that begins with scenario:"],
    ["two documents", `${HEAD}${STEPS}---\na: b\n`, "4:1 a scenario is one document, a second one starts here"],
    ["a NUL byte", "scenario: x\0\n", "1:12 YAML: control character 0x00: this is not a text file"],
    ["no title", STEPS, '1:1 missing key "scenario": the title'],
    ["two titles", `${HEAD}lab: y\n${STEPS}`, "2:1 a file is a scenario or a lab, not both"],
    ["no steps", HEAD, '1:1 missing key "steps": nothing would happen'],
    ["an empty step", `${HEAD}steps:\n  -\n`, "3:4 expected a map for steps[0], found nothing"],
  ])("%s", (_, text, expected) => {
    expect(brief(text)).toEqual([expected]);
  });
});

describe("a byte order mark and Windows line ends change no column", () => {
  it.each([
    ["BOM", `\uFEFF${HEAD}foo: 1\n${STEPS}`],
    ["CRLF", `${HEAD}foo: 1\n${STEPS}`.replaceAll("\n", "\r\n")],
  ])("%s", (_, text) => {
    expect(brief(text)).toEqual(['2:1 unknown key "foo"']);
  });
});

describe("structure", () => {
  const levels = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
  const bomb = levels.map(
    (name, i) =>
      `${name}: &${name} [${Array.from({ length: 9 }, () => (i === 0 ? "x" : `*${levels[i - 1]}`)).join(", ")}]`,
  );

  it.each([
    ["deep brackets", `${HEAD}steps: ${"[".repeat(100_000)}`, "2:208 YAML: nested deeper than 200 levels"],
    ["deep lists on one line", `${HEAD}steps:\n${"- ".repeat(50_000)}x\n`, "3:1 YAML: nested deeper than 200 levels"],
    [
      "deep blocks",
      Array.from({ length: 3000 }, (_, i) => `${" ".repeat(i)}a:`).join("\n"),
      "201:1 YAML: nested deeper than 200 levels",
    ],
    ["very many items on a line", `${HEAD}q: {${"a, ".repeat(300_000)}}\n`, "2:1 more than 10000 commas on one line"],
    [
      "an alias bomb",
      `${HEAD}${bomb.join("\n")}\n`,
      "1:1 YAML: Excessive alias count indicates a resource exhaustion attack",
    ],
    ["an alias inside its anchor", `${HEAD}steps: &a [*a]\n`, "2:12 YAML: *a stands inside what it names"],
    ["an alias without anchor", `${HEAD}steps: *nope\n`, "2:8 YAML: no anchor &nope before this alias"],
    ["duplicate keys", `${HEAD}${STEPS}${STEPS}`, '3:1 duplicate key "steps", already given in line 2'],
    ["a list as a key", `${HEAD}? [a, b]\n: c\n${STEPS}`, '2:3 unknown key "[a, b]"'],
    ["a number as a key", `${HEAD}1: c\n${STEPS}`, '2:1 unknown key "1"'],
    ["nothing as a key", `${HEAD}null: c\n${STEPS}`, '2:1 unknown key "null"'],
    ["keys every object inherits", `${HEAD}__proto__: { a: 1 }\n${STEPS}`, '2:1 unknown key "__proto__"'],
    ["a merge key", `${HEAD}steps:\n  - &a { run: ip }\n  - { <<: *a, run: ip }\n`, '4:7 unknown key "<<" in steps[1]'],
    ["an unknown tag", `${HEAD}steps: !foo []\n`, "2:8 YAML: Unresolved tag: !foo"],
  ])("%s", (_, text, expected) => {
    const started = performance.now();
    expect(brief(text)).toContain(expected);
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it("a line of one megabyte is read, and shown cut", () => {
    expect(brief(`scenario: ${"x".repeat(1 << 20)}\nfoo: 1\n${STEPS}`)).toEqual(['2:1 unknown key "foo"']);
  });
});

describe("the matrix", () => {
  it("has a limit", () => {
    expect(brief(`${HEAD}matrix: { a: 1..100, b: 1..100 }\n${STEPS}`)).toEqual([
      "2:9 the matrix has 100 × 100 = 10000 combinations, at most 1000 are run",
    ]);
  });

  it.each([
    ["matrix: { a: 1..9999999999 }", "2:14 the range has 9999999999 values, at most 1000 combinations are run"],
    ["matrix: { a: 5..1 }", '2:14 "5..1" is not a range'],
    ["matrix: { a: [] }", "2:14 an empty list for matrix.a"],
    ["matrix: { a: [x, x] }", "2:18 x stands twice in matrix.a"],
    ["matrix: { a b: [x] }", '2:11 "a b" is not a name: letters, digits and _'],
    ["matrix: { a: ['${a}'] }", "2:15 the matrix cannot refer to itself"],
  ])("%s", (matrix, expected) => {
    expect(brief(`${HEAD}${matrix}\n${STEPS}`)).toContain(expected);
  });

  it("does not find what every object inherits", () => {
    expect(brief(`${HEAD}steps: [{ run: "echo \${constructor}" }]\n`)).toEqual([
      "2:22 ${constructor} is not a name of the matrix",
    ]);
  });
});

describe("versions are taken as written", () => {
  it.each(["1.10", "'1.10'", '"1.10"'])("%s", (written) => {
    expect(scenarioOf(`${HEAD}cluster: { kubernetes: ${written} }\n${STEPS}`).cells[0]?.cluster.kubernetes).toBe(
      "1.10",
    );
  });

  it("in a matrix too", () => {
    const { cells } = scenarioOf(`${HEAD}matrix: { k: [1.9, 1.10] }\ncluster: { kubernetes: "\${k}" }\n${STEPS}`);
    expect(cells.map((plan) => [plan.cell["k"], plan.cluster.kubernetes])).toEqual([
      ["1.9", "1.9"],
      ["1.10", "1.10"],
    ]);
  });
});
