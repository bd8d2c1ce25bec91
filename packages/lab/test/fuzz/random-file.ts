// Random scenario files that follow the grammar: every key with a value of the right shape, of the wrong one, or its own example.
import type { Random } from "@kubehop/sim";
import { stringify, parse } from "yaml";
import type * as z from "zod";
import { scenarioSchema } from "../../src/schema/scenario-schema.ts";
import { pick } from "./mutate-text.ts";

interface Definition {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>;
  readonly element?: z.core.$ZodType;
  readonly keyType?: z.core.$ZodType;
  readonly valueType?: z.core.$ZodType;
  readonly innerType?: z.core.$ZodType;
  readonly options?: readonly z.core.$ZodType[];
  readonly entries?: Readonly<Record<string, string>>;
}

const NAMES = [
  "web",
  "web#1",
  "client",
  "node1",
  "node2",
  "svc/web",
  "admin",
  "a",
  "m",
  "10.0.0.1",
  "",
  "x y",
  "constructor",
];
const TEXTS = [
  ...NAMES,
  "client > svc/web:80",
  "5s",
  "1/2",
  "10.244.0.0/16",
  "ip route",
  "curl http://web/",
  "0a:58:0a:f4:00:02",
];
const NUMBERS = [0, 1, 2, 80, 255, 1500, -1, 1.5, 65536, 1e21];

/** A file with a title, a cluster of defaults and random further keys. */
export function randomFile(random: Random): string {
  const value = valueOf(scenarioSchema, random, 0) as Record<string, unknown>;
  const file = { scenario: "random", ...value, manifests: ["manifests/web.yaml"] };
  return stringify(file, { collectionStyle: pick(["any", "block", "flow"], random), aliasDuplicateObjects: false });
}

function valueOf(schema: z.core.$ZodType, random: Random, depth: number): unknown {
  const def = schema._zod.def as unknown as Definition;
  // Now and then the key's own example, which is what people write, or something else altogether.
  const example = random.below(4) === 0 ? exampleOf(schema) : undefined;
  if (example !== undefined) return example;
  if (random.below(60) === 0) return pick<unknown>([null, [], {}, "", 7, true, [null], { "": null }], random);
  if (def.options !== undefined) return valueOf(pick(def.options, random), random, depth);
  if (def.innerType !== undefined) return valueOf(def.innerType, random, depth);
  if (def.shape !== undefined) return mapOf(def.shape, random, depth);
  if (def.element !== undefined) return listOf(def.element, random, depth);
  if (def.valueType !== undefined) return recordOf(def.valueType, random, depth);
  return leafOf(def, random);
}

function leafOf({ type, entries }: Definition, random: Random): unknown {
  if (entries !== undefined) return pick(Object.values(entries), random);
  if (type === "boolean") return random.below(2) === 0;
  return type === "number" || type === "int" ? pick(NUMBERS, random) : pick(TEXTS, random);
}

function mapOf(shape: NonNullable<Definition["shape"]>, random: Random, depth: number): object {
  const keys = random.shuffle(Object.keys(shape)).slice(0, 1 + random.below(depth > 3 ? 2 : 5));
  // A file without steps says little.
  if (depth === 0 && !keys.includes("steps")) keys.push("steps");
  return Object.fromEntries(
    keys.flatMap((key) => {
      const schema = shape[key];
      return schema === undefined ? [] : [[key, valueOf(schema, random, depth + 1)]];
    }),
  );
}

function listOf(element: z.core.$ZodType, random: Random, depth: number): unknown[] {
  return Array.from({ length: 1 + random.below(3) }, () => valueOf(element, random, depth + 1));
}

function recordOf(value: z.core.$ZodType, random: Random, depth: number): object {
  const keys = Array.from({ length: 1 + random.below(3) }, () => pick(NAMES, random));
  return Object.fromEntries(keys.map((key) => [key, valueOf(value, random, depth + 1)]));
}

/** `key: value` of the documentation, without the key. */
function exampleOf(schema: z.core.$ZodType): unknown {
  const meta = "meta" in schema && typeof schema.meta === "function" ? (schema as z.ZodType).meta() : undefined;
  if (typeof meta?.["example"] !== "string") return undefined;
  return Object.values(parse(meta["example"]) as object)[0];
}
