// `kubehop schema`: the grammar for editors, or for readers; the shape of reports.
import { reportJsonSchema, scenarioJsonSchema, scenarioReference } from "@kubehop/lab";
import { type Io, UsageError } from "../io.ts";
import { parseOptions } from "../options.ts";

export function run(args: readonly string[], io: Io): number {
  const { values, positionals } = parseOptions(args, { markdown: { type: "boolean" }, report: { type: "boolean" } });
  if (positionals.length > 0) throw new UsageError(`schema takes no file, found ${positionals.join(" ")}`);
  if (values.markdown === true && values.report === true)
    throw new UsageError("--markdown and --report exclude each other");
  const schema = values.report === true ? reportJsonSchema() : scenarioJsonSchema();
  io.stdout(values.markdown === true ? scenarioReference() : `${JSON.stringify(schema, null, 2)}\n`);
  return 0;
}
