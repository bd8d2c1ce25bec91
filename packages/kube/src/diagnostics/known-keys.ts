// Reads a zod schema the other way round: which keys and words does it know at a path? For "did you mean".
import type * as z from "zod";
import type { Path } from "./yaml-source.ts";

// The part of zod's documented definition objects (`schema._zod.def`) that we walk.
interface Definition {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>;
  readonly element?: z.core.$ZodType;
  readonly valueType?: z.core.$ZodType;
  readonly innerType?: z.core.$ZodType;
  readonly options?: readonly z.core.$ZodType[];
  readonly items?: readonly z.core.$ZodType[];
  readonly left?: z.core.$ZodType;
  readonly right?: z.core.$ZodType;
  readonly in?: z.core.$ZodType;
  readonly out?: z.core.$ZodType;
  readonly getter?: () => z.core.$ZodType;
}

/** Keys that a map at `path` may have according to the schema; all alternatives of a union together. */
export function knownKeys(schema: z.core.$ZodType, path: Path): string[] {
  let current = expand(schema);
  for (const step of path) current = current.flatMap((s) => child(s, step)).flatMap((s) => expand(s));
  const keys = current.flatMap((s) => Object.keys(definition(s).shape ?? {}));
  return [...new Set(keys)];
}

function definition(schema: z.core.$ZodType): Definition {
  return schema._zod.def as unknown as Definition;
}

/** Peels optional, default, lazy, pipe, union … off until only maps, lists and leaves remain. */
function expand(schema: z.core.$ZodType): z.core.$ZodType[] {
  const def = definition(schema);
  if (def.shape !== undefined || def.element !== undefined || def.valueType !== undefined) return [schema];
  const inner = [def.innerType, def.getter?.(), def.left, def.right, def.in, def.out, ...(def.options ?? [])];
  const found = inner.filter((s) => s !== undefined);
  return found.length === 0 ? [schema] : found.flatMap((s) => expand(s));
}

function child(schema: z.core.$ZodType, step: string | number): z.core.$ZodType[] {
  const def = definition(schema);
  const next = def.shape?.[String(step)] ?? def.element ?? def.items?.[Number(step)] ?? def.valueType;
  return next === undefined ? [] : [next];
}
