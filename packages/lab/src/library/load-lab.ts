// The library's door: a scenario's cluster, up and settled, for programs and tests that do the steps themselves.
import { renderDiagnostics } from "@kubehop/kube";
import { Refusal } from "@kubehop/sim";
import type { ReadFile } from "../load/context.ts";
import { loadScenario } from "../load/load-scenario.ts";
import { chosenCell } from "../model/cells.ts";
import type { Cell } from "../model/scenario.ts";
import { Lab } from "./lab.ts";
import { LabError } from "./lab-error.ts";

/** A scenario: its text, or where it stands. */
export type LabSource =
  | string
  | {
      /** Read by `readFile` unless `text` is given. Diagnostics name it. */
      readonly file: string;
      readonly text?: string;
      /** Text of a file beside the scenario (its manifests, by the paths it writes), and of the scenario; undefined: no such file. */
      readonly readFile?: ReadFile;
    };

export interface LabOptions {
  /** Matrix values that choose the cell; names left out may be anything. Undefined: the first cell. */
  readonly cell?: Cell;
  /** What chance starts from: a whole number from 0 on; 1 when not given. */
  readonly seed?: number;
}

/**
 * A cluster at time 0. The steps of the file are not run, and may be missing.
 * @throws LabError with every mistake of the file, or for an unknown cell, a seed that is none, or when the cluster asks for what is not modelled
 */
export async function loadLab(source: LabSource, { cell = {}, seed = 1 }: LabOptions = {}): Promise<Lab> {
  if (!Number.isSafeInteger(seed) || seed < 0) throw new LabError(`seed wants a whole number from 0 on, found ${seed}`);
  const { file, text, readFile } = sourceOf(source);
  const loaded = loadScenario(file, withSteps(text), readFile);
  if (!loaded.ok) throw new LabError(renderDiagnostics(loaded.diagnostics, loaded.sources));
  const plan = chosenCell(loaded.scenario, cell);
  if (typeof plan === "string") throw new LabError(plan);
  try {
    return new Lab(loaded.scenario, plan, seed, readFile);
  } catch (error) {
    throw error instanceof Refusal ? new LabError(`${file}: ${error.message}`) : error;
  }
}

const NOTHING: ReadFile = () => undefined;

function sourceOf(source: LabSource): { file: string; text: string; readFile: ReadFile } {
  if (typeof source === "string") return { file: "lab.yaml", text: source, readFile: NOTHING };
  const { file, readFile = NOTHING } = source;
  const text = source.text ?? readFile(file);
  if (text === undefined) throw new LabError(`${file}: no such file`);
  if (typeof text !== "string") throw new LabError(`${file} ${text.refused}`);
  return { file, text, readFile };
}

/** The grammar wants steps; here the program has them. */
function withSteps(text: string): string {
  return /^["']?steps["']?\s*:/m.test(text) ? text : `${text.replace(/\n*$/, "\n")}steps: [{ wait: 0s }]\n`;
}
