// What happened around a request: steps as they were typed, and what the cluster did, in the order of time.

import type { LabEvent } from "../model/lab-event.ts";
import type { StepSpec } from "../model/step-spec.ts";
import { promptLines } from "../report/step-text.ts";

/** Lines in front of the request. */
const TIMELINE_LINES = 6;
/** Told by the steps themselves, or of no interest beside what follows from them. */
const UNTOLD: ReadonlySet<string> = new Set(["begun", "ended", "scheduled", "batch"]);

/** A step that began, virtual ms since time 0. */
export interface BegunStep {
  readonly at: number;
  readonly step: StepSpec;
}

interface Moment {
  readonly at: number;
  readonly text: string;
}

/** The last lines before `until`; earlier ones are counted. */
export function timelineLines(steps: readonly BegunStep[], events: readonly LabEvent[], until: number): string[] {
  const moments = [...steps.flatMap(typedMoments), ...eventMoments(events)]
    .filter(({ at }) => at <= until)
    .sort((a, b) => a.at - b.at);
  const left = moments.length - TIMELINE_LINES;
  const shown = left > 1 ? moments.slice(-TIMELINE_LINES) : moments;
  const lines = shown.map(({ at, text }) => `  ${timeText(at)}  ${text}`);
  return left > 1 ? [`${" ".repeat(10)}… ${left} earlier`, ...lines] : lines;
}

/** `18.000`, as wide as the times of a short scenario. */
export function timeText(at: number): string {
  return (at / 1000).toFixed(3).padStart(6);
}

function typedMoments({ at, step }: BegunStep): Moment[] {
  return promptLines(step).map((text) => ({ at, text: text.replace(/^admin\$ /, "") }));
}

/** The same event of several agents at one time is one line. */
function eventMoments(events: readonly LabEvent[]): Moment[] {
  const told = events.filter(({ event, at }) => at > 0 && !UNTOLD.has(event));
  const groups = new Map<string, LabEvent[]>();
  for (const event of told) {
    const key = `${event.at} ${event.event} ${event.number ?? ""} ${event.detail}`;
    groups.set(key, [...(groups.get(key) ?? []), event]);
  }
  return [...groups.values()].flatMap((group) => momentOf(group));
}

function momentOf(group: readonly LabEvent[]): Moment[] {
  const [first] = group;
  if (first === undefined) return [];
  const number = first.number === undefined ? "" : ` ${first.number}`;
  const detail = first.detail === "" ? "" : `, ${first.detail}`;
  const subjects = group.map(({ subject }) => subject).join(", ");
  return [{ at: first.at, text: `${subjects} ${first.event}${number}${detail}` }];
}
