// Events that steps wait for: `after`, and `until` of a stream.

import type { Cluster } from "../cluster/cluster.ts";
import { isEvent, subjectOf } from "../cluster/match-event.ts";
import type { EventSpec, StepSpec } from "../model/step-spec.ts";
import { StepStopped } from "./step-stopped.ts";

/** How long a run waits, behind its last step, for events that have not come, virtual ms. */
export const EVENT_LIMIT_MS = 600_000;

interface Wait {
  readonly step: StepSpec;
  readonly key: "after" | "until";
  readonly event: EventSpec;
}

export class Awaited {
  readonly #cluster: Cluster;
  readonly #waits = new Set<Wait>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  get pending(): boolean {
    return this.#waits.size > 0;
  }

  /** `then` is called once, inside of the first such event from now on (the N-th, for batches). */
  once(wait: Wait, then: () => void): void {
    this.#waits.add(wait);
    let left = wait.event.event === "batch" ? (wait.event.number ?? 1) : 1;
    const end = this.#cluster.log.listen((told) => {
      if (!isEvent(this.#cluster, wait.event, told) || --left > 0) return;
      end();
      this.#waits.delete(wait);
      then();
    });
  }

  /** Why the run cannot end: the first event that has not come. */
  missing(): { readonly step: StepSpec; readonly reason: StepStopped } | undefined {
    // What a stream waits for keeps others from coming.
    const wait = [...this.#waits].toSorted((a, b) => b.key.localeCompare(a.key))[0];
    if (wait === undefined) return undefined;
    const { step, key, event } = wait;
    const subject = subjectOf(this.#cluster, event);
    const seen = this.#cluster.events.filter((told) => told.subject === subject).map(eventText);
    const list = seen.length === 0 ? `nothing happened to ${subject}` : `events of ${subject}: ${seen.join(", ")}`;
    const reason = `${key}: ${event.text}: did not happen within ${EVENT_LIMIT_MS / 1000} s; ${list}`;
    return { step, reason: new StepStopped(reason) };
  }
}

function eventText({
  at,
  event,
  number,
}: {
  readonly at: number;
  readonly event: string;
  readonly number?: number;
}): string {
  return `${(at / 1000).toFixed(3)} ${event}${number === undefined ? "" : ` ${number}`}`;
}
