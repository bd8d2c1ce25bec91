import { describe, expect, it } from "vitest";
import { parseVersionRange } from "../../src/load/version-range.ts";
import { brief, scenarioOf } from "./read.ts";

const AXIS = ["1.9.0", "1.10", "1.10.3", "1.28.0", "1.28.2"];

function file(when: string, matrix = `{ v: [${AXIS.map((v) => `"${v}"`).join(", ")}], w: [a, b] }`): string {
  return `scenario: x
matrix: ${matrix}
bug: { when: { ${when} } }
cluster: { kubernetes: "\${v}" }
steps:
  - { run: lsmod, expect: { fixed: { exit: 0 }, broken: { exit: 1 } } }
`;
}

describe("a range of releases", () => {
  it.each([
    ["<1.10", ["1.9.0"]],
    ["<=1.10", ["1.9.0", "1.10"]],
    [">1.10", ["1.10.3", "1.28.0", "1.28.2"]],
    ["<1.28.1", ["1.9.0", "1.10", "1.10.3", "1.28.0"]],
    [">=1.10 <1.28", ["1.10", "1.10.3"]],
    [">=1.10, <v1.28.2", ["1.10", "1.10.3", "1.28.0"]],
    ["> 1.28", ["1.28.2"]],
  ])("%s holds for %j", (text, wanted) => {
    expect(AXIS.filter((value) => parseVersionRange(text)?.(value))).toEqual(wanted);
  });

  it.each(["=1.10", "=>1.10", "<", "<1.10 1.28", "<1.x", ">=1.9 or <1"])("%j is none", (text) => {
    expect(parseVersionRange(text)).toBeUndefined();
  });
});

describe("bug.when", () => {
  it("takes ranges, alone and beside values", () => {
    const broken = (when: string): string[] =>
      scenarioOf(file(when)).cells.flatMap(({ cell, half }) =>
        half === "broken" ? [Object.values(cell).join(" ")] : [],
      );
    expect(broken('v: "<1.10.3", w: a')).toEqual(["1.9.0 a", "1.10 a"]);
    expect(broken('v: ["<1.10", "1.28.0"], w: b')).toEqual(["1.9.0 b", "1.28.0 b"]);
  });

  it.each([
    ['v: "<1.9"', "3:19 no value of matrix.v is <1.9"],
    ['v: ">=1.9"', "3:19 every value of matrix.v is >=1.9"],
    ['v: ["1.10", "=>1.2"]', '3:28 "=>1.2" is not a range of releases'],
    ['w: "<1.28"', "3:19 a range of releases, but a, b of matrix.w is none"],
  ])("%s", (when, message) => {
    expect(brief(file(when))).toEqual([message]);
  });
});

describe("patch levels of Kubernetes", () => {
  it("are kept, and come with what their minor comes with", () => {
    const nodes = scenarioOf(file('w: a, v: "1.10.3"')).cells.map(({ cluster }) => [
      cluster.kubernetes,
      cluster.nodes[0]?.kubernetes,
      cluster.nodes[0]?.iproute2,
    ]);
    expect(nodes[4]).toEqual(["1.10.3", "1.10.3", "4.11"]);
    expect(nodes[8]).toEqual(["1.28.2", "1.28.2", "6.1"]);
  });

  it.each([
    ["1.9.4", "Kubernetes 1.9.4 is not modelled: only .0: later ones have #56164"],
    ["1.28.x", "Kubernetes 1.28.x is not modelled"],
    ["v1.28.3", "Kubernetes v1.28.3 is not modelled"],
    ["1.27.3", "Kubernetes 1.27.3 is not modelled"],
  ])("%s is refused", (version, message) => {
    expect(brief(`scenario: x\ncluster: { kubernetes: ${version} }\nsteps: [{ run: lsmod }]\n`)).toEqual([
      `2:24 ${message}`,
    ]);
  });

  it("of one node", () => {
    const text =
      'scenario: x\ncluster: { kubernetes: "1.28", nodes: { node1:, node2: { kubernetes: "1.10.2" } } }\nsteps: [{ run: lsmod }]\n';
    expect(scenarioOf(text).cells[0]?.cluster.nodes.map(({ kubernetes }) => kubernetes)).toEqual(["1.28", "1.10.2"]);
  });
});
