// What comparing scenarios showed, as text: a line for every case, the first differences side by side, the totals last.

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
  skipped: number;
}

export const noVerdicts = (): VerdictTotals => ({
  scenarios: 0,
  packets: 0,
  events: 0,
  requests: 0,
  differences: 0,
  skipped: 0,
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
  const compared = `${packets} packets, ${events} conntrack events, ${requests} requests`;
  const lines = [`${differences.length === 0 ? "✓" : "✗"} ${name}  ${compared}, ${differences.length} differences`];
  return `${[...lines, ...differences.slice(0, SHOWN).flatMap(told)].join("\n")}\n`;
}

/** Differences of a case that are printed; the later ones follow from the first more often than not. */
const SHOWN = 3;

function told({ id, what, where, done, kernel, ours }: ScenarioDifference): string[] {
  const frame = / sends ([0-9a-f]+)$/.exec(done);
  const what_ = frame === null ? done : done.replace(frame[1] as string, frameText(frame[1] as string));
  return [
    `  step ${id}: ${what_}`,
    `  ${what}, ${where}`,
    `    kernel  ${indented(kernel)}`,
    `    ours    ${indented(ours)}`,
  ];
}

/** Always the last line. */
export function formatVerdictTotals(title: string, t: VerdictTotals): string {
  return (
    `${title}: ${t.scenarios} scenarios, ${t.packets} packets, ${t.events} conntrack events and ${t.requests} requests compared, ` +
    `${t.differences} differences, ${t.skipped} skipped\n`
  );
}
