// docs/SCENARIO.md is what the grammar prints; examples.test.ts holds its examples.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scenarioJsonSchema } from "../../src/schema/json-schema.ts";
import { formatReferencePath, referenceRows, scenarioReference } from "../../src/schema/reference.ts";
import { scenarioSchema } from "../../src/schema/scenario-schema.ts";

const rows = referenceRows();

describe("the reference", () => {
  it("is docs/SCENARIO.md (write it again with: pnpm kubehop schema --markdown > docs/SCENARIO.md)", () => {
    const file = join(import.meta.dirname, "../../../../docs/SCENARIO.md");
    expect(readFileSync(file, "utf8")).toBe(scenarioReference());
  });

  it("knows every key once", () => {
    const paths = rows.map((row) => formatReferencePath(row.path));
    expect(paths.length).toBeGreaterThan(120);
    expect(new Set(paths).size).toBe(paths.length);
    expect(paths).toContain("cluster.nodes.*.vtepMac");
    expect(paths).toContain("steps[].expect.conntrack.reply-src");
  });
});

describe("the JSON Schema", () => {
  const schema = scenarioJsonSchema() as {
    properties: Record<string, { description?: string }>;
    additionalProperties: boolean;
  };

  it("describes the keys and refuses others", () => {
    expect(Object.keys(schema.properties)).toEqual(Object.keys(scenarioSchema.shape));
    expect(schema.additionalProperties).toBe(false);
    expect(schema.properties["matrix"]?.description).toMatch(/^Name to values/);
    expect(JSON.stringify(schema)).not.toContain('"fallback"');
  });
});
