// `kubehop verify --fuzz`: random labs on our kernel and on the real one, the same packets in both, and what differed made small.

import { Random } from "@kubehop/sim";
import type { LiveDifference } from "../live/compare.ts";
import { buildLab, LabRefused } from "../live/lab-spec.ts";
import type { LabSpec } from "../live/lab-spec.ts";
import { OurKernel } from "../live/our-kernel.ts";
import type { RealKernel } from "../live/real-kernel.ts";
import { Chooser } from "./choose.ts";
import { compareCase, replayCase, replayOurs, writeCase } from "./fuzz-case.ts";
import type { CaseOutcome, FuzzCase, Setup } from "./fuzz-case.ts";
import { KINDS } from "./kinds.ts";
import { PacketWriter } from "./packets.ts";
import { ruleKit, RuleWriter } from "./rules.ts";
import type { RuleKit } from "./rules.ts";
import { drawSets } from "./sets.ts";
import type { DrawnSets } from "./sets.ts";
import { shrinkLab } from "./shrink-lab.ts";
import { keepLines, removableLines, shrinkList } from "./shrink.ts";
import type { FuzzLab } from "./topology.ts";

const NO_SETS: DrawnSets = { sets: [], text: "" };

export type LabKind = keyof typeof KINDS;

export interface FuzzOptions {
  readonly seed: string;
  readonly cases: number;
  /** Cases on a lab before the next one is built; 6. */
  readonly casesPerLab?: number;
  /** Injected packets of a case; 40. */
  readonly packets?: number;
  readonly kinds?: readonly LabKind[];
  /** Differences after which it ends; 10. */
  readonly stopAfter?: number;
  /** Tries with less of the lab, a second or less each; 50. */
  readonly labTries?: number;
  /** After every case. */
  onProgress?(totals: FuzzTotals): void;
  /** A case differs and is made smaller, which takes many tries. */
  onShrink?(index: number): void;
}

/** A difference as small as it could be made; replayable. */
export interface FuzzFinding {
  readonly seed: string;
  readonly index: number;
  readonly lab: LabSpec;
  readonly fuzzCase: FuzzCase;
  readonly differences: readonly LiveDifference[];
  /** Cases before it on the same lab without which it does not show (a table that they filled). */
  readonly before: readonly FuzzCase[];
}

export interface FuzzTotals {
  labs: number;
  cases: number;
  injected: number;
  packets: number;
  events: number;
  findings: FuzzFinding[];
  /** Cases that ended early because NAT drew a port. */
  byChance: number;
  /** Cases that ended early because a packet went round until an allowance was used up. */
  storms: number;
  /** What one of the kernels lacks. */
  refused: readonly string[];
}

const SHRINK_TRIES = 160;
/** Tries that rebuild the lab. */
const FRESH_TRIES = 60;
const LAB_TRIES = 50;

export function runFuzz(real: RealKernel, options: FuzzOptions): FuzzTotals {
  const kit = ruleKit([real, new OurKernel()]);
  const totals: FuzzTotals = {
    labs: 0,
    cases: 0,
    injected: 0,
    packets: 0,
    events: 0,
    findings: [],
    byChance: 0,
    storms: 0,
    refused: kit.refused,
  };
  const run = new FuzzRun(real, kit, options, totals);
  while (totals.cases < options.cases && totals.findings.length < (options.stopAfter ?? 10)) run.lab();
  return totals;
}

class FuzzRun {
  readonly #real: RealKernel;
  readonly #kit: RuleKit;
  readonly #options: FuzzOptions;
  readonly #totals: FuzzTotals;
  readonly #random: Random;

  constructor(real: RealKernel, kit: RuleKit, options: FuzzOptions, totals: FuzzTotals) {
    this.#real = real;
    this.#kit = kit;
    this.#options = options;
    this.#totals = totals;
    this.#random = new Random(options.seed);
  }

  /** One lab, and cases on it until one differs. */
  lab(): void {
    const number = this.#totals.labs++;
    const kinds = this.#options.kinds ?? (Object.keys(KINDS) as LabKind[]);
    const chooser = new Chooser(this.#random.fork(`lab ${number}`));
    const lab = KINDS[kinds[number % kinds.length] as LabKind](chooser);
    const kernels = new BothKernels(this.#real, lab);
    const cases = Math.min(this.#options.casesPerLab ?? 6, this.#options.cases - this.#totals.cases);
    for (let i = 0; i < cases; i++) {
      const index = this.#totals.cases++;
      const c = new Chooser(this.#random.fork(`case ${index}`));
      const setup = this.#setup(c, lab);
      const count = this.#options.packets ?? 40;
      const { fuzzCase, outcome, byChance } = kernels.compareNew(setup, new PacketWriter(c, lab), count);
      this.#totals.injected += fuzzCase.steps.length;
      this.#totals.packets += outcome.packets;
      this.#totals.events += outcome.events;
      this.#options.onProgress?.(this.#totals);
      if (outcome.differences.length === 0 && !byChance) continue;
      if (kernels.stormed) this.#totals.storms++;
      else if (byChance) this.#totals.byChance++;
      if (outcome.differences.length === 0) break;
      this.#options.onShrink?.(index);
      const found = kernels.shrink(this.#options.seed, index, fuzzCase, outcome);
      this.#totals.findings.push(
        shrinkLab(found, (smaller) => this.#compareOn(smaller, found), this.#options.labTries ?? LAB_TRIES),
      );
      break;
    }
    this.#real.clear();
  }

  /** Rules for every router, about half of the time with sets. */
  #setup(c: Chooser, lab: FuzzLab): Setup {
    const hasSets = c.chance(0.5);
    const drawn = lab.routers.map((ns) => {
      const { sets, text } = hasSets ? drawSets(c, lab) : NO_SETS;
      return { ns, sets: text, rules: new RuleWriter(c, this.#kit, lab, sets).text() };
    });
    const rules = Object.fromEntries(drawn.map((one) => [one.ns, one.rules]));
    return hasSets ? { sets: Object.fromEntries(drawn.map((one) => [one.ns, one.sets])), rules } : { rules };
  }

  /** A finding on another lab; null when that does not stand. */
  #compareOn(lab: LabSpec, { before, fuzzCase }: FuzzFinding): readonly LiveDifference[] | null {
    this.#real.clear();
    try {
      const kernels = new BothKernels(this.#real, lab);
      for (const earlier of before) kernels.compareAgain(earlier);
      return kernels.compareAgain(fuzzCase).differences;
    } catch (error) {
      if (error instanceof LabRefused) return null;
      throw error;
    }
  }
}

/** The texts of a shrunk case, key by key. */
function shrinkTexts(
  texts: Readonly<Record<string, string>>,
  differs: (fewer: Readonly<Record<string, string>>) => boolean,
  budget: { tries: number },
): Readonly<Record<string, string>> {
  let rest = texts;
  for (const ns of Object.keys(texts)) {
    const text = rest[ns] ?? "";
    const all = removableLines(text);
    const without = (kept: readonly number[]): Readonly<Record<string, string>> => {
      const removed = new Set(all.filter((at) => !kept.includes(at)));
      return { ...rest, [ns]: keepLines(text, removed) };
    };
    rest = without(shrinkList(all, (fewer) => differs(without(fewer)), budget));
  }
  return rest;
}

/** Both kernels with the same lab. */
export class BothKernels {
  readonly #real: RealKernel;
  readonly #lab: LabSpec;
  readonly #history: FuzzCase[] = [];
  #ours = new OurKernel();

  constructor(real: RealKernel, lab: LabSpec) {
    this.#real = real;
    this.#lab = lab;
    this.#build();
  }

  #build(): void {
    buildLab(this.#ours, this.#lab);
    try {
      buildLab(this.#real, this.#lab);
    } catch (error) {
      if (error instanceof LabRefused) this.#real.clear();
      throw error;
    }
  }

  #fresh(): void {
    this.#real.clear();
    this.#ours = new OurKernel();
    this.#build();
  }

  get stormed(): boolean {
    return this.#ours.storms > 0;
  }

  compareNew(
    setup: Setup,
    writer: PacketWriter,
    count: number,
  ): { fuzzCase: FuzzCase; outcome: CaseOutcome; byChance: boolean } {
    const { fuzzCase, played } = writeCase(this.#ours, this.#lab, setup, writer, count);
    const theirs = replayCase(this.#real, this.#lab, fuzzCase);
    const outcome = compareCase({ real: this.#real, ours: this.#ours }, this.#lab, theirs, played);
    if (outcome.differences.length === 0) this.#history.push(fuzzCase);
    return { fuzzCase, outcome, byChance: played.byChance };
  }

  compareAgain(fuzzCase: FuzzCase): CaseOutcome {
    const { played, steps } = replayOurs(this.#ours, this.#lab, fuzzCase);
    const theirs = replayCase(this.#real, this.#lab, { ...fuzzCase, steps });
    return compareCase({ real: this.#real, ours: this.#ours }, this.#lab, theirs, played);
  }

  /** On a fresh lab behind other cases. */
  #compareFresh(before: readonly FuzzCase[], fuzzCase: FuzzCase): readonly LiveDifference[] {
    this.#fresh();
    for (const earlier of before) this.compareAgain(earlier);
    return this.compareAgain(fuzzCase).differences;
  }

  /** Smaller on the lab as it stands, as rebuilding costs more than a try; confirmed on a fresh one. */
  shrink(seed: string, index: number, found: FuzzCase, outcome: CaseOutcome): FuzzFinding {
    const { what } = outcome.differences[0] ?? { what: "answer" };
    const shows = (differences: readonly LiveDifference[]): boolean => differences.some((d) => d.what === what);
    const finding = { seed, index, lab: this.#lab };
    const alone = this.#compareFresh([], found);
    if (!shows(alone)) return { ...finding, ...this.#shrinkBehind(found, outcome, shows) };
    const small = shrinkCase(found, (fuzzCase) => shows(this.compareAgain(fuzzCase).differences), SHRINK_TRIES);
    const again = this.#compareFresh([], small);
    if (again.length > 0) return { ...finding, fuzzCase: small, differences: again, before: [] };
    return { ...finding, fuzzCase: found, differences: alone, before: [] };
  }

  /** It needs what earlier cases left behind: first fewer of them, then smaller ones. */
  #shrinkBehind(
    found: FuzzCase,
    outcome: CaseOutcome,
    shows: (differences: readonly LiveDifference[]) => boolean,
  ): Pick<FuzzFinding, "fuzzCase" | "differences" | "before"> {
    const budget = { tries: FRESH_TRIES };
    const whole = { fuzzCase: found, differences: outcome.differences, before: [...this.#history] };
    if (!shows(this.#compareFresh(whole.before, found))) return whole;
    let before = shrinkList(whole.before, (fewer) => shows(this.#compareFresh(fewer, found)), budget);
    const fuzzCase = shrinkCase(found, (small) => shows(this.#compareFresh(before, small)), FRESH_TRIES);
    before = before.map((earlier, at) => {
      const others = (small: FuzzCase): FuzzCase[] => before.map((one, i) => (i === at ? small : one));
      return shrinkCase(earlier, (small) => shows(this.#compareFresh(others(small), fuzzCase)), FRESH_TRIES);
    });
    return { fuzzCase, before, differences: this.#compareFresh(before, fuzzCase) };
  }
}

function shrinkCase(found: FuzzCase, differs: (fuzzCase: FuzzCase) => boolean, tries: number): FuzzCase {
  const budget = { tries };
  const shrinkSteps = (one: FuzzCase): FuzzCase => ({
    ...one,
    steps: shrinkList(one.steps, (steps) => differs({ ...one, steps }), budget),
  });
  const shrinkRules = (one: FuzzCase): FuzzCase => ({
    ...one,
    rules: shrinkTexts(one.rules, (rules) => differs({ ...one, rules }), budget),
  });
  const shrinkSets = (one: FuzzCase): FuzzCase =>
    one.sets === undefined ? one : { ...one, sets: shrinkTexts(one.sets, (sets) => differs({ ...one, sets }), budget) };
  // Rules twice: a chain can go once the rules that named it are gone.
  return shrinkSteps(shrinkSets(shrinkRules(shrinkRules(shrinkSteps(found)))));
}
