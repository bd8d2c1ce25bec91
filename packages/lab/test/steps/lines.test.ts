// Lines of a step: where each stands, here-documents, what a step that cannot go on says.
import { expect, it } from "vitest";
import { runScenarioText } from "../../src/expect/run-file.ts";
import { cellRunner } from "../../src/steps/run-steps.ts";
import { run } from "./run.ts";

const HEAD = "scenario: x\ncluster: { nodes: [node1] }\n";

function failures(steps: string): string[] {
  const read = (): undefined => undefined;
  const { cells, diagnostics } = runScenarioText("a.yaml", HEAD + steps, read, 1, cellRunner(read));
  expect(diagnostics).toEqual([]);
  return cells.flatMap((cell) =>
    cell.failures.flatMap(({ position, message, details }) => [
      `${position.line}:${position.col} ${message}`,
      ...details,
    ]),
  );
}

it("a failing line is pointed at", () => {
  const steps = "steps:\n  - in: node1\n    run: |\n      # first\n      true\n\n      cat nosuch\n";
  expect(failures(steps)[0]).toBe("9:7 exit status: 1, expected 0");
});

it("here-documents and continued lines are one command", () => {
  const { outcomes } = run(`${HEAD}steps:
  - in: node1
    run: |
      cat > notes <<'EOF'
      # not a comment
        a & b
      EOF
      cat notes
      echo one \\
        two
`);
  expect(outcomes[0]?.stdout).toBe("# not a comment\n  a & b\none two\n");
});

it("a time that has passed cannot be waited for", () => {
  const steps = "steps:\n  - { run: sleep 3 }\n  - { at: 1s, run: sleep 1 }\n  - { run: sleep 1 }\n";
  expect(failures(steps)).toEqual(["5:5 at: 1 s has passed: the steps before end at 3 s", "1 step not run"]);
});

it("a command without an end says what to do and how much was left out", () => {
  const steps = "steps:\n  - { in: node1, run: ping 127.0.0.1 }\n  - { run: sleep 1 }\n  - { run: sleep 1 }\n";
  expect(failures(steps)).toEqual([
    "4:5 ping 127.0.0.1: did not end within 3600 virtual seconds; bound it (-c 4, --max-time 5), or end the line in & and bring it back with fg",
    "2 steps not run",
  ]);
});

it("count: 0 of what nobody ever saw is a warning", () => {
  const read = (): undefined => undefined;
  const steps = `steps:
  - in: node1
    run: ip link add d0 type dummy
    expect:
      rule: { in: node1, table: nat, chain: KUBE-SERVICS, count: 0 }
      sysctl:
        - { in: node1, key: net.ipv4.ip_forward, value: "7", count: 0 }
        - { in: node1, key: net.ipv4.ip_forwad, count: 0 }
`;
  const { cells, warnings = [] } = runScenarioText("a.yaml", HEAD + steps, read, 1, cellRunner(read));
  expect(cells.map(({ status }) => status)).toEqual(["passed"]);
  expect(warnings.map(({ line, message }) => `${line} ${message}`)).toEqual([
    '7 count: 0, but no rule row at node1 ever had chain "KUBE-SERVICS"',
    '10 count: 0, but no sysctl row at node1 ever had key "net.ipv4.ip_forwad"',
  ]);
});
