import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { unwrittenLines } from "../../src/report/unwritten.ts";

function lines(steps: string): string[] {
  return unwrittenLines(parse(`scenario: x\nsteps:\n${steps}`));
}

describe("keys that are not written", () => {
  it("of steps and what they expect, each with what holds instead", () => {
    const found = lines(
      "  - { in: node1, run: ip, repeat: 3 }\n  - { send: { flow: a > b }, id: s, expect: { output: { contains: x } } }\n",
    );
    expect(found).toContain("steps[0].id: step 1");
    expect(found).toContain("steps[0].expect: { exit: 0 }");
    expect(found).toContain("steps[1].repeat: 1");
    expect(found).toContain("steps[1].send.timeout: 5s");
    expect(found).toContain("steps[1].expect.output.stream: stdout");
    expect(
      found.filter((line) => /^steps\[0\]\.(?:in|run|repeat|send)|^steps\[1\]\.(?:in|id|expect):/.test(line)),
    ).toEqual([]);
    expect(found).toEqual(found.toSorted((a, b) => Number(a.charAt(6)) - Number(b.charAt(6))));
  });

  it("of both halves, and of every item of a list", () => {
    const found = lines(
      "  - { run: ip, expect: { fixed: { packet: { in: a, dev: b } }, broken: { packet: [{ in: a, dev: b, count: 2 }, { in: a, dev: c }] } } }\n",
    ).filter((line) => line.includes("packet"));
    expect(found).toEqual([
      "steps[0].expect.fixed.packet.count: at least 1",
      "steps[0].expect.broken.packet[1].count: at least 1",
    ]);
  });

  it("not those that mean nothing where they would stand", () => {
    const keys = lines("  - wait: 5s\n").map((line) => /^steps\[0\]\.([\w-]+):/.exec(line)?.[1]);
    expect(keys).toEqual(["id"]);
  });

  it.each([
    ["{ id: s, run: ip }", ["in: admin", "repeat: 1", "expect: { exit: 0 }"]],
    ["{ id: s, in: a, run: ip, expect: { ttl: 62 } }", ["repeat: 1", "expect.exit: 0"]],
    ["{ id: s, in: a, run: ip, expect: { result: ok } }", ["repeat: 1"]],
    ["{ id: s, send: a > b, every: 1s, until: 5s }", ["expect: ok"]],
    ["{ id: s, send: a > b, after: b gone }", ["repeat: 1", "expect: ok"]],
    ["{ id: s, in: a, race: [a > b, a > b] }", ["held: lookup"]],
    ["{ id: s, fault: { agent: a/b, do: kill } }", []],
    ["{ id: s, fault: { link: a eth0, cut: true } }", ["fault.for: until heal"]],
    ["{ id: s, flows: x }", []],
    ["{ id: s, in: a, inject: { dev: eth0, frame: ff } }", ["repeat: 1"]],
  ])("of %s: values, and those of its verb", (step, expected) => {
    expect(lines(`  - ${step}\n`)).toEqual(expected.map((line) => `steps[0].${line}`));
  });
});
