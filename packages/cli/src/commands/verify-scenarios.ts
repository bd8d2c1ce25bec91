// `kubehop verify FILE|DIR…`: scenarios on the real kernel of this machine.

import { diagnosticAt, renderDiagnostics } from "@kubehop/kube";
import { formatCell, loadScenario, type Scenario, StepRefusal } from "@kubehop/lab";
import { addVerdict, formatVerdict, formatVerdictTotals, noVerdicts, ScriptStopped, verifyCell } from "@kubehop/oracle";
import type { RealKernel } from "@kubehop/oracle";
import { Refusal } from "@kubehop/sim";
import type { Io } from "../io.ts";
import { findScenarios, type ScenarioFile } from "../scenario-files.ts";

/** Exit code: 0 no difference · 1 some · 2 a file is wrong, or nothing was compared. */
export function verifyScenarios(real: RealKernel, args: readonly string[], seed: number, io: Io): number {
  const { scenarios, unreadable } = findScenarios(args, io);
  const totals = noVerdicts();
  let wrong = unreadable;
  for (const scenario of scenarios) {
    const loaded = loadScenario(scenario.file, scenario.text, scenario.readFile);
    if (!loaded.ok) {
      io.stdout(`${renderDiagnostics(loaded.diagnostics, loaded.sources)}\n\n`);
      wrong++;
      continue;
    }
    for (const plan of loaded.scenario.cells) {
      try {
        const verdict = verifyCell(real, plan, seed, scenario.readFile);
        addVerdict(totals, verdict);
        io.stdout(formatVerdict(caseName(scenario, plan.cell), verdict));
      } catch (error) {
        io.stdout(`${mistakeText(loaded.scenario, error)}\n\n`);
        wrong++;
      }
    }
  }
  io.stdout(formatVerdictTotals(real.title, totals));
  if (wrong > 0 || totals.scenarios === 0) return 2;
  return totals.differences > 0 ? 1 : 0;
}

/** What keeps a case from being compared, at its place in the file. */
function mistakeText({ file, sources }: Scenario, error: unknown): string {
  if (error instanceof ScriptStopped || error instanceof StepRefusal)
    return renderDiagnostics([diagnosticAt(error.position, "not-modelled", error.message)], sources);
  if (error instanceof Refusal) return `${file}: ${error.message}`;
  throw error;
}

function caseName({ file }: ScenarioFile, cell: Parameters<typeof formatCell>[0]): string {
  const suffix = formatCell(cell);
  return suffix === "" ? file : `${file} ${suffix}`;
}
