// Every example of docs/SCENARIO.md stands in a scenario that loads; those that say what a cluster is or what happens run, too.
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { runScenarioText } from "../../src/expect/run-file.ts";
import { formatReferencePath, type ReferenceRow, referenceRows } from "../../src/schema/reference.ts";
import { cellRunner } from "../../src/steps/run-steps.ts";
import { mistakes } from "../load/read.ts";
import { exampleScenario, FILES } from "./example-scenario.ts";

const rows = referenceRows().map((row) => [formatReferencePath(row.path), row] as const);

function textOf(row: ReferenceRow): string {
  return stringify(exampleScenario(row), { aliasDuplicateObjects: false });
}

/** Keys that are in the grammar to be refused with a reason. */
const REFUSED: readonly string[] = ["steps[].fault.boot"];

/** Three thousand repetitions take their time, and nothing happens that could be waited for. */
const IDLE: readonly string[] = ["steps[].repeat", "steps[].after"];

/** What an expectation's example looks for need not be there, nor the row that a fault takes out. */
function runs(path: string): boolean {
  const looks = ["steps[].expect", "steps[].fault"].some((begin) => path.startsWith(begin));
  return !looks && !IDLE.includes(path) && !REFUSED.includes(path);
}

/** Each failed check and refusal of a run; empty when all held. */
function failures(text: string): string[] {
  const readFile = (path: string): string | undefined => FILES[path];
  const { cells, diagnostics } = runScenarioText("example.yaml", text, readFile, 1, cellRunner(readFile));
  const failed = cells.flatMap(({ status, reason, failures: found }) =>
    status === "passed" ? [] : [reason ?? "", ...found.map(({ message }) => message)],
  );
  return [...diagnostics.map(({ message }) => message), ...failed];
}

describe("examples of the documentation", () => {
  it.each(rows.filter(([path]) => !REFUSED.includes(path)))("%s loads", (_, row) => {
    expect(mistakes(textOf(row), FILES)).toBe("");
  });

  it.each(rows.filter(([path]) => REFUSED.includes(path)))("%s is refused", (_, row) => {
    expect(mistakes(textOf(row), FILES)).toContain("is not modelled");
  });

  it.each(rows.filter(([path]) => runs(path)))("%s runs", (_, row) => {
    expect(failures(textOf(row))).toEqual([]);
  });

  it.each([
    { path: ["cluster", "nodes", "*", "ip"], description: "", example: "ip: nowhere" },
    { path: ["steps", "[]", "pick"], description: "", example: "pick: nobody#3" },
    { path: ["steps", "[]", "expect", "conntrack", "state"], description: "", example: "state: open" },
  ])("one that does not load would be found: $example", (row) => {
    expect(mistakes(textOf(row), FILES)).not.toBe("");
  });

  it("one that does not run would be found", () => {
    const row = { path: ["steps", "[]", "run"], description: "", example: "run: curl http://nobody/" };
    expect(failures(textOf(row))).not.toEqual([]);
  });
});
