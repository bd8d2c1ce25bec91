// The grammar as JSON Schema, for editors.
import * as z from "zod";
import { scenarioSchema } from "./scenario-schema.ts";

/** JSON Schema (draft 2020-12) of a scenario file. What only code can check (names, overlaps, notations) is not in it. */
export function scenarioJsonSchema(): object {
  const schema = z.toJSONSchema(scenarioSchema, {
    io: "input",
    unrepresentable: "any",
    override: ({ jsonSchema }) => {
      // Ours, for the reference in docs.
      delete jsonSchema["example"];
      delete jsonSchema["fallback"];
    },
  });
  return {
    ...schema,
    title: "kubehop scenario",
    anyOf: [{ required: ["scenario"] }, { required: ["lab"] }],
    required: ["steps"],
  };
}
