import { expect, test } from "vitest";
import { parseYaml, type Path, renderDiagnostics } from "../../src/index.ts";

const text = `# a comment
kind: Service
spec:
  version: 1.10
  empty:
  ports:
    - port: 80
      nodePort: 30080
    - { port: 81 }
  copy: &anchor { a: 1 }
  again: *anchor
---
---
second: yes
`;

test.each<[Path, string]>([
  [["kind"], "2:7-14"],
  [["spec", "ports", 0, "nodePort"], "8:17-22"],
  [["spec", "ports", 1, "port"], "9:15-17"],
  [["spec", "again", "a"], "10:22-23"],
  [["spec", "empty"], "5:3-8"],
  [["spec", "ports", 0, "absent", "deeper"], "7:7-15"],
])("position of %j", (path, expected) => {
  const [document] = parseYaml("f", text).documents;
  const at = document?.position(path);
  expect(`${at?.line}:${at?.col}-${at?.endCol}`).toBe(expected);
});

test("positions of keys, source text of scalars, several documents", () => {
  const { documents, diagnostics } = parseYaml("f", text);
  const [first, second] = documents;
  expect(diagnostics).toEqual([]);
  expect(documents).toHaveLength(2);
  expect(first?.keyPosition(["spec", "version"])).toMatchObject({ line: 4, col: 3, endCol: 10 });
  expect(first?.valueAt(["spec", "version"])).toBe(1.1);
  expect(first?.scalarText(["spec", "version"])).toBe("1.10");
  expect(second?.value).toEqual({ second: "yes" });
});

test("every syntax mistake of every document is said, readable documents are still read", () => {
  const broken = "a: 1\nb: 2\na: 3\n---\nx:\n\t- tab\n---\nfine: 1\n---\nk: [1, 2\n---\nv: *nothing\n";
  const { documents, diagnostics, source } = parseYaml("broken.yaml", broken);
  expect(documents.map((d) => d.value)).toContainEqual({ fine: 1 });
  expect(renderDiagnostics(diagnostics, [source])).toMatchInlineSnapshot(`
    "broken.yaml:3:1: duplicate key "a", already given in line 1
       3 | a: 3
         | ^
    hint: only the last would count: remove one

    broken.yaml:6:1: YAML: Tabs are not allowed as indentation
       6 | 	- tab
         | ^
    hint: indent with spaces; YAML does not allow tabs

    broken.yaml:10:4: YAML: this [ is never closed
      10 | k: [1, 2
         |    ^
    hint: write ] where it ends

    broken.yaml:12:4: YAML: no anchor &nothing before this alias
      12 | v: *nothing
         |    ^^^^^^^^
    hint: text that begins with * needs quotes"
  `);
});

test("of two equal keys the last one counts, for the value and for its position", () => {
  const { documents } = parseYaml("twice.yaml", "a: 1\nb: 0\na: 3\n");
  expect(documents[0]?.valueAt(["a"])).toBe(3);
  expect(documents[0]?.position(["a"])).toMatchObject({ line: 3, col: 4 });
});
