// The list of drop reasons is what this stack gives, and nothing else: scenarios may ask for any of them.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { DROP_REASONS } from "../../src/skb/drop-reason.ts";

const src = fileURLToPath(new URL("../../src", import.meta.url));
const code = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts") && !name.endsWith("drop-reason.ts"))
  .map((name) => readFileSync(join(src, name), "utf8"))
  .join("\n");

it.each(DROP_REASONS)("%s is given somewhere", (reason) => {
  expect(code.includes(`"${reason}"`)).toBe(true);
});

it("lists none twice", () => {
  expect(new Set(DROP_REASONS).size).toBe(DROP_REASONS.length);
});
