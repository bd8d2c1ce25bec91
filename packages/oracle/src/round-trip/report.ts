// What a round trip found, as text.

import { counted } from "../counted.ts";
import type { RoundTripFinding, RoundTripTotals } from "./round-trip.ts";

/** The last line. */
export function formatRoundTripTotals(title: string, seed: string, t: RoundTripTotals): string {
  const { legacy, nft, ipset } = t.kinds;
  return (
    `${title}, seed ${seed}: ${legacy.states} legacy and ${nft.states} nft states (${legacy.rows + nft.rows} rules), ` +
    `${ipset.states} states of sets (${ipset.rows} elements) there and back, ` +
    `${counted(t.findings.length, "difference")}, ${t.refusedByBoth.length} refused by both, ${counted(t.refused.length, "word")} not tried\n`
  );
}

export function formatRoundTripFinding(seed: string, finding: RoundTripFinding): string {
  const { kind, index, text, difference } = finding;
  const drawn = text
    .split("\n")
    .filter((line) => /^(create|add|\[|:\S+ -)/.test(line))
    .map((line) => `  ${line}`);
  return [
    `✗ state ${index} of seed ${seed}, ${kind}: ${difference.step}, read by both`,
    ...drawn,
    `    real  ${difference.real}`,
    `    ours  ${difference.ours}`,
    "",
  ].join("\n");
}
