// `run --mutate`: an expectation that no declared edit can break shows nothing. Every edit is a case of its own.
import type { ReadFile } from "../load/context.ts";
import { loadScenario } from "../load/load-scenario.ts";
import { applyMutation, formatMutation } from "../load/mutate.ts";
import type { CellResult, CellRunner, Failure, FileResult } from "../model/outcome.ts";
import type { MutationSpec, Scenario } from "../model/scenario.ts";
import { runScenarioText } from "./run-file.ts";

/** One case per mutation; it passes when the edited file runs and at least one of its cases fails. */
export function runMutations(
  file: string,
  text: string,
  readFile: ReadFile,
  seed: number,
  run: CellRunner,
): readonly CellResult[] {
  const loaded = loadScenario(file, text, readFile);
  if (!loaded.ok) return [];
  const { scenario } = loaded;
  return scenario.mutations.map((mutation) => {
    const result = runScenarioText(file, applyMutation(text, mutation), readFile, seed, run);
    return mutationCase(scenario, mutation, judgeMutation(mutation, result));
  });
}

function judgeMutation(mutation: MutationSpec, result: FileResult): Failure[] {
  const { position } = mutation;
  const details = result.diagnostics.map((found) => found.message);
  if (details.length > 0) return [{ position, message: "the edited file cannot be read", details }];
  if (result.cells.some((cell) => cell.status === "failed")) return [];
  return [{ position, message: "this edit makes no expectation fail", details: [] }];
}

function mutationCase(scenario: Scenario, mutation: MutationSpec, failures: Failure[]): CellResult {
  const status = failures.length === 0 ? "passed" : "failed";
  const title = `mutation ${formatMutation(mutation)}`;
  const { file } = scenario;
  return { file, title, cell: {}, status, steps: [], failures, notes: [], fixes: [], virtualMs: 0 };
}
