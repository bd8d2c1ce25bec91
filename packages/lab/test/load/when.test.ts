// Cells of the matrix chosen by values: steps that are not of every cell, columns that are the halves of a bug.
import { describe, expect, it } from "vitest";
import { brief, scenarioOf, WEB } from "./read.ts";

const FILES = { "./web.yaml": WEB };

function file(when: string): string {
  return `scenario: x
matrix: { v: ["1.9.0", "1.10"], w: [a, b] }
bug: { when: { w: a }, because: { dropped: { in: node1 } } }
manifests: [./web.yaml]
steps:
  - { id: here, when: ${when}, run: lsmod }
  - { id: always, run: lsmod }
`;
}

/** Cells in which the step is there. */
function cellsOf(when: string): string[] {
  const { cells } = scenarioOf(file(when), FILES);
  return cells.flatMap(({ cell, steps }) =>
    steps.some(({ id }) => id === "here") ? [`${cell["v"]} ${cell["w"]}`] : [],
  );
}

describe("a step's when", () => {
  it.each([
    ["{ w: b }", ["1.9.0 b", "1.10 b"]],
    ["{ v: 1.10 }", ["1.10 a", "1.10 b"]],
    ['{ v: "<1.10", w: [a, b] }', ["1.9.0 a", "1.9.0 b"]],
    ["{ v: 1.10, w: a }", ["1.10 a"]],
  ])("%s chooses %j", (when, cells) => {
    expect(cellsOf(when)).toEqual(cells);
  });

  it("names values of the matrix", () => {
    expect(brief(file("{ w: c, x: 1 }"), FILES)).toEqual([
      '6:28 "c" is not a value of matrix.w',
      '6:31 "x" is not a name of the matrix',
    ]);
  });
});

describe("columns broken and fixed", () => {
  const table = (head: string): string => `scenario: x
matrix: { w: [a, b, c] }
bug: { when: { w: [a, c] } }
manifests: [./web.yaml]
flows: |
  | flow | ${head} |
  | client > web#1:80 | web#1 | drop |
`;
  const answers = (head: string): unknown[] =>
    scenarioOf(table(head), FILES).cells.map(({ steps }) =>
      steps[0]?.expect.checks.map((check) => (check.kind === "fate" ? check.fates : [])),
    );

  it("are the halves, in either order", () => {
    expect(answers("broken | fixed")).toEqual([[["web#1"]], [["drop"]], [["web#1"]]]);
    expect(answers("fixed | broken")).toEqual([[["drop"]], [["web#1"]], [["drop"]]]);
  });

  it("come together, and with a bug", () => {
    expect(brief(table("broken | a"), FILES)).toEqual(['6:12 "broken" is not a value of matrix.w']);
    expect(brief(table("broken | fixed").replace(/^bug.*\n/m, ""), FILES)).toEqual([
      '5:12 no axis of the matrix has the value "broken"',
    ]);
  });
});
