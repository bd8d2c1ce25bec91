// `kubehop explain`: a packet's story.
import { type CellPlan, ExplainError, explainScenario, formatCell, parseDuration, type Scenario } from "@kubehop/lab";
import { cellsWith } from "../cells.ts";
import { type Io, UsageError } from "../io.ts";
import { oneScenario } from "../one-scenario.ts";
import { DEFAULT_SEED, parseOptions, wholeNumber } from "../options.ts";

const LEVELS = ["minimal", "summary", "full"] as const;

const OPTIONS = {
  cell: { type: "string", multiple: true },
  minimal: { type: "boolean" },
  summary: { type: "boolean" },
  full: { type: "boolean" },
  step: { type: "string" },
  at: { type: "string" },
  seed: { type: "string" },
} as const;

export function run(args: readonly string[], io: Io): number {
  const { values, positionals } = parseOptions(args, OPTIONS);
  const [file, flow, ...more] = positionals;
  if (file === undefined) throw new UsageError("no file is named", "kubehop explain FILE ['FLOW']");
  if (more.length > 0)
    throw new UsageError(
      `one flow at a time, found also ${more.join(" ")}`,
      "put the flow in quotes: 'client > node1:30080'",
    );
  const levels = LEVELS.filter((level) => values[level] === true);
  if (levels.length > 1) throw new UsageError(`--${levels.join(" and --")} exclude each other`);
  const found = oneScenario(file, io);
  if (found === undefined) return 2;
  const { input, scenario } = found;
  const plan = chooseCell(scenario, values.cell ?? [], io);
  const { cell } = plan;
  const chosen = {
    ...(flow === undefined ? {} : { flow }),
    ...(values.step === undefined ? {} : { step: stepId(plan, values.step) }),
    ...(values.at === undefined ? {} : { at: timeOf(values.at) }),
  };
  const seed = wholeNumber("seed", values.seed, DEFAULT_SEED);
  const options = { cell, level: levels[0] ?? "summary", seed, readFile: input.readFile, ...chosen };
  try {
    io.stdout(explainScenario(scenario, options));
  } catch (error) {
    throw error instanceof ExplainError ? new UsageError(error.message) : error;
  }
  return 0;
}

/** Virtual ms since time 0. */
function timeOf(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new UsageError(`--at wants a time, found ${JSON.stringify(text)}`, "write 18s or 2500ms");
  return ms;
}

/** An id, or the number of a step, from 1. */
export function stepId({ steps }: CellPlan, text: string): string {
  if (steps.some(({ id }) => id === text) || !/^\d+$/.test(text)) return text;
  const step = steps.find(({ index }) => index === Number(text) - 1);
  if (step === undefined) throw new UsageError(`there is no step ${text}`, `the file has ${steps.length} steps`);
  return step.id;
}

/** The first cell that has all the given values. Where others have them too, it is named on stderr. */
export function chooseCell(scenario: Scenario, wanted: readonly string[], io: Io): CellPlan {
  const [first, ...others] = cellsWith(scenario, wanted);
  if (others.length > 0)
    io.stderr(`cell ${formatCell(first.cell)}, one of ${others.length + 1}: --cell NAME=VALUE chooses another\n`);
  return first;
}
