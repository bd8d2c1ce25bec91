// `kubehop support`: what is modelled and what is refused, as the Markdown of docs/SUPPORT.md.
import { type Io, UsageError } from "../io.ts";
import { parseOptions } from "../options.ts";
import { supportPage } from "../support/page.ts";

export function run(args: readonly string[], io: Io): number {
  const { positionals } = parseOptions(args, {});
  if (positionals.length > 0) throw new UsageError(`support takes no file, found ${positionals.join(" ")}`);
  io.stdout(supportPage());
  return 0;
}
