// What happened in a cluster besides packets, in order, and who wants to hear of it.

import type { LabEvent } from "../model/lab-event.ts";

export type LabEventListener = (event: LabEvent) => void;

export class EventLog {
  readonly #events: LabEvent[] = [];
  readonly #listeners = new Set<LabEventListener>();
  readonly #now: () => number;
  #on = false;

  /** `now`: virtual ms since time 0. */
  constructor(now: () => number) {
    this.#now = now;
  }

  get events(): readonly LabEvent[] {
    return this.#events;
  }

  /** Listeners are told at once, inside of what happened. */
  tell(subject: string, event: string, more: { readonly number?: number; readonly detail?: string } = {}): void {
    if (!this.#on) return;
    const { number, detail = "" } = more;
    const told: LabEvent = { at: this.#now(), subject, event, detail, ...(number === undefined ? {} : { number }) };
    this.#events.push(told);
    // Who begins to listen inside of an event has not heard of it, and who has stopped meanwhile does not any more.
    const listeners = new Set(this.#listeners);
    for (const listener of listeners) if (this.#listeners.has(listener)) listener(told);
  }

  /** The function returned ends it. */
  listen(listener: LabEventListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** It is time 0: what was before is nobody's business. */
  begin(): void {
    this.#on = true;
  }

  /** Somebody may hear. */
  get isOn(): boolean {
    return this.#on;
  }
}
