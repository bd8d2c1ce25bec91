// Whether an event is the one that a scenario waits for. Pods are told apart when it happens: before, they may not have been made.

import type { EventSpec } from "../model/step-spec.ts";
import type { LabEvent } from "../model/lab-event.ts";
import type { Instant } from "../model/outcome.ts";
import type { Cluster } from "./cluster.ts";
import { identitySubject, shortReference } from "../schema/subjects.ts";

export type EventCluster = Pick<Cluster, "control">;

/** Batches are counted by who waits for them. */
export function isEvent(cluster: EventCluster, wanted: EventSpec, told: LabEvent): boolean {
  if (told.event !== wanted.event || told.subject !== subjectOf(cluster, wanted)) return false;
  return wanted.event !== "endpoints" || told.number === wanted.number;
}

/** The object of an event as the log names it. */
export function subjectOf({ control }: EventCluster, { subject, event }: EventSpec): string {
  if (!POD_EVENTS.includes(event)) return subject;
  const { found } = control.resolvePod(subject);
  return found === undefined ? shortReference(subject) : identitySubject(found.identity);
}

const POD_EVENTS: readonly string[] = ["scheduled", "ready", "gone"];

/** When it came first from `from` on, and what is written behind it; undefined: it did not come. */
export function timeOfEvent(
  cluster: Pick<Cluster, "control" | "events">,
  wanted: EventSpec,
  from: number,
): Instant | undefined {
  const found = [...cluster.events.entries()].filter(([, told]) => told.at >= from && isEvent(cluster, wanted, told));
  const first = found[wanted.event === "batch" ? (wanted.number ?? 1) - 1 : 0];
  if (first === undefined) return undefined;
  const [index, { at }] = first;
  return wanted.plus > 0 ? { at: at + wanted.plus } : { at, event: index + 1 };
}
