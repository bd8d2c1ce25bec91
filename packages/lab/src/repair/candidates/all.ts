// All candidates of a failure, each once, those nearest to the failure first.

import type { Candidate } from "../candidate.ts";
import { TOUCHES } from "../candidate.ts";
import type { Clue, Evidence, Nearness } from "../evidence.ts";
import { sayChange } from "../say.ts";
import { agentCandidates } from "./agents.ts";
import { conntrackCandidates, forwardingCandidates, neighbourCandidates } from "./entries.ts";
import { fieldCandidates } from "./fields.ts";
import { hairpinCandidates, moduleCandidates, sysctlCandidates } from "./kernel.ts";
import { mtuCandidates } from "./mtu.ts";
import { putBackCandidates } from "./put-back.ts";
import { routeCandidates, usedRouteCandidates } from "./routes.ts";
import { ruleCandidates } from "./rules.ts";
import { releaseCandidates, switchCandidates } from "./settings.ts";
import { tunnelEndCandidates } from "./tunnel-ends.ts";

type OfClue = (clue: Clue, evidence: Evidence) => Candidate[];
type OfAll = (evidence: Evidence) => Candidate[];

const OF_CLUE: readonly OfClue[] = [
  conntrackCandidates,
  neighbourCandidates,
  hairpinCandidates,
  moduleCandidates,
  sysctlCandidates,
  forwardingCandidates,
  mtuCandidates,
  usedRouteCandidates,
  tunnelEndCandidates,
  ruleCandidates,
];

/** What does not hang on one packet, and beside which nearness it is tried. */
const OF_ALL: readonly (readonly [Nearness, OfAll])[] = [
  [0, putBackCandidates],
  [0, routeCandidates],
  [0, agentCandidates],
  [1, switchCandidates],
  [2, fieldCandidates],
  [3, releaseCandidates],
];

export function allCandidates(evidence: Evidence): Candidate[] {
  const found: { readonly near: Nearness; readonly candidate: Candidate }[] = [];
  for (const clue of evidence.clues)
    for (const make of OF_CLUE)
      for (const candidate of make(clue, evidence)) found.push({ near: clue.near, candidate });
  for (const [near, make] of OF_ALL) for (const candidate of make(evidence)) found.push({ near, candidate });
  const known = new Map<string, Candidate>();
  const ordered = found.toSorted(
    (a, b) => a.near - b.near || TOUCHES[a.candidate.touches] - TOUCHES[b.candidate.touches],
  );
  for (const { candidate } of ordered) {
    const text = sayChange(candidate.change, evidence.plan);
    known.set(text, earliest(known.get(text) ?? candidate, candidate));
  }
  return [...known.values()];
}

/** The nearer of two that are the same, and when it was met first: state that was made then is not unmade later. */
function earliest(nearer: Candidate, other: Candidate): Candidate {
  const [a, b] = [nearer.change, other.change];
  return a.kind === "typed" && b.kind === "typed" && b.metIn < a.metIn
    ? { ...nearer, change: { ...a, metIn: b.metIn } }
    : nearer;
}
