// One case on one lab: rule sets, then steps; played on our kernel while they are written, then on the real one, and compared.

import { dumpNeighs } from "@kubehop/netstack";
import type { ConfigOp } from "@kubehop/netstack";
import { compareSteps, compareTables } from "../live/compare.ts";
import type { LiveDifference } from "../live/compare.ts";
import type { Kernel, PlayStep, StepSeen } from "../live/kernel.ts";
import type { LabSpec } from "../live/lab-spec.ts";
import type { OurKernel } from "../live/our-kernel.ts";
import type { PacketWriter } from "./packets.ts";

/** Everything a case does to a lab that stands. */
export interface FuzzCase {
  /** iptables-restore text by router. */
  readonly rules: Readonly<Record<string, string>>;
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
  /** NAT drew a port behind the last step: tables and counters tell more than the steps. */
  readonly byChance: boolean;
}

/** What a case sets up on a router before its steps. */
export function caseOps({ backend }: LabSpec, { rules }: Pick<FuzzCase, "rules">, ns: string): readonly ConfigOp[] {
  const text = rules[ns];
  return text === undefined ? [] : [{ op: "iptables-restore", text, backend }];
}

/** Rules in, connections forgotten. What the tool said when it refused. */
function prepare(kernel: Kernel, lab: LabSpec, rules: FuzzCase["rules"]): string | null {
  for (const ns of lab.routers) {
    const error = kernel.apply(ns, { agent: "verify", ops: caseOps(lab, { rules }, ns) });
    if (error !== null) return error.message;
    kernel.flushConntrack(ns);
  }
  return null;
}

/** Write a case of `count` packets by playing it on our kernel. */
export function writeCase(
  ours: OurKernel,
  lab: LabSpec,
  rules: FuzzCase["rules"],
  writer: PacketWriter,
  count: number,
): { readonly fuzzCase: FuzzCase; readonly played: Played } {
  const refused = prepare(ours, lab, rules);
  const steps: PlayStep[] = [];
  const seen: StepSeen[] = [];
  const play = (step: PlayStep): StepSeen => {
    const [one] = ours.play([step]);
    if (one === undefined) throw new Error("a step was not played");
    steps.push(step);
    seen.push(one);
    return one;
  };
  const before = ours.draws;
  for (let i = 0; refused === null && i < count; i++) {
    const { frames } = play(writer.next());
    if (ours.draws !== before) {
      steps.pop();
      seen.pop();
      break;
    }
    writer.sawArrivals(frames);
    // Nobody answered: forget the question now, or it would be asked again a second later, in the middle of another case.
    if (frames.some((f) => f.dir === "out" && f.hex.slice(24, 28) === "0806"))
      for (const step of forgetUnanswered(ours, lab)) play(step);
  }
  return { fuzzCase: { rules, steps }, played: { refused, seen, byChance: ours.draws !== before } };
}

function forgetUnanswered(ours: OurKernel, lab: LabSpec): PlayStep[] {
  return lab.namespaces.flatMap((name) => {
    const ns = ours.world.namespaces.get(name);
    if (ns === undefined) return [];
    return dumpNeighs(ns)
      .filter((row) => row.state.includes("INCOMPLETE"))
      .map(({ dev, dst }): PlayStep => ({ ops: { ns: name, ops: [{ op: "neigh-del", dev, dst }] } }));
  });
}

/** On our kernel, up to where NAT draws a port: the steps that can be compared, and what they showed. */
export function replayOurs(
  ours: OurKernel,
  lab: LabSpec,
  { rules, steps }: FuzzCase,
): { played: Played; steps: readonly PlayStep[] } {
  const refused = prepare(ours, lab, rules);
  const before = ours.draws;
  const seen: StepSeen[] = [];
  for (const step of refused === null ? steps : []) {
    const one = ours.play([step]);
    if (ours.draws !== before) break;
    seen.push(...one);
  }
  const byChance = ours.draws !== before;
  return { played: { refused, seen, byChance }, steps: byChance ? steps.slice(0, seen.length) : steps };
}

export function replayCase(kernel: Kernel, lab: LabSpec, { rules, steps }: FuzzCase): Played {
  const refused = prepare(kernel, lab, rules);
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
