// One case on one lab: rule sets, then steps; played on our kernel while they are written, then on the real one, and compared.

import type { ConfigOp } from "@kubehop/netstack";
import { compareSteps, compareTables } from "../live/compare.ts";
import type { LiveDifference } from "../live/compare.ts";
import type { Kernel, PlayStep, StepSeen } from "../live/kernel.ts";
import { forgetUnanswered } from "../live/forget-unanswered.ts";
import type { LabSpec } from "../live/lab-spec.ts";
import type { OurKernel } from "../live/our-kernel.ts";
import type { PacketWriter } from "./packets.ts";
import { TABLE_HOOKS } from "./rule-samples.ts";

/** Everything a case does to a lab that stands. */
export interface FuzzCase {
  /** iptables-restore text by router. */
  readonly rules: Readonly<Record<string, string>>;
  /** ipset-restore text by router, applied before the rules. */
  readonly sets?: Readonly<Record<string, string>>;
  readonly steps: readonly PlayStep[];
}

export interface CaseOutcome {
  /** Frames that captures of the real kernel saw. */
  readonly packets: number;
  readonly events: number;
  readonly differences: readonly LiveDifference[];
}

interface Played {
  readonly refused: string | null;
  readonly seen: readonly StepSeen[];
  /** NAT drew a port, or a packet went round and round, behind the last step: tables and counters tell more than the steps. */
  readonly byChance: boolean;
}

/** What a case puts into a lab before its steps. */
export type Setup = Pick<FuzzCase, "rules" | "sets">;

const NO_RULES = Object.keys(TABLE_HOOKS)
  .map((table) => `*${table}\nCOMMIT\n`)
  .join("");

/** The same as operations on a router. */
export function caseOps({ backend }: LabSpec, { rules, sets }: Setup, ns: string): readonly ConfigOp[] {
  const restore = (text: string): ConfigOp => ({ op: "iptables-restore", text, backend });
  const ops: ConfigOp[] = [];
  // The sets of an earlier case can go once neither a rule nor a list names them.
  if (sets !== undefined)
    ops.push(restore(NO_RULES), { op: "ipset", args: ["flush"] }, { op: "ipset", args: ["destroy"] });
  if (sets?.[ns] !== undefined) ops.push({ op: "ipset-restore", text: sets[ns], exist: true });
  const text = rules[ns];
  return text === undefined ? ops : [...ops, restore(text)];
}

/** Sets and rules in, connections forgotten. What the tool said when it refused. */
function prepare(kernel: Kernel, lab: LabSpec, setup: Setup): string | null {
  for (const ns of lab.routers) {
    const error = kernel.apply(ns, { agent: "verify", ops: caseOps(lab, setup, ns) });
    if (error !== null) return error.message;
    kernel.flushConntrack(ns);
  }
  return null;
}

/** Write a case of `count` packets by playing it on our kernel. */
export function writeCase(
  ours: OurKernel,
  lab: LabSpec,
  setup: Setup,
  writer: PacketWriter,
  count: number,
): { readonly fuzzCase: FuzzCase; readonly played: Played } {
  const refused = prepare(ours, lab, setup);
  const steps: PlayStep[] = [];
  const seen: StepSeen[] = [];
  const play = (step: PlayStep): StepSeen => {
    const [one] = ours.play([step]);
    if (one === undefined) throw new Error("a step was not played");
    steps.push(step);
    seen.push(one);
    return one;
  };
  const before = ours.undecided;
  for (let i = 0; refused === null && i < count; i++) {
    const { frames } = play(writer.next());
    if (ours.undecided !== before) {
      steps.pop();
      seen.pop();
      break;
    }
    writer.sawArrivals(frames);
    for (const step of forgetUnanswered(ours, lab.namespaces, frames)) play(step);
  }
  return { fuzzCase: { ...setup, steps }, played: { refused, seen, byChance: ours.undecided !== before } };
}

/** On our kernel, up to where chance or the clock decides: the steps that can be compared, and what they showed. */
export function replayOurs(
  ours: OurKernel,
  lab: LabSpec,
  { steps, ...setup }: FuzzCase,
): { played: Played; steps: readonly PlayStep[] } {
  const refused = prepare(ours, lab, setup);
  const before = ours.undecided;
  const seen: StepSeen[] = [];
  for (const step of refused === null ? steps : []) {
    const one = ours.play([step]);
    if (ours.undecided !== before) break;
    seen.push(...one);
  }
  const byChance = ours.undecided !== before;
  return { played: { refused, seen, byChance }, steps: byChance ? steps.slice(0, seen.length) : steps };
}

export function replayCase(kernel: Kernel, lab: LabSpec, { steps, ...setup }: FuzzCase): Played {
  const refused = prepare(kernel, lab, setup);
  return { refused, seen: refused === null ? kernel.play(steps) : [], byChance: false };
}

/** Frames, events and answers of the steps; then what is left in the tables. */
export function compareCase(
  kernels: { readonly real: Kernel; readonly ours: Kernel },
  lab: LabSpec,
  theirs: Played,
  mine: Played,
): CaseOutcome {
  const packets = theirs.seen.reduce((sum, step) => sum + step.frames.length, 0);
  const events = theirs.seen.reduce((sum, step) => sum + Object.values(step.ct).flat().length, 0);
  if (theirs.refused !== null || mine.refused !== null) return { packets, events, differences: refusals(theirs, mine) };
  const found = compareSteps(theirs.seen, mine.seen, lab);
  if (found.length > 0 || mine.byChance) return { packets, events, differences: found };
  const differences = lab.routers.flatMap((ns) =>
    compareTables(kernels, { ns, backends: [lab.backend] }, theirs.seen.length, lab),
  );
  return { packets, events, differences };
}

function refusals(theirs: Played, mine: Played): LiveDifference[] {
  const [kernel, ours] = [theirs.refused ?? "accepted", mine.refused ?? "accepted"];
  if ((theirs.refused === null) === (mine.refused === null)) return [];
  return [{ what: "answer", where: "iptables-restore", step: 0, kernel, ours }];
}
