// `kubehop verify FILE` for labs of namespaces: the same batches, frames and datagrams on our kernel and on the real one, compared step
// by step; behind the last step connections and counters.

import type { BareSpec, CellPlan, ReadFile, StepSpec } from "@kubehop/lab";
import { canonical } from "../recorded/compare.ts";
import { differencesText, stepText } from "../fuzz/fuzz-report.ts";
import { compareSteps, compareTables } from "../live/compare.ts";
import type { LiveDifference } from "../live/compare.ts";
import type { CtEvent, PlayStep, StepSeen } from "../live/kernel.ts";
import { buildLab, LabRefused } from "../live/lab-spec.ts";
import { OurKernel } from "../live/our-kernel.ts";
import type { RealKernel } from "../live/real-kernel.ts";
import { labScript } from "./lab-script.ts";
import type { LabScript } from "./lab-script.ts";

export interface BareComparison {
  /** Frames that captures of the real kernel saw. */
  readonly packets: number;
  /** All of them in the first step that differs, counted from 0 as in the file. */
  readonly differences: readonly LiveDifference[];
  /** The step that differs, and what was played of it; undefined: none does, or what is left behind the last one. */
  readonly at: { readonly step: StepSpec; readonly play: PlayStep } | undefined;
  /** The step in which NAT drew a port: what comes behind it cannot be compared. */
  readonly byChance: StepSpec | undefined;
}

/** @throws NotComparable, Refusal: see labScript */
export function verifyBare(
  real: RealKernel,
  plan: CellPlan,
  bare: BareSpec,
  readFile: ReadFile,
  seed: number,
): BareComparison {
  const script = labScript(plan, bare, readFile, seed);
  try {
    return compareScript(real, script);
  } catch (error) {
    if (!(error instanceof LabRefused)) throw error;
    const refused = { what: "answer", where: "build", step: -1, kernel: error.message, ours: "accepted" } as const;
    return { packets: 0, differences: [refused], at: undefined, byChance: undefined };
  } finally {
    real.clear();
  }
}

function compareScript(real: RealKernel, { lab, plays, facts, tables }: LabScript): BareComparison {
  const ours = new OurKernel();
  for (const kernel of [ours, real]) buildLab(kernel, lab);
  const mine = playUntilChance(ours, plays);
  const theirs = real.play(plays.slice(0, mine.length).map(({ play }) => play));
  const packets = theirs.reduce((sum, step) => sum + step.frames.length, 0);
  const byChance = plays[mine.length]?.step;
  const inOrder = (seen: readonly StepSeen[]): StepSeen[] =>
    seen.map((one, i) => withoutTableOrder(one, plays[i]?.play));
  const found = compareSteps(inOrder(theirs), inOrder(mine), facts);
  const at = plays[found[0]?.step ?? -1];
  const numbered = found.map((one) => ({ ...one, step: at?.step.index ?? one.step }));
  if (found.length > 0 || byChance !== undefined) return { packets, differences: numbered, at, byChance };
  const last = (plays.at(-1)?.step.index ?? -1) + 1;
  const left = tables.flatMap((table) => compareTables({ real, ours }, table, last, facts));
  return { packets, differences: left, at: undefined, byChance };
}

/** Up to where NAT draws a port: the steps that can be compared. */
function playUntilChance(ours: OurKernel, plays: LabScript["plays"]): StepSeen[] {
  const before = ours.draws;
  const seen: StepSeen[] = [];
  for (const { play } of plays) {
    const one = ours.play([play]);
    if (ours.draws !== before) break;
    seen.push(...one);
  }
  return seen;
}

/** Connections that are taken out together go in the order of the hash table. */
function withoutTableOrder(seen: StepSeen, play: PlayStep | undefined): StepSeen {
  if (play === undefined || !("ops" in play) || !play.ops.ops.some(({ op }) => op === "conntrack")) return seen;
  const sorted = (events: readonly CtEvent[]): CtEvent[] =>
    events
      .map((event) => ({ event, key: canonical(event) }))
      .toSorted((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ event }) => event);
  return { ...seen, ct: Object.fromEntries(Object.entries(seen.ct).map(([ns, events]) => [ns, sorted(events)])) };
}

/** Empty when nothing differs. */
export function formatComparison(name: string, { differences, at, byChance }: BareComparison): string {
  if (differences.length === 0)
    return byChance === undefined ? "" : `  ${name}: compared up to ${byChance.id}, in which NAT draws a port\n`;
  const where = at === undefined ? [] : [`  ${at.step.position.file}:${at.step.position.line}  ${stepText(at.play)}`];
  return [`✗ ${name}`, ...where, ...differencesText(differences), ""].join("\n");
}
