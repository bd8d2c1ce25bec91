import { describe, expect, it } from "vitest";
import { runMutations } from "../../src/expect/run-mutations.ts";
import { runScenarioText } from "../../src/expect/run-file.ts";
import type { CellResult, CellRunner } from "../../src/model/outcome.ts";
import { outcome, scripted } from "./world.ts";

const TEXT = `scenario: x # a comment
cluster: { nodes: { node1: { modules: { br_netfilter: loaded }, sysctls: { net.ipv4.ip_forward: 1 } } } }
mutations:
  - cluster.nodes.node1.modules.br_netfilter: absent
  - 'cluster.nodes.node1.sysctls["net.ipv4.ip_forward"]': null
  - cluster.nodes.node1.ip: nowhere
steps: [{ run: ip, expect: { exit: 0 } }]
`;

/** Fails when br_netfilter is absent. */
const run: CellRunner = (plan, seed, onStep) =>
  scripted([outcome({ exitCode: plan.cluster.nodes[0]?.modules.br_netfilter === "absent" ? 1 : 0 })])(
    plan,
    seed,
    onStep,
  );

function mutated(text: string): readonly CellResult[] {
  const unmutated = runScenarioText("lab.yaml", text, () => undefined, 1, run);
  return runMutations("lab.yaml", text, () => undefined, 1, run, unmutated);
}

describe("mutations", () => {
  it("of a file that fails itself are not judged", () => {
    const cases = mutated(TEXT.replace("br_netfilter: loaded", "br_netfilter: absent"));
    expect(cases.map(({ status, reason, failures }) => [status, reason, failures])).toEqual(
      Array.from({ length: 3 }, () => ["skipped", "not judged: the file itself fails", []]),
    );
  });

  it("pass when they break something", () => {
    const cases = mutated(TEXT);
    expect(
      cases.map(({ title, status, failures }) => [
        title,
        status,
        ...failures.flatMap((failure) => [
          `${failure.position.line}:${failure.position.col} ${failure.message}`,
          ...failure.details,
        ]),
      ]),
    ).toEqual([
      ["mutation cluster.nodes.node1.modules.br_netfilter: absent", "passed"],
      [
        'mutation without cluster.nodes.node1.sysctls["net.ipv4.ip_forward"]',
        "failed",
        "5:5 this edit makes no expectation fail",
      ],
      [
        "mutation cluster.nodes.node1.ip: nowhere",
        "failed",
        "6:5 the edited file cannot be read",
        '"nowhere" is not an IPv4 address',
      ],
    ]);
  });
});
