import { expect, test } from "vitest";
import * as z from "zod";
import { parseYaml, renderDiagnostics, zodDiagnostics } from "../../src/index.ts";

const step = z.strictObject({
  say: z.string().optional(),
  at: z.union([z.number(), z.string()]).optional(),
  wait: z.boolean().optional(),
});
const schema = z.strictObject({
  scenario: z.string(),
  version: z.string().optional(),
  mode: z.enum(["iptables", "ipvs"]).optional(),
  count: z.number().int().min(1).optional(),
  nodes: z.record(z.string().regex(/^[a-z]+\d*$/, "lower-case"), step).optional(),
  check: z.union([z.string(), z.strictObject({ result: z.string(), ttl: z.number().optional() })]).optional(),
  steps: z.array(step).optional(),
});

function mistakes(text: string): string {
  const { documents, source } = parseYaml("s.yaml", text);
  const [document] = documents;
  if (document === undefined) throw new Error("unreadable");
  const parsed = schema.safeParse(document.value);
  return parsed.success ? "" : renderDiagnostics(zodDiagnostics(parsed.error, document, [], schema), [source]);
}

test("each kind of issue at its node", () => {
  expect(
    mistakes(`version: 1.10
mode: iptable
count: 0
nodes: { Node-1: { wait: yes } }
check: { reslt: ok, ttl: "64" }
steps:
  - { say: Hello, world }
  - at: [1]
    wiat: true
  - wait
`),
  ).toMatchInlineSnapshot(`
    "s.yaml:1:1: missing key "scenario"
       1 | version: 1.10
         | ^^^^^^^^^^^^^

    s.yaml:1:10: expected text for version, found the number 1.10
       1 | version: 1.10
         |          ^^^^
    hint: write it in quotes: "1.10"

    s.yaml:2:7: expected one of iptables, ipvs for mode, found text "iptable"
       2 | mode: iptable
         |       ^^^^^^^
    hint: did you mean "iptables"?

    s.yaml:3:8: must be at least 1 for count, found the number 0
       3 | count: 0
         |        ^

    s.yaml:4:10: bad key "Node-1": lower-case
       4 | nodes: { Node-1: { wait: yes } }
         |          ^^^^^^

    s.yaml:5:10: unknown key "reslt" in check
       5 | check: { reslt: ok, ttl: "64" }
         |          ^^^^^
    hint: did you mean "result"?

    s.yaml:5:26: expected a number for check.ttl, found text "64"
       5 | check: { reslt: ok, ttl: "64" }
         |                          ^^^^
    hint: write the number without quotes

    s.yaml:7:19: unknown key "world" in steps[0]
       7 |   - { say: Hello, world }
         |                   ^^^^^
    hint: inside { } a comma starts a new key: put text that contains a comma in quotes

    s.yaml:8:9: expected a number or text for steps[1].at, found a list
       8 |   - at: [1]
         |         ^^^

    s.yaml:9:5: unknown key "wiat" in steps[1]
       9 |     wiat: true
         |     ^^^^
    hint: did you mean "wait"?

    s.yaml:10:5: expected a map for steps[2], found text "wait"
      10 |   - wait
         |     ^^^^"
  `);
});

test("a good file has no diagnostics", () => {
  expect(mistakes("scenario: x\ncheck: ok\n")).toBe("");
});
