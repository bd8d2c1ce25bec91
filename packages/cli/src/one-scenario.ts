// The one scenario that a command is about.
import { renderDiagnostics } from "@kubehop/kube";
import { loadScenario, type Scenario } from "@kubehop/lab";
import { type Io, UsageError } from "./io.ts";
import { findScenarios, type ScenarioFile } from "./scenario-files.ts";

export interface OneScenario {
  readonly input: ScenarioFile;
  readonly scenario: Scenario;
}

/** Undefined: it has mistakes, which have been told. @throws UsageError when the file is none */
export function oneScenario(file: string, io: Io): OneScenario | undefined {
  const [input] = findScenarios([file], io).scenarios;
  if (input === undefined) throw new UsageError(`${file}: no scenario`);
  const loaded = loadScenario(input.file, input.text, input.readFile);
  if (loaded.ok) return { input, scenario: loaded.scenario };
  io.stdout(`${renderDiagnostics(loaded.diagnostics, loaded.sources)}\n`);
  return undefined;
}
