// `kubehop verify FILE|DIR…`: scenarios on the real kernel of this machine.

import { diagnosticAt, renderDiagnostics } from "@kubehop/kube";
import { type CellPlan, formatCell, loadScenario, type Scenario, StepRefusal } from "@kubehop/lab";
import { addVerdict, formatVerdict, formatVerdictTotals, noVerdicts, ScriptStopped, verifyCell } from "@kubehop/oracle";
import type { RealKernel, VerdictTotals } from "@kubehop/oracle";
import { Refusal } from "@kubehop/sim";
import type { Io } from "../io.ts";
import { DEFAULT_SEED, wholeNumber } from "../options.ts";
import { findScenarios, type ScenarioFile } from "../scenario-files.ts";
import { withKernel } from "./verify-kernel.ts";
import type { VerifyValues } from "./verify-options.ts";

/** Exit code: 0 no difference · 1 some · 2 a file is wrong, or nothing was compared. */
export function verifyScenarios(values: VerifyValues, args: readonly string[], io: Io): number {
  const seed = wholeNumber("seed", values.seed, DEFAULT_SEED);
  return withKernel(io, (real) => {
    const { scenarios, unreadable } = findScenarios(args, io);
    const comparison = new Comparison(real, seed, io);
    comparison.totals.wrong += unreadable;
    for (const scenario of scenarios) comparison.file(scenario);
    io.stdout(formatVerdictTotals(real.title, comparison.totals));
    return exitCode(comparison.totals);
  });
}

function exitCode({ wrong, cases, differences }: VerdictTotals): number {
  if (differences > 0) return 1;
  return wrong > 0 || cases === 0 ? 2 : 0;
}

class Comparison {
  readonly totals = noVerdicts();
  readonly #real: RealKernel;
  readonly #seed: number;
  readonly #io: Io;

  constructor(real: RealKernel, seed: number, io: Io) {
    this.#real = real;
    this.#seed = seed;
    this.#io = io;
  }

  file(file: ScenarioFile): void {
    const loaded = loadScenario(file.file, file.text, file.readFile);
    if (!loaded.ok) return this.#wrong(renderDiagnostics(loaded.diagnostics, loaded.sources));
    const before = this.totals.cases;
    for (const plan of loaded.scenario.cells) this.#cell(file, loaded.scenario, plan);
    if (this.totals.cases > before) this.totals.scenarios++;
  }

  #cell(file: ScenarioFile, scenario: Scenario, plan: CellPlan): void {
    try {
      const verdict = verifyCell(this.#real, plan, this.#seed, file.readFile);
      addVerdict(this.totals, verdict);
      this.#io.stdout(formatVerdict(caseName(file, plan.cell), verdict));
    } catch (error) {
      this.#wrong(mistakeText(scenario, error));
    }
  }

  #wrong(text: string): void {
    this.totals.wrong++;
    this.#io.stdout(`${text}\n\n`);
  }
}

/** What keeps a case from being compared, at its place in the file. */
function mistakeText({ file, sources }: Scenario, error: unknown): string {
  if (error instanceof ScriptStopped || error instanceof StepRefusal)
    return renderDiagnostics([diagnosticAt(error.position, "not-modelled", error.message)], sources);
  if (error instanceof Refusal) return `${file}: ${error.message}`;
  throw error;
}

function caseName({ file }: ScenarioFile, cell: CellPlan["cell"]): string {
  const suffix = formatCell(cell);
  return suffix === "" ? file : `${file} ${suffix}`;
}
