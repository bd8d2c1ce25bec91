// docs/SCENARIO.md is what the grammar prints, and every example in it is valid.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { scenarioJsonSchema } from "../../src/schema/json-schema.ts";
import { formatReferencePath, referenceRows, scenarioReference } from "../../src/schema/reference.ts";
import { scenarioSchema } from "../../src/schema/scenario-schema.ts";

const rows = referenceRows();

/** Puts an example where its key stands, in a file that has nothing else. */
function wrap(path: readonly string[], example: string): Record<string, unknown> {
  let value: unknown = parse(example);
  for (const step of path.slice(0, -1).toReversed()) {
    value = step === "[]" ? [value] : { [step === "*" ? "name" : step]: value };
  }
  return value as Record<string, unknown>;
}

/** Keys that are required beside the one an example is about. */
const BESIDE: Readonly<Record<string, object>> = {
  packet: { in: "node1", dev: "cni0" },
  dropped: {},
  conntrack: { in: "node1" },
  route: { in: "node1" },
  neigh: { in: "node1" },
  fdb: { in: "node1" },
  rule: { in: "node1" },
  sysctl: { in: "node1" },
  ipset: { in: "node1" },
  nat: { in: "node1" },
  bug: { when: { a: "b" } },
  send: { flow: "a > b:1" },
  inject: { dev: "eth0", frame: "ffffffffffff0a580a0100020806" },
  datagram: { sport: 1, to: "a:1" },
  delete: { in: "node1" },
};

/** The same for every item of a list, every value of a map. */
const BESIDE_EACH: Readonly<Record<string, object>> = {
  nics: { segment: "lan" },
  build: { in: "N1", run: "ip addr" },
};

/** Rows that are to be deleted stand in the place that their map names once. */
const NAMES_PLACE = "delete";

function complete(value: unknown, parent = ""): unknown {
  if (Array.isArray(value)) return value.map((item) => complete(item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const inner = complete(item, key);
      const each = BESIDE_EACH[key];
      if (each !== undefined) return [key, completeEach(inner, each)];
      const beside = parent === NAMES_PLACE ? undefined : BESIDE[key];
      return [
        key,
        beside !== undefined && typeof inner === "object" && inner !== null && !Array.isArray(inner)
          ? { ...beside, ...inner }
          : inner,
      ];
    }),
  );
}

function completeEach(value: unknown, beside: object): unknown {
  if (Array.isArray(value)) return value.map((item: object) => ({ ...beside, ...item }));
  return Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, { ...beside, ...item }]));
}

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

  it.each(rows.map((row) => [formatReferencePath(row.path), row] as const))("example of %s is valid", (_, row) => {
    const parsed = scenarioSchema.safeParse(complete(wrap(row.path, row.example)));
    expect(parsed.error?.issues ?? []).toEqual([]);
  });

  it("would find an example that is not", () => {
    expect(scenarioSchema.safeParse(wrap(["cluster", "nodes", "*", "ip"], "ip: nowhere")).success).toBe(false);
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
