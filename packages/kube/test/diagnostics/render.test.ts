import { expect, test } from "vitest";
import { diagnosticAt, renderDiagnostic, renderDiagnostics, sortDiagnostics, SourceText } from "../../src/index.ts";

const source = new SourceText("web.yaml", "kind: Service\r\nspec:\n\tport: eighty\n名前: 値 x\n");

test("shows place, line, caret run and hint", () => {
  const at = source.positionAt(source.text.indexOf("Service"), source.text.indexOf("Service") + 7);
  expect(renderDiagnostic(diagnosticAt(at, "bad-value", "no such kind", "did you mean X?"), source))
    .toMatchInlineSnapshot(`
    "web.yaml:1:7: no such kind
       1 | kind: Service
         |       ^^^^^^^
    hint: did you mean X?"
  `);
});

test("the caret stays below its word behind tabs and wide characters", () => {
  const tab = renderDiagnostic(
    diagnosticAt(
      source.positionAt(source.text.indexOf("eighty"), source.text.indexOf("eighty") + 6),
      "wrong-type",
      "m",
    ),
    source,
  );
  expect(tab.split("\n").at(-1)).toBe("     | \t      ^^^^^^");
  const wide = renderDiagnostic(
    diagnosticAt(source.positionAt(source.text.indexOf("値"), source.text.indexOf("値") + 1), "wrong-type", "m"),
    source,
  );
  expect(wide.split("\n").at(-1)).toBe("     |       ^^");
});

test("a long line is cut around the caret", () => {
  const long = new SourceText("long.yaml", `${"a".repeat(500)}X${"b".repeat(500)}`);
  const lines = renderDiagnostic(diagnosticAt(long.positionAt(500, 501), "bad-value", "m"), long).split("\n");
  expect(lines[1]?.length).toBeLessThan(130);
  expect(lines[1]?.charAt(lines[2]?.indexOf("^") ?? -1)).toBe("X");
});

test("a file that could not be read has no excerpt", () => {
  const missing = {
    file: "gone.yaml",
    line: 1,
    col: 1,
    endCol: 2,
    code: "unresolved",
    message: "no such file",
  } as const;
  expect(renderDiagnostics([missing], [source])).toBe("gone.yaml:1:1: no such file");
});

test("reading order: by line and column, files as they first appear, nothing twice", () => {
  const at = (file: string, line: number, col: number) =>
    diagnosticAt({ file, line, col, endCol: col + 1 }, "bad-value", "m");
  const sorted = sortDiagnostics([at("b", 2, 1), at("a", 1, 1), at("b", 1, 9), at("b", 1, 2), at("b", 1, 2)]);
  expect(sorted.map((d) => `${d.file}:${d.line}:${d.col}`)).toEqual(["b:1:2", "b:1:9", "b:2:1", "a:1:1"]);
});
