// What the documents show is what the command prints.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DOCUMENTS, renewed, root } from "../../scripts/docs.mjs";

describe("examples in the documents", () => {
  it.each(DOCUMENTS)(
    "%s",
    (name) => {
      const text = readFileSync(join(root, name), "utf8");
      expect(text).toBe(renewed(text));
    },
    60_000,
  );

  it("makes a block anew", () => {
    const stale = "<!-- example: docs/examples/hang.yaml -->\n\n```yaml\nstale\n```\nrest\n";
    expect(renewed(stale)).toContain("scenario: a Service call");
    expect(renewed(stale)).not.toContain("stale");
    expect(renewed(stale)).toContain("\nrest\n");
  });
});
