// `kubehop verify --round-trip`: random rule states and sets are loaded into our kernel; what our save programs print goes to the real
// restore programs, what the real save programs then print must be the same text, and comes back to us. The text that was drawn,
// which is not canonical, goes to the real programs too: both must read it alike.

import { Random } from "@kubehop/sim";
import { shrinkList } from "../fuzz/shrink.ts";
import type { RealKernel } from "../live/real-kernel.ts";
import { knownHere } from "./known-here.ts";
import { drawRuleState } from "./rule-state.ts";
import type { RuleKit } from "./rule-state.ts";
import { drawSetState } from "./set-draws.ts";
import type { StateKind, StateText, TextDifference } from "./trip.ts";
import { prepare, tripAll } from "./trip.ts";
import { Words } from "./words.ts";

export interface RoundTripOptions {
  readonly seed: string;
  /** Rule states; as many states of sets are drawn besides. */
  readonly cases: number;
  /** Findings after which it ends; 5. */
  readonly stopAfter?: number;
}

/** A state that did not come back as it went, as small as it could be made. */
export interface RoundTripFinding extends StateText {
  readonly index: number;
  readonly difference: TextDifference;
}

interface KindTotals {
  states: number;
  /** Rules, or elements of sets. */
  rows: number;
}

export interface RoundTripTotals {
  readonly kinds: Readonly<Record<StateKind, KindTotals>>;
  readonly findings: RoundTripFinding[];
  /** What was said to states that neither kernel takes. */
  readonly refusedByBoth: string[];
  /** Matches and targets that this machine does not have, with its words. */
  readonly refused: readonly string[];
}

const BATCH = 40;
const SHRINK_TRIES = 80;

export function runRoundTrip(real: RealKernel, options: RoundTripOptions): RoundTripTotals {
  prepare(real);
  const { kit, refused } = knownHere(real);
  const random = new Random(options.seed);
  const none = (): KindTotals => ({ states: 0, rows: 0 });
  const kinds = { legacy: none(), nft: none(), ipset: none() };
  const totals: RoundTripTotals = { kinds, findings: [], refusedByBoth: [], refused };
  for (let from = 0; from < options.cases && totals.findings.length < (options.stopAfter ?? 5); from += BATCH) {
    const count = Math.min(BATCH, options.cases - from);
    const states = Array.from({ length: count }, (_, i) => drawCase(random, from + i, kit)).flat();
    const trips = tripAll(real, states);
    states.forEach((state, i) => {
      kinds[state.kind].states++;
      const outcome = trips[i] ?? null;
      if (outcome === null) kinds[state.kind].rows += rowsOf(state).length;
      else if (outcome.step === "refused by both") totals.refusedByBoth.push(outcome.real);
      else totals.findings.push({ index: from + (i >> 1), ...shrink(real, state, outcome) });
    });
  }
  real.clear();
  return totals;
}

/** A rule state, legacy and nft in turn, and a state of sets. */
function drawCase(random: Random, index: number, kit: RuleKit): readonly StateText[] {
  const w = new Words(random.fork(`state ${index}`));
  const kind = index % 2 === 0 ? "legacy" : "nft";
  return [
    { kind, text: drawRuleState(w, kit, kind) },
    { kind: "ipset", text: drawSetState(w) },
  ];
}

/** Lines that can go: rules and elements, chains and sets that nothing names any more. */
function rowsOf({ kind, text }: StateText): readonly string[] {
  const rows = text.split("\n").filter((line) => line !== "");
  return kind === "ipset"
    ? rows.filter((line) => line.startsWith("add "))
    : rows.filter((line) => line.includes(" -A "));
}

function canGo(line: string): boolean {
  return /^(\[\d+:\d+\] -A|create|add) /.test(line) || /^:\S+ - /.test(line);
}

/** Without every line that the difference does not need. */
function shrink(
  real: RealKernel,
  state: StateText,
  found: TextDifference,
): StateText & { readonly difference: TextDifference } {
  const lines = state.text.split("\n");
  const without = (kept: readonly number[]): StateText => {
    const stays = new Set(kept);
    return { ...state, text: lines.filter((line, at) => !canGo(line) || stays.has(at)).join("\n") };
  };
  let difference = found;
  const shows = (kept: readonly number[]): boolean => {
    const [outcome] = tripAll(real, [without(kept)]);
    if (outcome === null || outcome === undefined || outcome.step === "refused by both") return false;
    if (outcome.step !== found.step) return false;
    difference = outcome;
    return true;
  };
  const removable = lines.flatMap((line, at) => (canGo(line) ? [at] : []));
  const kept = shrinkList(removable, shows, { tries: SHRINK_TRIES });
  return { ...without(kept), difference };
}
