import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { runScenarioText } from "../../src/expect/run-file.ts";
import type { CellRunner, FileResult, StepOutcome } from "../../src/model/outcome.ts";
import { formatJson, jsonOfFile } from "../../src/report/json.ts";
import { reportJsonSchema, reportSchema } from "../../src/report/json-shape.ts";
import { formatJunit, junitOfBroken, junitOfFile } from "../../src/report/junit.ts";
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
  next      kubehop explain lab.yaml --cell m=b --step call
`);
  });

  it("mistakes in place of cases", () => {
    expect(formatFileResult(run("scenario: x\nfoo: 1\nsteps: [{ run: ip }]\n", half)))
      .toBe(`✗ lab.yaml  cannot be read: 1 mistake

lab.yaml:2:1: unknown key "foo"
   2 | foo: 1
     | ^^^

`);
  });
});

describe("totals and exit codes", () => {
  const good = run("scenario: x\nsteps: [{ run: ip }]\n", scripted([]));
  const bad = run("scenario: x\nfoo: 1\n", scripted([]));
  const failing = run(TEXT, half);

  it.each([
    ["all held", [good], "1 passed, 0 failed, 0 skipped", 0],
    ["one failed", [good, failing], "2 passed, 1 failed, 0 skipped", 1],
    ["one cannot be read", [good, failing, bad], "2 passed, 2 failed, 0 skipped", 2],
    ["nothing was tested", [], "0 passed, 0 failed, 0 skipped", 2],
  ])("%s", (_, results, line, code) => {
    expect(formatTotals(countCases(results))).toBe(line);
    expect(
      exitCodeOf(
        countCases(results),
        results.some((one) => one.diagnostics.length > 0),
      ),
    ).toBe(code);
  });

  it("all skipped is nothing tested", () => {
    const skipped: FileResult = {
      ...good,
      cells: good.cells.map((cell) => ({ ...cell, status: "skipped", reason: "later" })),
    };
    expect(exitCodeOf(countCases([skipped]), false)).toBe(2);
    expect(formatFileResult(skipped)).toBe("- lab.yaml  x  (later)\n");
  });
});

describe("JSON", () => {
  it("has everything a program needs, always the same bytes", () => {
    const report = (result: FileResult): string => formatJson([jsonOfFile(result)], countCases([result]), 7);
    const text = report(run(TEXT, half));
    expect(report(run(TEXT, half))).toBe(text);
    expect(() => reportSchema.parse(JSON.parse(text))).not.toThrow();
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

function junit(result: FileResult): string {
  return formatJunit([junitOfFile(result, 7)], countCases([result]));
}

it("docs/report.schema.json is the shape of today", () => {
  const file = new URL("../../../../docs/report.schema.json", import.meta.url);
  expect(readFileSync(file, "utf8")).toBe(`${JSON.stringify(reportJsonSchema(), null, 2)}\n`);
});

describe("JUnit", () => {
  it("has the shape that CI servers read, failing lines and all", () => {
    const text = formatJunit([junitOfFile(run(TEXT, half), 7), junitOfBroken("gone.yaml", 'kubehop: "x" < y', 7)], {
      passed: 1,
      failed: 2,
      skipped: 0,
    });
    expect(shapeOf(text)).toEqual([
      "testsuites name tests failures errors skipped",
      " testsuite name tests failures errors skipped",
      "  properties",
      "   property name value",
      "   property name value",
      "  testcase classname name file line time",
      "  testcase classname name file line time",
      "   failure message",
      " testsuite name tests failures errors skipped",
      "  properties",
      "   property name value",
      "  testcase classname name file line",
      "   failure message",
    ]);
    expect(text).toContain('name="run" file="gone.yaml" line="1"');
    expect(text).toContain("kubehop: &quot;x&quot; &lt; y");
  });

  it("a suite per file, a test case per cell", () => {
    expect(junit(run(TEXT.replace("a Service", '"<a> & b"').replace(" that hangs", ""), half)))
      .toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="kubehop" tests="2" failures="1" errors="0" skipped="0">
  <testsuite name="lab.yaml" tests="2" failures="1" errors="0" skipped="0">
    <properties>
      <property name="seed" value="7"/>
      <property name="ref" value="kubernetes/kubernetes#1"/>
    </properties>
    <testcase classname="lab.yaml" name="&lt;a&gt; &amp; b [m=a]" file="lab.yaml" line="1" time="1.500"/>
    <testcase classname="lab.yaml" name="&lt;a&gt; &amp; b [m=b]" file="lab.yaml" line="5" time="1.500">
      <failure message="result: timeout, expected ok">lab.yaml:5:43: result: timeout, expected ok
next      kubehop explain lab.yaml --cell m=b --step call</failure>
    </testcase>
  </testsuite>
</testsuites>
`);
  });

  it("cause and repairs as in the text", () => {
    const result = run(TEXT, half);
    const cells = result.cells.map((cell) => ({
      ...cell,
      story: { step: "call", lines: ["▶ 0.000  a > b"], cause: "node1 FORWARD" },
      fixes: [{ text: "iptables -P FORWARD ACCEPT on node1", tried: "1 of 1" }],
    }));
    expect(junit({ ...result, cells })).toContain(`
▶ 0.000  a &gt; b
cause     node1 FORWARD
would fix iptables -P FORWARD ACCEPT on node1   (tried: 1 of 1)
next      kubehop explain`);
  });

  it("what XML cannot hold becomes a question mark", () => {
    const result = run(
      "scenario: x\nsteps: [{ run: ip, expect: { output: b } }]\n",
      scripted([outcome({ stdout: "\u0001\ufffe\ud800\u{1f600}" })]),
    );
    expect(junit(result)).toContain("???\u{1f600}");
  });

  it("a file that cannot be read is a failed case", () => {
    expect(junit(run("scenario: x\nfoo: 1\n", half))).toContain(
      '<failure message="lab.yaml:1:1: missing key &quot;steps&quot;: nothing would happen">',
    );
  });
});

/** Elements with the names of their attributes, indented by depth; throws where the XML is not well-formed. */
function shapeOf(xml: string): string[] {
  const open: string[] = [];
  const rows: string[] = [];
  for (const [tag, end, name = "", attributes = "", self] of xml.matchAll(/<(\/?)(\w+)((?: \w+="[^"<]*")*)(\/?)>/g)) {
    if (end === "/") {
      if (open.pop() !== name) throw new Error(`${tag} closes nothing`);
      continue;
    }
    const names = [...attributes.matchAll(/(\w+)="/g)].map((found) => found[1]);
    rows.push(`${" ".repeat(open.length)}${[name, ...names].join(" ")}`);
    if (self === "") open.push(name);
  }
  const rest = xml.replaceAll(/<\?xml[^?]*\?>|<\/?\w+(?: \w+="[^"<]*")*\/?>/g, "");
  if (open.length > 0 || rest.includes("<")) throw new Error("not well-formed");
  return rows;
}

describe("--update", () => {
  const golden = `scenario: x # kept
steps:
  - run: ip route
    expect:
      rows: |
        old line

        another
      output: default # kept too

  - run: ip
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
