// Tables in files: mistakes with their place inside the block, all at once.
import { describe, expect, it } from "vitest";
import { answerIn } from "../../src/model/flow-table.ts";
import { brief, mistakes, scenarioOf, WEB } from "../load/read.ts";

const FILES = { "./web.yaml": WEB };

function file(table: string, matrix = "matrix: { etp: [Cluster, Local], v: [a, b] }"): string {
  return `scenario: x\n${matrix}\nmanifests: [./web.yaml]\nnames: { L: web#1, R: web#2 }\nflows: |\n${table}`;
}

describe("mistakes of a table", () => {
  it("are all told at their place", () => {
    const table = `  | flow             | Cluster | Local     | except                 |
  | client > web:80  | L R     | L* refsed | a Lokal: L; b          |
  | client > web     | L L     |           | a b: -; v=a: L; a: R   |
  | clinet > L:80    | drop L M | - L      | : L                    |
  | client > R:80    | -       | -         |                        |
  | L > R:80         | ok      |
  # R
  | L > R            | refused | drop timeout | etp=Local a: -      |
`;
    expect(brief(file(table), FILES)).toEqual([
      '7:37 "refsed" is no endpoint and no result',
      '7:48 "Lokal" is not a value of the matrix',
      "7:58 an exception is VALUES: ANSWER",
      "8:5 the flow has no port to go to",
      "8:26 L stands twice in this field",
      "8:33 an empty field",
      "8:48 a and b are both values of matrix.v: no cell has both",
      "8:65 v=a and a speak of the same cell",
      '9:5 no node, host, pod or alias is named "clinet"',
      '9:31 no node, host, pod or alias is named "M"',
      "9:35 - stands alone in its field",
      "9:46 an exception without values",
      "10:3 nothing in this row is looked at",
      "11:3 this row has 2 fields, the head of the table 4",
      "12:3 this line is no row of the table",
      "13:5 the flow has no port to go to",
      "13:39 timeout stands twice in this field",
    ]);
  });

  it("are shown in the line", () => {
    const table = "  | flow | Cluster | Local |\n  | L > R:80 | drop | refsed |\n";
    expect(mistakes(file(table), FILES)).toBe(`lab.yaml:7:23: "refsed" is no endpoint and no result
   7 |   | L > R:80 | drop | refsed |
     |                       ^^^^^^
hint: did you mean "refused"?`);
  });

  it.each([
    ["| L > R:80 | ok |\n  | L > R:81 | ok |", "a table of flows begins with the column flow"],
    ["| flow |\n  | L > R:80 |", "the table has no column for answers"],
    ["| flow | Local | Local |\n  | L > R:80 | - | - |", 'two columns are named "Local"'],
    ["| flow | Claster | Local |\n  | L > R:80 | L | L |", '"Claster" is not a value of matrix.etp'],
    ["| flow | Local |\n  | L > R:80 | L |", "no column for Cluster of matrix.etp"],
    ["| flow | x |\n  | L > R:80 | L |", 'no axis of the matrix has the value "x"'],
    ["| flow | reach |", "a table without a row: no flow is looked at"],
    ["| flow | reach |\n  |---|---|\n  | L > R:80 | L |", "this line is no row of the table"],
    ["| flow | reach |\n  | L > R:80 | R |\n  | L > R:80 | R |", "L > R:80 has a row already, see line 7"],
    ["| flow | reach |\n  | L > R:80/sctp | R |", "sctp sockets are not modelled: nothing can send this flow"],
  ])("%s", (table, message) => {
    expect(brief(file(`  ${table}\n`), FILES).map((line) => line.replace(/^\S+ /, ""))).toContain(message);
  });

  it("columns may be values of one axis only", () => {
    const matrix = "matrix: { a: [x, y], b: [x, y] }";
    expect(brief(file("  | flow | x | y |\n  | L > R:80 | R | R |\n", matrix), FILES)).toEqual([
      "6:12 these columns are values of matrix.a and of matrix.b",
    ]);
  });

  it.each(["flows: text", "flows: >\n  | flow | reach |\n  | a > b:1 | ok |", 'flows: "| flow |"'])(
    "%j is no block of lines",
    (text) => {
      expect(brief(`scenario: x\n${text}\n`)).toEqual([`2:8 a table of flows is a block of lines`]);
    },
  );

  it("of a step, beside keys that mean nothing there", () => {
    const step =
      "steps:\n  - in: client\n    expect: ok\n    flows: |\n      | flow | reach |\n      | L > Q:80 | R |\n";
    expect(brief(`scenario: x\nmanifests: [./web.yaml]\nnames: { L: web#1, R: web#2 }\n${step}`, FILES)).toEqual([
      '5:5 "in" means nothing beside flows',
      '6:5 "expect" means nothing beside flows',
      '9:9 no node, host, pod or alias is named "Q"',
    ]);
  });
});

describe("what is expected in a cell", () => {
  const table = `  | flow       | Cluster | Local | except               |
  | L > R:80   | R*      | drop  | a Local: R; b Cluster: - |
  | L > ${"${v}"}:81 | refused | -     |                      |
`;
  const loaded = scenarioOf(
    file(table, "matrix: { etp: [Cluster, Local], v: [a, b] }")
      .replace("web#2 }", "web#2, a: R2, b: R2 }")
      .replaceAll("R2", "10.1.1.1"),
    FILES,
  );

  it("is the answer of the column or of the exception", () => {
    const wanted = loaded.cells.map(({ cell, steps }) => [
      Object.values(cell).join(" "),
      ...(steps[0]?.expect.checks ?? []).map((check) =>
        check.kind === "fate" ? `${check.flow}: ${check.fates.join(" ")}` : "",
      ),
    ]);
    expect(wanted).toEqual([
      ["Cluster a", "L > R:80: R*", "L > a:81: refused"],
      ["Cluster b", "L > b:81: refused"],
      ["Local a", "L > R:80: R"],
      ["Local b", "L > R:80: drop"],
    ]);
  });

  it("is told where it is written", () => {
    const local = loaded.cells[2];
    const action = local?.steps[0]?.action;
    const [row] = action?.kind === "flows" ? action.table.rows : [];
    if (action?.kind !== "flows" || row === undefined || local === undefined) throw new Error("no table");
    expect(answerIn(action.table, row, local.cell)?.position).toMatchObject({ line: 7, col: 45, endCol: 46 });
  });
});

describe("a bug whose halves a table tells apart", () => {
  const bug = "\nbug: { when: { etp: Local } }";

  it("needs no other expectation", () => {
    const table = "  | flow | Cluster | Local |\n  | L > R:80 | R | drop |\n";
    expect(brief(file(table).replace("\nmanifests", `${bug}\nmanifests`), FILES)).toEqual([]);
  });

  it("does where its columns are alike", () => {
    const table = "  | flow | Cluster | Local |\n  | L > R:80 | R L | L R |\n";
    expect(brief(file(table).replace("\nmanifests", `${bug}\nmanifests`), FILES)).toEqual([
      "3:1 no expectation tells the cells with the bug from those without it",
    ]);
  });
});
