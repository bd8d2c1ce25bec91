// `run --mutate`: an expectation that no declared edit can break shows nothing. Every edit is a case of its own.
import type { ReadFile } from "../load/context.ts";
import { loadScenario } from "../load/load-scenario.ts";
import { applyMutation, formatMutation } from "../load/mutate.ts";
import type { CellResult, CellRunner, Failure, FileResult } from "../model/outcome.ts";
import type { MutationSpec, Scenario } from "../model/scenario.ts";
import { runScenarioText } from "./run-file.ts";

/**
 * One case per mutation; it passes when the edited file runs and at least one of its cases fails. `unmutated`: how the file itself ran;
 * where it fails, an edit that fails too shows nothing, and none is judged.
 */
export function runMutations(
  file: string,
  text: string,
  readFile: ReadFile,
  seed: number,
  run: CellRunner,
  unmutated: FileResult,
): readonly CellResult[] {
  const loaded = loadScenario(file, text, readFile);
  if (!loaded.ok) return [];
  const { scenario } = loaded;
  const fails = unmutated.cells.some(({ status }) => status === "failed");
  return scenario.mutations.map((mutation) => {
    if (fails) return notJudged(scenario, mutation);
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

function notJudged(scenario: Scenario, mutation: MutationSpec): CellResult {
  return { ...mutationCase(scenario, mutation, []), status: "skipped", reason: "not judged: the file itself fails" };
}

function mutationCase(scenario: Scenario, mutation: MutationSpec, failures: Failure[]): CellResult {
  const status = failures.length === 0 ? "passed" : "failed";
  const title = `mutation ${formatMutation(mutation)}`;
  const { file } = scenario;
  return { file, title, cell: {}, status, steps: [], failures, fixes: [], virtualMs: 0 };
}
