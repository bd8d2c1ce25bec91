import { describe, expect, it } from "vitest";
import { runScenarioText } from "../../src/expect/run-file.ts";
import { cellRunner } from "../../src/steps/run-steps.ts";
import { ipsetRows } from "../../src/steps/ipset-rows.ts";
import { brief } from "../load/read.ts";

const noFile = (): undefined => undefined;

function lab(expectation: string): string {
  return `scenario: t
namespaces: { R: }
build:
  - in: R
    run: |
      ipset create web hash:ip,port timeout 300 counters comment
      ipset add web 10.0.0.1,tcp:80 comment "front end"
      ipset create nets hash:net
      ipset add nets 10.1.0.0/16 nomatch
steps:
  - { in: R, run: ipset list -name, expect: { ipset: ${expectation} } }
`;
}

function failures(expectation: string): string[] {
  const result = runScenarioText("a.yaml", lab(expectation), noFile, 1, cellRunner(noFile));
  return result.cells.flatMap((cell) => cell.failures.flatMap(({ message, details }) => [message, ...details]));
}

describe("sets as rows", () => {
  it("a set and its entries, with what the extensions say", () => {
    expect(
      ipsetRows(
        'create web hash:ip,port family inet timeout 300 counters comment\nadd web 10.0.0.1,tcp:80 timeout 297 packets 3 bytes 180 comment "front end" skbmark 0x1\n',
      ),
    ).toEqual([
      {
        name: "web",
        type: "hash:ip,port",
        entry: "",
        timeout: "",
        packets: "",
        bytes: "",
        comment: "",
        options: "family inet timeout 300 counters comment",
      },
      {
        name: "web",
        type: "hash:ip,port",
        entry: "10.0.0.1,tcp:80",
        timeout: "297",
        packets: "3",
        bytes: "180",
        comment: "front end",
        options: "skbmark 0x1",
      },
    ]);
  });

  it.each([
    '{ in: R, name: web, entry: "10.0.0.1,tcp:80", comment: front end, packets: "0", count: 1 }',
    '{ in: R, name: nets, type: "hash:net", entry: 10.1.0.0/16, options: nomatch }',
    '{ in: R, name: web, entry: "", options: counters }',
    "{ in: R, type: list:set, count: 0 }",
  ])("%s holds", (expectation) => {
    expect(failures(expectation)).toEqual([]);
  });

  it("what does not hold is told with the row that is near", () => {
    expect(failures('{ in: R, name: web, entry: "10.0.0.1,tcp:81", timeout: "300" }')).toEqual([
      "ipset rows at R: found 0, expected at least 1",
      "near  name=web type=hash:ip,port entry=10.0.0.1,tcp:80 timeout=300 packets=0 bytes=0 comment=front end",
    ]);
  });

  it("a column that sets do not have, a value it cannot have", () => {
    expect(brief(lab('{ in: R, name: web, packets: many, elem: "10.0.0.1" }'))).toEqual([
      '11:83 packets is never "many"',
      '11:89 unknown key "elem" in steps[0].expect.ipset',
    ]);
  });
});
