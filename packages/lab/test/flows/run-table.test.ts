// Tables in a run: judged row by row, at their moment, without a trace; told, and rewritten.
import { describe, expect, it } from "vitest";
import { listFlows, formatFlowList, FlowsError } from "../../src/flows/list-flows.ts";
import { loadScenario } from "../../src/load/load-scenario.ts";
import { jsonOfFile } from "../../src/report/json.ts";
import { formatFileResult } from "../../src/report/text.ts";
import { applyGoldenEdits, goldenEdits } from "../../src/report/update.ts";
import { fates, FILES, run, scenario } from "./lab.ts";

const HELD = `flows: |
  | flow               | reach |
  | shell > svc/web:80 | L R   |
  | L > svc/web:80     | L* R  |
  | shell > L:81       | refused |
`;

describe("a table of a file", () => {
  it("holds, and is a case by itself", () => {
    const result = run(scenario(HELD));
    expect(result.cells.map(({ status, steps }) => [status, steps.length])).toEqual([["passed", 1]]);
    expect(fates(result)).toEqual({ "shell > svc/web:80": "L R", "L > svc/web:80": "L* R", "shell > L:81": "refused" });
    expect(jsonOfFile(result).cases[0]?.steps[0]).toMatchObject({
      fates: [{ flow: "shell > svc/web:80", fates: ["L", "R"] }, {}, {}],
    });
  });

  it("fails at the field, with what decided, and what to do next", () => {
    const result = run(scenario(HELD.replace("L R   |", "L R*  |").replace("L* R  |", "drop  |")));
    expect(formatFileResult(result).replaceAll(/(KUBE-(?:SVC|SEP)-)\w+/g, "$1…")).toBe(`✗ lab.yaml  x
  lab.yaml:8:26  shell > svc/web:80: L R, expected L R*
     8 |   | shell > svc/web:80 | L R*  |
       |                          ^^^^
    R         not expected
              node1 nat KUBE-SVC-… 3 → KUBE-SEP-… 2 -j DNAT --to-destination 10.244.1.2:80  (Service default/web:80, web.yaml:14)
    R*        expected, but no random choice leads to it
    next      kubehop explain lab.yaml 'shell > svc/web:80'
  lab.yaml:9:26  L > svc/web:80: L* R, expected drop
     9 |   | L > svc/web:80     | drop  |
       |                          ^^^^
    L*        not expected
              node1 nat KUBE-SEP-… 1 → KUBE-MARK-MASQ 1 -j MARK --set-xmark 0x4000/0x4000  (Service default/web:80, web.yaml:14)
              node1 nat KUBE-SVC-… 2 → KUBE-SEP-… 2 -j DNAT --to-destination 10.244.0.3:80  (Service default/web:80, web.yaml:14)
              node1 nat POSTROUTING 1 → KUBE-POSTROUTING 2 -j MARK --set-xmark 0x4000/0x0  (kube-proxy)
              node1 nat POSTROUTING 1 → KUBE-POSTROUTING 3 -j MASQUERADE --random-fully  (kube-proxy)
    R         not expected
              node1 nat KUBE-SVC-… 3 → KUBE-SEP-… 2 -j DNAT --to-destination 10.244.1.2:80  (Service default/web:80, web.yaml:14)
    drop      expected, but no random choice leads to it
    next      kubehop explain lab.yaml 'L > svc/web:80'
`);
  });

  it("leaves no trace: what follows sees a cluster that was asked nothing", () => {
    const counted = "steps:\n  - { in: node1, run: conntrack -L, expect: { conntrack: { in: node1, count: 0 } } }\n";
    expect(run(scenario(HELD + counted)).cells[0]?.failures).toEqual([]);
  });
});

describe("a table of a step", () => {
  const table = (answer: string): string =>
    `  - flows: |\n      | flow | reach |\n      | shell > svc/web:80 | ${answer} |\n`;

  it("is judged at its moment", () => {
    const steps = `steps:
${table("L R")}  - { run: kubectl scale deploy web --replicas=1 }
  - { wait: 40s }
${table("L")}`;
    const result = run(scenario(steps));
    expect(result.diagnostics).toEqual([]);
    expect(result.cells[0]?.failures.map(({ message }) => message)).toEqual([]);
  });

  it("between steps it takes no time and makes no connection", () => {
    const steps = `steps:
  - { send: "shell:4000 > R:80", expect: ok }
${table("L R")}  - { in: node1, run: ip route, expect: { conntrack: { in: node1, dst: R, count: 1 } } }
`;
    const result = run(scenario(steps));
    expect(result.cells[0]?.failures.map(({ message }) => message)).toEqual([]);
    expect(result.cells[0]?.steps.map(({ outcome }) => outcome.endedAt - outcome.startedAt)).toEqual([0, 0, 0]);
  });

  it("is judged at that moment for all of its rows, whatever comes soon after", () => {
    const steps = `steps:
  - { in: node1, run: "sleep 1 && iptables -I FORWARD -j DROP &" }
  - flows: |
      | flow | reach |
      | shell > svc/web:80 | L R |
      | L > svc/web:80 | L* R |
  - { wait: 2s }
  - flows: |
      | flow | reach |
      | shell > svc/web:80 | drop |
`;
    const [cell] = run(scenario(steps)).cells;
    expect(cell?.failures.map(({ message }) => message)).toEqual([]);
  });

  it("an end that is not there any more is told at the step", () => {
    const steps = `steps:
  - { run: kubectl delete pod shell }
  - { wait: 40s }
${table("L")}`;
    const [found] = run(scenario(steps)).diagnostics;
    expect(found).toMatchObject({ line: 9, message: "shell > svc/web:80: there is no place shell now" });
  });
});

describe("--update", () => {
  const matrix = `matrix: { kubernetes: ["1.10", "1.28"], etp: [Cluster, Local] }\n`;
  const files = {
    ...FILES,
    "web.yaml": (FILES["web.yaml"] ?? "").replace(
      "spec: { clusterIP: 10.96.1.1, selector: { app: web }, ports: [{ port: 80 }] }",
      "spec: { type: NodePort, externalTrafficPolicy: '${etp}', selector: { app: web }, ports: [{ port: 80, nodePort: 30080 }] }",
    ),
  };
  const table = (rows: string): string =>
    scenario(`flows: |\n${rows}serve: { web: { http: 80 } }\n`, matrix).replace(
      "cluster: {",
      `cluster: { kubernetes: "\${kubernetes}",`,
    );

  it("writes the rows that failed anew, and leaves those that hold", () => {
    const text = table(`  | flow | Cluster | Local | except |
  | client > node1:30080 | R* L* | L | |
  | node2 > node2:30080 | L | R | |
  | client > node2:30080 | - | drop | |
  | node1 > node2:30080 | L* R* | drop | Local: R |
`);
    const result = run(text, files);
    expect(result.cells.map(({ status }) => status)).toEqual(["failed", "failed", "failed", "failed"]);
    const { edits, refused } = goldenEdits(result);
    expect(refused).toEqual([]);
    const updated = table(`  | flow                 | Cluster | Local | except            |
  | client > node1:30080 | R* L*   | L     |                   |
  | node2 > node2:30080  | L* R*   | R     | 1.28 Local: L* R* |
  | client > node2:30080 | -       | R     |                   |
  | node1 > node2:30080  | L* R*   | drop  | Local: R          |
`);
    expect(applyGoldenEdits(text, edits)).toBe(updated);
    expect(run(applyGoldenEdits(text, edits), files).cells.map(({ status }) => status)).toEqual(
      Array.from({ length: 4 }, () => "passed"),
    );
  });

  it("what is listed is what a table expects", () => {
    const text = table("  | flow | reach |\n  | client > node1:30080 | - |\n");
    const loaded = loadScenario(
      "lab.yaml",
      text.replace("| - |", "| L |"),
      (path) => files[path as keyof typeof files],
    );
    if (!loaded.ok) throw new Error("does not load");
    const { scenario: file } = loaded;
    const options = { cells: file.cells, seed: 1, readFile: (path: string) => files[path as keyof typeof files] };
    const flows = ["client > node1:30080", "node1 > node1:30080", "client > svc/web:80"];
    const printed = formatFlowList(listFlows(file, { ...options, flows }));
    expect(printed).toBe(`| flow                 | Cluster | Local | except        |
| client > node1:30080 | L* R*   | L     |               |
| node1 > node1:30080  | L* R*   | L* R* | 1.10 Local: L |
| client > svc/web:80  | drop    | drop  |               |
`);
    const pasted = run(table(printed.replaceAll(/^/gm, "  ").trimEnd().concat("\n")), files);
    expect(pasted.cells.map(({ status }) => status)).toEqual(["passed", "passed", "passed", "passed"]);
    expect(() => listFlows(file, { ...options, flows: ["client > Q:80"] })).toThrow(FlowsError);
  });
});
