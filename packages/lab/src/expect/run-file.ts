// A scenario file from text to result: read, run every cell, judge.
import { diagnosticAt } from "@kubehop/kube";
import { ClusterError } from "../cluster/machines.ts";
import { loadScenario } from "../load/load-scenario.ts";
import type { ReadFile } from "../load/context.ts";
import type { CellResult, CellRunner, FileResult } from "../model/outcome.ts";
import type { Scenario } from "../model/scenario.ts";
import { runCase } from "./run-cell.ts";

/** Reads and runs a file. Mistakes in it become diagnostics, never exceptions. */
export function runScenarioText(
  file: string,
  text: string,
  readFile: ReadFile,
  seed: number,
  run: CellRunner,
): FileResult {
  const loaded = loadScenario(file, text, readFile);
  if (!loaded.ok)
    return { file, title: "", refs: [], cells: [], diagnostics: loaded.diagnostics, sources: loaded.sources };
  return runLoaded(loaded.scenario, seed, run);
}

/** Runs every cell of a scenario. */
export function runLoaded(scenario: Scenario, seed: number, run: CellRunner): FileResult {
  const { file, title, refs, sources } = scenario;
  const cells: CellResult[] = [];
  for (const plan of scenario.cells) {
    try {
      cells.push(runCase(scenario, plan, seed, run));
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      // The cluster asks for something that is refused: a mistake in the file that only building it could show.
      const at = sources[0]?.positionAt(0);
      if (at === undefined) throw error;
      return { file, title, refs, cells: [], diagnostics: [diagnosticAt(at, "not-modelled", error.message)], sources };
    }
  }
  return { file, title, refs, cells, diagnostics: [], sources };
}
