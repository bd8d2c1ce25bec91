// What comparing scenarios showed, as text: a line for every case, the first differences side by side, the totals last.

import { counted, countedOutcomes } from "../counted.ts";
import { indented } from "../live/side-by-side.ts";
import { frameText } from "../live/frame-text.ts";
import type { ScenarioDifference } from "./play-frames.ts";
import type { CellVerdict } from "./verify-scenario.ts";

export interface VerdictTotals {
  scenarios: number;
  packets: number;
  events: number;
  requests: number;
  differences: number;
  /** Cases that this machine cannot compare. */
  skipped: number;
  /** Files that cannot be read or have mistakes, and cases that do not run. */
  wrong: number;
}

export const noVerdicts = (): VerdictTotals => ({
  scenarios: 0,
  packets: 0,
  events: 0,
  requests: 0,
  differences: 0,
  skipped: 0,
  wrong: 0,
});

export function addVerdict(totals: VerdictTotals, verdict: CellVerdict): void {
  if (verdict.skipped !== undefined) {
    totals.skipped++;
    return;
  }
  totals.scenarios++;
  totals.packets += verdict.packets;
  totals.events += verdict.events;
  totals.requests += verdict.requests;
  totals.differences += verdict.differences.length;
}

/** `name`: the file with its cell. Ends in a newline. */
export function formatVerdict(name: string, verdict: CellVerdict): string {
  const { packets, events, requests, differences, skipped } = verdict;
  if (skipped !== undefined) return `- ${name}  skipped: ${skipped}\n`;
  const compared = [
    counted(packets, "packet"),
    counted(events, "conntrack event"),
    countedOutcomes(requests),
    counted(differences.length, "difference"),
  ];
  const more = differences.length > SHOWN ? [`  and ${differences.length - SHOWN} more`] : [];
  const lines = [
    `${differences.length === 0 ? "✓" : "✗"} ${name}  ${compared.join(", ")}`,
    ...differences.slice(0, SHOWN).flatMap(told),
    ...more,
  ];
  return `${lines.join("\n")}\n`;
}

/** Differences of a case that are printed; the later ones follow from the first more often than not. */
const SHOWN = 3;

function told({ id, what, where, done, kernel, ours }: ScenarioDifference): string[] {
  return [
    // Tables are compared when nothing is done any more.
    `  ${id}:${done === "" ? "" : ` ${readable(done)}`}`,
    `  ${what}, ${where}`,
    `    kernel  ${indented(kernel)}`,
    `    ours    ${indented(ours)}`,
  ];
}

/** A frame that is sent, in tcpdump's words instead of hex. */
function readable(done: string): string {
  return done.replace(/(?<= sends )[0-9a-f]+$/, frameText);
}

/** Always the last line. */
export function formatVerdictTotals(title: string, t: VerdictTotals): string {
  return (
    `${title}: ${counted(t.scenarios, "scenario")}, ${counted(t.packets, "packet")}, ` +
    `${counted(t.events, "conntrack event")} and ${countedOutcomes(t.requests)} compared, ` +
    `${counted(t.differences, "difference")}, ${t.skipped} skipped, ${t.wrong} wrong\n`
  );
}
