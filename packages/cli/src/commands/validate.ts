// `kubehop validate`: read and check only.
import { checkMutations, formatResolved, loadScenario, type Scenario } from "@kubehop/lab";
import { Refusal } from "@kubehop/sim";
import { renderDiagnostics } from "@kubehop/kube";
import type { Io } from "../io.ts";
import { DEFAULT_SEED, parseOptions, wholeNumber } from "../options.ts";
import { findScenarios } from "../scenario-files.ts";

export function run(args: readonly string[], io: Io): number {
  const { values, positionals } = parseOptions(args, { resolved: { type: "boolean" }, seed: { type: "string" } });
  const seed = wholeNumber("seed", values.seed, DEFAULT_SEED);
  const { scenarios, unreadable } = findScenarios(positionals, io);
  let wrong = unreadable;
  for (const { file, text, readFile } of scenarios) {
    const loaded = loadScenario(file, text, readFile);
    const found = loaded.ok ? checkMutations(loaded.scenario, readFile) : loaded.diagnostics;
    if (!loaded.ok || found.length > 0) {
      io.stdout(`${renderDiagnostics(found, loaded.ok ? loaded.scenario.sources : loaded.sources)}\n\n`);
      wrong++;
    } else if (values.resolved === true) {
      if (!printResolved(loaded.scenario, seed, io)) wrong++;
    } else {
      const cases = loaded.scenario.cells.length;
      io.stdout(`${file}: ok, ${cases} ${cases === 1 ? "case" : "cases"}\n`);
    }
  }
  return wrong > 0 ? 2 : 0;
}

/** False: the cluster asks for what is not modelled. */
function printResolved(scenario: Scenario, seed: number, io: Io): boolean {
  try {
    io.stdout(formatResolved(scenario, seed));
    return true;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    io.stdout(`${scenario.file}: ${error.message}\n`);
    return false;
  }
}
