// `kubehop explain`: run a cell to the request in question and tell its way there and back.

import { didYouMean } from "@kubehop/kube";
import { Refusal } from "@kubehop/sim";
import { judge } from "../expect/judge.ts";
import { worthTelling, wrongRequest } from "../expect/wrong-request.ts";
import type { ReadFile } from "../load/context.ts";
import type { CellRunEnd, CellRunner } from "../model/outcome.ts";
import { chosenCell } from "../model/cells.ts";
import type { Cell, CellPlan, Scenario } from "../model/scenario.ts";
import type { StepSpec } from "../model/step-spec.ts";
import { cellRunner } from "../steps/run-steps.ts";
import type { Background } from "./background.ts";
import type { Exchange } from "./find-flow.ts";
import type { Level } from "./layout.ts";
import { layOut } from "./layout.ts";
import type { RecordedStep } from "./record.ts";
import { recordCell } from "./record.ts";
import { toldExchange } from "./told-exchange.ts";
import { ExplainError, planOfFlow, planOfSteps, type ToldPlan } from "./told-plan.ts";

export { ExplainError };

export interface ExplainOptions {
  /** `FROM[:port] > TO[:port][/proto]`: sent at time 0, when `step` begins, or `at` a time. Undefined: a request of the steps. */
  readonly flow?: string;
  /** Matrix values that choose the cell; names left out may be anything. */
  readonly cell?: Cell;
  /** Id (or `step N`) of the step whose request is told; undefined: the first failing step with a request, else the first one with any. */
  readonly step?: string;
  /** The first request that begins at this virtual ms since time 0, or later; with `flow` that is when it is sent. */
  readonly at?: number;
  readonly level: Level;
  readonly seed?: number;
  /** Files beside the scenario that steps name; undefined: those that loading has found. */
  readonly readFile?: ReadFile;
}

/** The story as text, ending in a newline. @throws ExplainError for an unknown cell, step or flow */
export function explainScenario(scenario: Scenario, options: ExplainOptions): string {
  const plan = chosenCell(scenario, options.cell ?? {});
  if (typeof plan === "string") throw new ExplainError(plan);
  const readFile = options.readFile ?? ((path) => plan.files[path]);
  const told = options.flow === undefined ? planOfSteps(plan, options.step) : planOfFlow(plan, options.flow, options);
  const choice = new Choice(told, options);
  const end = recorded(told.plan, options, cellRunner(readFile), choice);
  return choice.text(end, options.flow);
}

/** What the cluster refuses is a mistake of the scenario. */
function recorded(plan: CellPlan, { seed = 1, at }: ExplainOptions, run: CellRunner, choice: Choice): CellRunEnd {
  try {
    return recordCell(plan, seed, run, (step) => choice.see(step), at);
  } catch (error) {
    if (error instanceof Refusal) throw new ExplainError(error.message);
    throw error;
  }
}

/** Looks at the steps as they end and keeps the story that is wanted. */
class Choice {
  readonly #plan: CellPlan;
  readonly #only: string | undefined;
  readonly #level: Level;
  readonly #at: number | undefined;
  #story = "";
  #worth = 0;
  /** World time at which the told request began. */
  #begun = Number.POSITIVE_INFINITY;

  constructor({ plan, only }: ToldPlan, { level, at }: ExplainOptions) {
    this.#plan = plan;
    this.#only = only;
    this.#level = level;
    this.#at = at;
  }

  see({ step, outcome, live, background, exchanges }: RecordedStep): void {
    if (this.#only !== undefined && step.id !== this.#only) return;
    // At a time the first one from then on, whichever step ends first: earlier packets have not been recorded.
    if (this.#at !== undefined) return this.#keepFirst(step, exchanges[0], background);
    const judged = { failures: judge(step.expect, outcome, live), outcome };
    const worth = worthTelling(judged);
    // What is told is kept until a step has more to tell.
    if (this.#story !== "" && worth <= this.#worth) return;
    const exchange = (worth > 0 ? toldExchange(exchanges, wrongRequest(judged)) : undefined) ?? exchanges[0];
    if (exchange === undefined) return;
    this.#worth = worth;
    this.#story = this.#tell(step, exchange, background);
  }

  #keepFirst(step: StepSpec, exchange: Exchange | undefined, background: Background): void {
    const begun = exchange?.request.steps[0]?.at ?? Number.POSITIVE_INFINITY;
    if (exchange === undefined || begun >= this.#begun) return;
    this.#begun = begun;
    this.#story = this.#tell(step, exchange, background);
  }

  #tell(step: StepSpec, exchange: Exchange, background: Background): string {
    const told = layOut(exchange, background, this.#level);
    return this.#only !== undefined || this.#level === "minimal" ? told : `${stepText(step)}\n${told}`;
  }

  text(end: CellRunEnd, flow: string | undefined): string {
    if (this.#story !== "") return this.#story;
    if (end.stopped !== undefined)
      throw new ExplainError([end.stopped.reason, ...hints(end.stopped.step, this.#plan)].join("; "));
    if (flow !== undefined) throw new ExplainError(`${flow}: no packet left`);
    if (this.#at !== undefined) throw new ExplainError(`no request begins at ${this.#at / 1000} s or later`);
    throw new ExplainError(
      this.#only === undefined
        ? "no step makes a request; name a flow, e.g. 'client > node1:30080'"
        : `${this.#only} makes no request`,
    );
  }
}

/** Names that a flow may have meant. */
function hints({ action }: StepSpec, { cluster, bare, names, objects }: CellPlan): string[] {
  if (action.kind !== "send") return [];
  const known = [...cluster.nodes, ...cluster.hosts, ...(bare?.namespaces ?? [])].map(({ name }) => name);
  known.push(
    ...Object.keys(names),
    ...objects.map(({ object }) => `${object.kind === "Service" ? "svc/" : ""}${object.metadata.name}`),
  );
  return [action.flow.from.name, action.flow.to.name].flatMap((name) =>
    known.includes(name) ? [] : (didYouMean(name, known) ?? []),
  );
}

function stepText({ id, action }: StepSpec): string {
  if (action.kind === "run") return `${id}: ${action.in}$ ${action.commands.map(({ text }) => text).join("; ")}`;
  return action.kind === "send" ? `${id}: ${action.flow.text}` : id;
}
