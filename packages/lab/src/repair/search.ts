// Fix search: what is wrong is repeated with one change at a time, and only changes with which it went right are told.

import type { CellRunner, Fix, StepOutcome, Failure } from "../model/outcome.ts";
import type { CellPlan } from "../model/scenario.ts";
import type { StepSpec } from "../model/step-spec.ts";
import { judge } from "../expect/judge.ts";
import { applyChange, type ScenarioSource, type When } from "./apply.ts";
import { type Candidate, TOUCHES } from "./candidate.ts";
import { allCandidates } from "./candidates/all.ts";
import { type Evidence, Recording } from "./evidence.ts";
import { goalPlan } from "./goal.ts";
import { sayKinds } from "./kinds.ts";
import { sayChange } from "./say.ts";
import { beginsAfter, type StreamMoment, streamMoment } from "./stream-goal.ts";
import { type GiveUp, isOnlyExit, type Trial, tryPlan } from "./trial.ts";

/** Answers worth reading. */
const MOST_FIXES = 5;

export interface FixOptions {
  readonly seed: number;
  readonly run: CellRunner;
  /** Id of the step to be repaired; undefined: the first one whose expectation does not hold. */
  readonly step?: string | undefined;
  /** How often the run may be repeated. */
  readonly replays: number;
}

export interface FixSearch {
  /** The step that fails; undefined when there is nothing to repair. */
  readonly failing: StepSpec | undefined;
  readonly failures: readonly Failure[];
  /** Best first, at most five. */
  readonly fixes: readonly Fix[];
  /** Changes that were tried, and all there were. */
  readonly tried: number;
  /** Those that were tried by kind: `12 rules, 1 route`. */
  readonly kinds: string;
  readonly candidates: number;
  readonly replays: number;
}

/** A step that fails in the run as it is. */
interface Target {
  readonly evidence: Evidence;
  readonly candidates: readonly Candidate[];
  readonly failures: readonly Failure[];
  /** When a stream that went right began to fail. */
  readonly moment: StreamMoment | undefined;
}

interface Baseline {
  /** In the order of the file: a stream fails when it ends, and before it what looks at the cluster meanwhile. */
  readonly targets: readonly [Target, ...Target[]];
  readonly failed: ReadonlySet<number>;
}

/** Steps that are tried to be repaired, one after the other, until one can be. */
const MOST_TARGETS = 3;

const NOTHING_FOUND: FixSearch = {
  failing: undefined,
  failures: [],
  fixes: [],
  tried: 0,
  kinds: "",
  candidates: 0,
  replays: 0,
};

/**
 * Looks for single changes that repair a cell.
 * @throws Refusal when the run, as it is, asks for something that is not modelled
 */
export function findFixes(plan: CellPlan, source: ScenarioSource, options: FixOptions): FixSearch {
  const goal = goalPlan(plan);
  const baseline = observe(goal, options);
  if (baseline === undefined) return { ...NOTHING_FOUND, replays: 1 };
  let spent = 1;
  let search: Search | undefined;
  for (const target of baseline.targets) {
    const next = new Search(goal, source, { ...options, replays: options.replays - spent }, target, baseline.failed);
    next.run();
    spent += next.replays;
    if (search === undefined || next.best().length > 0) search = next;
    if (next.best().length > 0) break;
  }
  return { ...(search?.result() ?? NOTHING_FOUND), replays: spent };
}

/** The run as it is: which steps fail, and what their packets met. */
function observe(goal: CellPlan, { seed, run, step: wanted }: FixOptions): Baseline | undefined {
  const recording = new Recording();
  const failed = new Set(goal.steps.map(({ index }) => index));
  const targets: Target[] = [];
  const look = (step: StepSpec, failures: readonly Failure[], moment?: StreamMoment): void => {
    if ((targets.length >= MOST_TARGETS && step.stream === undefined) || (wanted !== undefined && step.id !== wanted))
      return;
    const evidence = recording.evidence(goal, step, moment?.at);
    if (evidence !== undefined) targets.push({ evidence, candidates: allCandidates(evidence), failures, moment });
  };
  const end = run(
    goal,
    seed,
    (step, outcome, live) => {
      recording.end(step);
      const failures = judge(step.expect, outcome, live);
      if (failures.length === 0) failed.delete(step.index);
      else look(step, failures, streamMoment(step, outcome, live));
    },
    (step, cluster) => recording.begin(step, cluster),
  );
  if (end.stopped !== undefined) {
    const { step, reason } = end.stopped;
    look(step, [{ position: step.position, message: reason, details: [] }]);
  }
  const [first, ...others] = targets
    .toSorted((a, b) => a.evidence.failing.index - b.evidence.failing.index)
    .slice(0, MOST_TARGETS);
  return first === undefined ? undefined : { targets: [first, ...others], failed };
}

/** A change that worked. */
interface Found {
  readonly candidate: Candidate;
  readonly text: string;
  readonly held: number;
  readonly all: number;
  readonly order: number;
}

class Search {
  replays = 0;
  readonly #goal: CellPlan;
  readonly #source: ScenarioSource;
  readonly #options: FixOptions;
  readonly #target: Target;
  /** Indices of the steps that fail in the run as it is. */
  readonly #failed: ReadonlySet<number>;
  readonly #failing: StepSpec;
  readonly #found: Found[] = [];
  /** Each once, whenever and wherever it was tried. */
  readonly #tried = new Map<string, Candidate>();

  constructor(
    goal: CellPlan,
    source: ScenarioSource,
    options: FixOptions,
    target: Target,
    failed: ReadonlySet<number>,
  ) {
    this.#goal = goal;
    this.#source = source;
    this.#options = options;
    this.#target = target;
    this.#failed = failed;
    this.#failing = target.evidence.failing;
  }

  result(): FixSearch {
    const { failures, candidates } = this.#target;
    const tried = [...this.#tried.values()];
    return {
      failing: this.#failing,
      failures,
      fixes: this.best(),
      tried: tried.length,
      kinds: sayKinds(tried),
      candidates: candidates.length,
      replays: this.replays,
    };
  }

  /** In the middle of a stream first; then every candidate as it is, then those that did not cure everything in other forms: on every node, or earlier. */
  run(): void {
    const { candidates, moment } = this.#target;
    const failing = this.#failing.index;
    const left =
      moment === undefined ? candidates : candidates.filter((candidate) => !this.#tryBeside(candidate, moment));
    const wanting = left.filter((candidate) => !this.#try(candidate, failing, ""));
    for (const candidate of wanting) this.#try(everywhere(candidate, this.#goal), failing, "");
    for (const candidate of wanting) {
      const { change } = candidate;
      if (change.kind === "typed" && change.metIn < failing)
        this.#try(candidate, change.metIn, ` (before step ${this.#idOf(change.metIn)})`);
    }
  }

  /** Only what can be done while the stream goes on. */
  #tryBeside(candidate: Candidate, moment: StreamMoment): boolean {
    const { kind } = candidate.change;
    return (kind === "typed" || kind === "start") && this.#try(candidate, moment, "");
  }

  #idOf(index: number): string {
    return this.#goal.steps.find((step) => step.index === index)?.id ?? "";
  }

  /** True when the candidate cures everything, or one of its family does already and so it need not be tried. */
  #try(candidate: Candidate | undefined, when: When, said: string): boolean {
    if (candidate === undefined) return false;
    const { family, touches } = candidate;
    if (this.#found.some((found) => found.candidate.family === family && found.held === found.all)) return true;
    if (touches === "release" && this.#found.some((found) => found.candidate.family === family)) return true;
    if (this.replays >= this.#options.replays) return false;
    this.#tried.set(sayChange(candidate.change, this.#goal), candidate);
    const plan = applyChange(this.#goal, candidate.change, this.#source, when);
    if (plan === undefined || !this.#helps(plan)) return false;
    const trial = this.#replay(plan, when);
    if (trial === undefined || trial.failed.has(this.#failing.index)) return false;
    const text = `${sayChange(candidate.change, this.#goal)}${said}`;
    const { held, all } = this.#score(trial, typeof when === "number" ? this.#failed : [when.stream.index]);
    this.#found.push({ candidate, text, held, all, order: this.#found.length });
    return held === all;
  }

  /** A run up to the failing step decides most: does it hold, and nothing before it get worse? */
  #helps(plan: CellPlan): boolean {
    // Streams end by what later steps do.
    if (this.#failing.stream !== undefined) return true;
    const short = { ...plan, steps: plan.steps.filter(({ index }) => index <= this.#failing.index) };
    const trial = this.#replay(short, this.#failing.index);
    return trial !== undefined && !trial.failed.has(this.#failing.index);
  }

  #replay(plan: CellPlan, when: When): Trial | undefined {
    this.replays++;
    const { seed, run } = this.#options;
    const giveUp: GiveUp = (step, failures, outcome) => this.#isWorse(step, failures, outcome);
    const counts = typeof when === "number" ? () => true : beginsAfter(when);
    return tryPlan(plan, { seed, run, giveUp, counts });
  }

  /** The step that was to be repaired fails still, or one that held does not any more. */
  #isWorse({ index }: StepSpec, failures: readonly Failure[], outcome: StepOutcome): boolean {
    if (index === this.#failing.index) return true;
    return !this.#failed.has(index) && !isOnlyExit(failures, outcome);
  }

  /** Requests of steps that failed, and of how many of them the expectations hold now. */
  #score({ failed, requests }: Trial, steps: Iterable<number>): { readonly held: number; readonly all: number } {
    let [held, all] = [0, 0];
    for (const index of steps) {
      const count = requests.get(index) ?? 1;
      all += count;
      if (!failed.has(index)) held += count;
    }
    return { held, all };
  }

  /** Those that repair most come first, of those the ones that touch least; one of each family. */
  best(): Fix[] {
    const ranked = this.#found.toSorted(
      (a, b) =>
        b.held / b.all - a.held / a.all ||
        TOUCHES[a.candidate.touches] - TOUCHES[b.candidate.touches] ||
        a.order - b.order,
    );
    const step = this.#failed.size > 1 ? { step: this.#failing.id } : {};
    const families = new Set<string>();
    const chosen = ranked.filter(({ candidate: { family } }) => !families.has(family) && families.add(family));
    return chosen.slice(0, MOST_FIXES).map(({ text, held, all }) => ({ text, tried: `${held} of ${all}`, ...step }));
  }
}

/** The same on every node. */
function everywhere(candidate: Candidate, { cluster }: CellPlan): Candidate | undefined {
  const { change } = candidate;
  const nodes = cluster.nodes.map(({ name }) => name);
  if (change.kind !== "typed" || !change.everywhere || nodes.length < 2) return undefined;
  const { command } = change;
  return { ...candidate, change: { ...change, in: nodes }, family: `${command} everywhere` };
}
