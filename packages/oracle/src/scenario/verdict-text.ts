// What comparing scenarios showed, as text: a line for every case, the first differences side by side, the totals last.

import { counted, countedOutcomes } from "../counted.ts";
import { indented } from "../live/side-by-side.ts";
import { frameText } from "../live/frame-text.ts";
import type { ScenarioDifference } from "./play-frames.ts";
import type { CellVerdict } from "./verify-scenario.ts";

export interface VerdictTotals {
  /** Files of which a case was compared. */
  scenarios: number;
  /** Cases that were compared. */
  cases: number;
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
  cases: 0,
  packets: 0,
  events: 0,
  requests: 0,
  differences: 0,
  skipped: 0,
  wrong: 0,
});

export function addVerdict(totals: VerdictTotals, verdict: CellVerdict): void {
  if (verdict.failed !== undefined) totals.wrong++;
  else if (whySkipped(verdict) === undefined) totals.cases++;
  else {
    totals.skipped++;
    if (verdict.differences.length === 0) return;
  }
  totals.packets += verdict.packets;
  totals.events += verdict.events;
  totals.requests += verdict.requests;
  totals.differences += verdict.differences.length;
}

/** A case that shows nothing agrees with nothing. */
function whySkipped({ packets, requests, differences, skipped }: CellVerdict): string | undefined {
  const nothing = packets === 0 && requests === 0 && differences.length === 0;
  return skipped ?? (nothing ? "it sends nothing that could be compared" : undefined);
}

/** `name`: the file with its cell. Ends in a newline. */
export function formatVerdict(name: string, verdict: CellVerdict): string {
  const { packets, events, requests, differences, notes, failed } = verdict;
  const skipped = whySkipped(verdict);
  if (skipped !== undefined && differences.length === 0) return `- ${name}  skipped: ${skipped}\n`;
  const compared = [
    counted(packets, "packet"),
    counted(events, "conntrack event"),
    countedOutcomes(requests),
    counted(differences.length, "difference"),
  ];
  const more = differences.length > SHOWN ? [`  and ${differences.length - SHOWN} more`] : [];
  const lines = [
    `${differences.length === 0 && failed === undefined ? "✓" : "✗"} ${name}  ${compared.join(", ")}${notes.map((note) => `; ${note}`).join("")}`,
    ...(failed === undefined ? [] : [`  not compared to the end: ${failed}`]),
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
    `${title}: ${counted(t.scenarios, "scenario")} (${counted(t.cases, "case")}), ${counted(t.packets, "packet")}, ` +
    `${counted(t.events, "conntrack event")} and ${countedOutcomes(t.requests)} compared, ` +
    `${counted(t.differences, "difference")}, ${t.skipped} skipped, ${t.wrong} wrong\n`
  );
}
