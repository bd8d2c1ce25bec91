// `kubehop schema`: the grammar for editors, or for readers.
import { scenarioJsonSchema, scenarioReference } from "@kubehop/lab";
import { type Io, UsageError } from "../io.ts";
import { parseOptions } from "../options.ts";

export function run(args: readonly string[], io: Io): number {
  const { values, positionals } = parseOptions(args, { markdown: { type: "boolean" } });
  if (positionals.length > 0) throw new UsageError(`schema takes no file, found ${positionals.join(" ")}`);
  io.stdout(values.markdown === true ? scenarioReference() : `${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`);
  return 0;
}
