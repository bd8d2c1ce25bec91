// A scenario file from text to result: read, run every cell, judge.
import { type Diagnostic, diagnosticAt, provenancePosition, type SourcePosition } from "@kubehop/kube";
import { Refusal } from "@kubehop/sim";
import { loadScenario } from "../load/load-scenario.ts";
import type { ReadFile } from "../load/context.ts";
import type { CellResult, CellRunner, FileResult } from "../model/outcome.ts";
import type { CellPlan, Scenario } from "../model/scenario.ts";
import { StepRefusal } from "../model/step-refusal.ts";
import { NeverSeen } from "./never-seen.ts";
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
  const never = new NeverSeen();
  for (const plan of scenario.cells) {
    try {
      cells.push(runCase(scenario, plan, seed, run, never));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      // The file asks for something that is refused: a mistake that only running it could show.
      return {
        file,
        title,
        refs,
        cells: [],
        diagnostics: [refusalDiagnostic(scenario, plan, error)],
        refused: true,
        sources,
      };
    }
  }
  return { file, title, refs, cells, diagnostics: [], warnings: never.warnings(), sources };
}

/** At the step that was running, else at the object that was refused, else at the head of the file. */
function refusalDiagnostic({ file, sources }: Scenario, plan: CellPlan, refusal: Refusal): Diagnostic {
  const at =
    refusal instanceof StepRefusal
      ? refusal.position
      : (objectPosition(plan, refusal.subject) ?? sources[0]?.positionAt(0) ?? { file, line: 1, col: 1, endCol: 2 });
  return diagnosticAt(at, refusal instanceof StepRefusal ? refusal.code : "not-modelled", refusal.message);
}

function objectPosition({ objects }: CellPlan, subject: string | undefined): SourcePosition | undefined {
  const found = objects.find(
    ({ object: { kind, metadata } }) => `${kind} ${metadata.namespace}/${metadata.name}` === subject,
  );
  return found === undefined ? undefined : provenancePosition(found.provenance);
}
