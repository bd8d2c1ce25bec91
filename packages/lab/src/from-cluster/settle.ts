// The new scenario is read and run once: it must stand, and its step says what happens today.
import { renderDiagnostics } from "@kubehop/kube";
import { runScenarioText } from "../expect/run-file.ts";
import type { FileResult } from "../model/outcome.ts";
import { cellRunner } from "../steps/run-steps.ts";
import { entriesAt, listAt } from "./dumped.ts";
import type { Notes } from "./notes.ts";
import { scenarioText } from "./write.ts";

type Plain = Record<string, unknown>;

/** The scenario with the first step's outcome as its expectation. What cannot be run is told. */
export function settled(scenario: Plain, path: string | undefined, manifests: string | undefined, notes: Notes): Plain {
  const readFile = (asked: string): string | undefined => (asked === path ? manifests : undefined);
  const result = runScenarioText("scenario.yaml", scenarioText(scenario), readFile, 1, cellRunner(readFile));
  const outcome = result.cells[0]?.steps[0]?.outcome;
  if (outcome === undefined) {
    notes.problem(`the scenario does not run as it is:\n${problemOf(result)}`);
    return scenario;
  }
  const word = outcome.flow?.result;
  if (word === undefined) return scenario;
  if (word !== "ok") notes.say(`the first step ends in "${word}" here: is it so in the cluster?`);
  const [step] = listAt(scenario, "steps");
  return { ...scenario, steps: [{ ...Object.fromEntries(entriesAt(step)), expect: word }] };
}

function problemOf({ diagnostics, sources, cells }: FileResult): string {
  if (diagnostics.length > 0) return renderDiagnostics(diagnostics, sources);
  return cells.flatMap(({ failures }) => failures.map(({ message }) => message)).join("\n");
}
