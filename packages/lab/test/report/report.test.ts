import { describe, expect, it } from "vitest";
import { runScenarioText } from "../../src/expect/run-file.ts";
import type { CellRunner, FileResult, StepOutcome } from "../../src/model/outcome.ts";
import { formatJson } from "../../src/report/json.ts";
import { formatJunit } from "../../src/report/junit.ts";
import { formatFileResult, formatTotals } from "../../src/report/text.ts";
import { countCases, exitCodeOf } from "../../src/report/totals.ts";
import { applyGoldenEdits, goldenEdits } from "../../src/report/update.ts";
import { outcome, scripted } from "../expect/world.ts";

const TEXT = `scenario: a Service that hangs
refs: [kubernetes/kubernetes#1]
matrix: { m: [a, b] }
steps:
  - { id: call, run: "curl \${m}", expect: ok }
`;

function run(text: string, runner: CellRunner): FileResult {
  return runScenarioText("lab.yaml", text, () => undefined, 1, runner);
}

/** The second cell times out. */
const half: CellRunner = (plan, seed, onStep) =>
  scripted([
    plan.cell["m"] === "b"
      ? outcome({ flows: [{ result: "timeout" }], exitCode: 28 })
      : outcome({ flows: [{ result: "ok" }] }),
  ])(plan, seed, onStep);

describe("text", () => {
  it("one line per case, failures with their place", () => {
    expect(formatFileResult(run(TEXT, half))).toBe(`✓ lab.yaml [m=a]  a Service that hangs
✗ lab.yaml [m=b]  a Service that hangs
  lab.yaml:5:43  result: timeout, expected ok
     5 |   - { id: call, run: "curl \${m}", expect: ok }
       |                                           ^^
  refs      kubernetes/kubernetes#1
  next      kubehop explain lab.yaml --cell m=b
`);
  });

  it("mistakes in place of cases", () => {
    expect(formatFileResult(run("scenario: x\nfoo: 1\nsteps: [{ run: a }]\n", half)))
      .toBe(`✗ lab.yaml  cannot be read: 1 mistake

lab.yaml:2:1: unknown key "foo"
   2 | foo: 1
     | ^^^

`);
  });
});

describe("totals and exit codes", () => {
  const good = run("scenario: x\nsteps: [{ run: a }]\n", scripted([]));
  const bad = run("scenario: x\nfoo: 1\n", scripted([]));
  const failing = run(TEXT, half);

  it.each([
    ["all held", [good], "1 passed, 0 failed, 0 skipped", 0],
    ["one failed", [good, failing], "2 passed, 1 failed, 0 skipped", 1],
    ["one cannot be read", [good, failing, bad], "2 passed, 2 failed, 0 skipped", 2],
    ["nothing was tested", [], "0 passed, 0 failed, 0 skipped", 2],
  ])("%s", (_, results, line, code) => {
    expect(formatTotals(countCases(results))).toBe(line);
    expect(exitCodeOf(results)).toBe(code);
  });

  it("all skipped is nothing tested", () => {
    const skipped: FileResult = {
      ...good,
      cells: good.cells.map((cell) => ({ ...cell, status: "skipped", reason: "later" })),
    };
    expect(exitCodeOf([skipped])).toBe(2);
    expect(formatFileResult(skipped)).toBe("- lab.yaml  x  (later)\n");
  });
});

describe("JSON", () => {
  it("has everything a program needs, always the same bytes", () => {
    const text = formatJson([run(TEXT, half)], 7);
    expect(formatJson([run(TEXT, half)], 7)).toBe(text);
    expect(JSON.parse(text)).toMatchObject({
      version: 1,
      seed: 7,
      totals: { passed: 1, failed: 1, skipped: 0 },
      files: [
        {
          file: "lab.yaml",
          cases: [
            { cell: { m: "a" }, status: "passed" },
            {
              cell: { m: "b" },
              status: "failed",
              failures: [{ line: 5, message: "result: timeout, expected ok" }],
              steps: [{ id: "call", exitCode: 28 }],
            },
          ],
        },
      ],
    });
  });
});

describe("JUnit", () => {
  it("a suite per file, a test case per cell", () => {
    expect(formatJunit([run(TEXT.replace("a Service", '"<a> & b"').replace(" that hangs", ""), half)]))
      .toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="kubehop" tests="2" failures="1" skipped="0">
  <testsuite name="lab.yaml" tests="2" failures="1" skipped="0">
    <testcase classname="lab.yaml" name="&lt;a&gt; &amp; b [m=a]" time="1.500"/>
    <testcase classname="lab.yaml" name="&lt;a&gt; &amp; b [m=b]" time="1.500">
      <failure message="result: timeout, expected ok">lab.yaml:5:43: result: timeout, expected ok</failure>
    </testcase>
  </testsuite>
</testsuites>
`);
  });

  it("what XML cannot hold becomes a question mark", () => {
    const result = run(
      "scenario: x\nsteps: [{ run: a, expect: { output: b } }]\n",
      scripted([outcome({ stdout: "\u0001\ufffe\ud800\u{1f600}" })]),
    );
    expect(formatJunit([result])).toContain("???\u{1f600}");
  });

  it("a file that cannot be read is a failed case", () => {
    expect(formatJunit([run("scenario: x\nfoo: 1\n", half)])).toContain(
      '<failure message="lab.yaml:1:1: missing key &quot;steps&quot;: nothing would happen">',
    );
  });
});

describe("--update", () => {
  const golden = `scenario: x # kept
steps:
  - run: ip route
    expect:
      rows: |
        old line

        another
      output: default # kept too

  - run: b
`;
  const printed = (stdout: string): StepOutcome => outcome({ stdout });

  it("rewrites the block that failed, and nothing else", () => {
    const { edits, refused } = goldenEdits(run(golden, scripted([printed("default via x\n\n10.0.0.0/8 dev y\n")])));
    expect(refused).toEqual([]);
    expect(applyGoldenEdits(golden, edits)).toBe(
      golden.replace("        old line\n\n        another\n", "        default via x\n\n        10.0.0.0/8 dev y\n"),
    );
  });

  it("leaves a file alone whose blocks hold", () => {
    expect(goldenEdits(run(golden, scripted([printed("another\nold line\n")]))).edits).toEqual([]);
  });

  it("refuses when cells differ", () => {
    const many = golden.replace("steps:", "matrix: { m: [a, b] }\nsteps:");
    const result = run(many, (plan, seed, onStep) =>
      scripted([printed(`default ${plan.cell["m"]}\n`)])(plan, seed, onStep),
    );
    expect(goldenEdits(result)).toEqual({
      edits: [],
      refused: ["lab.yaml:6:13: cells of the matrix print different texts"],
    });
  });
});
