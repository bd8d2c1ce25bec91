// `kubehop validate`: read and check only.
import { formatResolved, loadScenario } from "@kubehop/lab";
import { renderDiagnostics } from "@kubehop/kube";
import type { Io } from "../io.ts";
import { parseOptions } from "../options.ts";
import { findScenarios } from "../scenario-files.ts";

export function run(args: readonly string[], io: Io): number {
  const { values, positionals } = parseOptions(args, { resolved: { type: "boolean" } });
  const { scenarios, unreadable } = findScenarios(positionals, io);
  let wrong = unreadable;
  for (const { file, text, readFile } of scenarios) {
    const loaded = loadScenario(file, text, readFile);
    if (!loaded.ok) {
      io.stdout(`${renderDiagnostics(loaded.diagnostics, loaded.sources)}\n\n`);
      wrong++;
    } else if (values.resolved === true) {
      io.stdout(formatResolved(loaded.scenario));
    } else {
      const cases = loaded.scenario.cells.length;
      io.stdout(`${file}: ok, ${cases} ${cases === 1 ? "case" : "cases"}\n`);
    }
  }
  return wrong > 0 ? 2 : 0;
}
