// What we know about a Kubernetes type, as data: fields we model, fields that exist but do nothing to the network,
// fields that would change the network and are refused by name. From it come the zod schema, the list of ignored
// fields of a manifest, and the support table.
import * as z from "zod";

/** A map with known fields. */
export interface ObjectShape {
  readonly kind: "object";
  readonly modelled: Readonly<Record<string, Shape>>;
  /** Fields of the Kubernetes API without effect on the network: accepted, not looked into. */
  readonly ignored: readonly string[];
  /** Fields that would change the network and are not modelled, with the reason said to the user. */
  readonly refused: Readonly<Record<string, string>>;
  readonly required: readonly string[];
}

/** A list, a map with free keys, or a single value checked by zod. */
export type Shape =
  | ObjectShape
  | { readonly kind: "list"; readonly of: Shape }
  | { readonly kind: "map"; readonly key: z.ZodType<string, string>; readonly of: Shape }
  | { readonly kind: "leaf"; readonly schema: z.ZodType };

export function object(
  modelled: Readonly<Record<string, Shape>>,
  rest: Partial<Pick<ObjectShape, "ignored" | "refused" | "required">> = {},
): ObjectShape {
  return { kind: "object", modelled, ignored: [], refused: {}, required: [], ...rest };
}

export function list(of: Shape): Shape {
  return { kind: "list", of };
}

export function map(key: z.ZodType<string, string>, of: Shape): Shape {
  return { kind: "map", key, of };
}

export function leaf(schema: z.ZodType): Shape {
  return { kind: "leaf", schema };
}

/** A zod schema that accepts what the shape describes and names everything else. */
export function shapeSchema(shape: Shape): z.ZodType {
  switch (shape.kind) {
    case "leaf":
      return shape.schema;
    case "list":
      return z.array(shapeSchema(shape.of));
    case "map":
      return z.record(shape.key, shapeSchema(shape.of));
    case "object":
      return objectSchema(shape);
  }
}

const IGNORED = z.unknown().optional();

function objectSchema(shape: ObjectShape): z.ZodType {
  const fields: Record<string, z.ZodType> = {};
  for (const [key, of] of Object.entries(shape.modelled)) {
    const schema = shapeSchema(of);
    fields[key] = shape.required.includes(key) ? schema : schema.optional();
  }
  for (const key of shape.ignored) fields[key] = IGNORED;
  for (const [key, reason] of Object.entries(shape.refused)) fields[key] = refusedField(key, reason);
  return z.strictObject(fields);
}

function refusedField(key: string, reason: string): z.ZodType {
  const params = { code: "not-modelled", atKey: true };
  return z
    .unknown()
    .refine((value) => value === undefined, { error: `${key} is not modelled: ${reason}`, params })
    .optional();
}

/** Paths of fields that a value sets and that the simulator accepts without looking at them. */
export function ignoredPaths(shape: Shape, value: unknown): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [];
  const below = (key: string | number, of: Shape, item: unknown): (string | number)[][] =>
    ignoredPaths(of, item).map((path) => [key, ...path]);
  if (shape.kind === "list") return Array.isArray(value) ? value.flatMap((item, i) => below(i, shape.of, item)) : [];
  if (shape.kind !== "object") return [];
  return Object.entries(value).flatMap(([key, item]) => {
    if (shape.ignored.includes(key)) return [[key]];
    const of = shape.modelled[key];
    return of === undefined ? [] : below(key, of, item);
  });
}

/** One field of the support table. */
export interface SupportRow {
  /** `spec.ports[].nodePort` */
  readonly field: string;
  readonly support: "modelled" | "ignored" | "refused";
  readonly note?: string;
}

/** Every field a shape knows, in schema order, for the support document. */
export function supportRows(shape: Shape, prefix = ""): SupportRow[] {
  if (shape.kind === "list") return supportRows(shape.of, `${prefix}[]`);
  if (shape.kind !== "object") return [];
  const name = (key: string): string => (prefix === "" ? key : `${prefix}.${key}`);
  const modelled = Object.entries(shape.modelled).flatMap(([key, of]): SupportRow[] => {
    const below = supportRows(of, name(key));
    return below.length === 0 ? [{ field: name(key), support: "modelled" }] : below;
  });
  const ignored = shape.ignored.map((key): SupportRow => ({ field: name(key), support: "ignored" }));
  const refused = Object.entries(shape.refused).map(([key, note]): SupportRow => ({
    field: name(key),
    support: "refused",
    note,
  }));
  return [...modelled, ...ignored, ...refused];
}
