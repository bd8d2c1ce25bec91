// Keys of the grammar with their documentation: one source for the check, the JSON Schema and docs/SCENARIO.md.
import type * as z from "zod";

/** What the documentation says about a key. `example` is YAML at the level of the key. */
export interface KeyDoc {
  readonly description: string;
  readonly example: string;
  /** What holds when the key is not written. */
  readonly fallback?: string;
}

export function optional<T extends z.ZodType>(
  schema: T,
  description: string,
  example: string,
  fallback?: string,
): z.ZodOptional<T> {
  return schema.optional().meta(doc(description, example, fallback));
}

export function required<T extends z.ZodType>(schema: T, description: string, example: string): T {
  return schema.meta(doc(description, example, "required"));
}

function doc(description: string, example: string, fallback: string | undefined): Record<string, string> {
  return fallback === undefined ? { description, example } : { description, example, fallback };
}
