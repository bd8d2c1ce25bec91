// The packets of a run, recorded while somebody wants to hear of them: a step's are kept until no step is going on any more.

import { JourneyRecorder } from "@kubehop/netstack";
import type { Journey, Step, Tracer } from "@kubehop/netstack";

/** Packets recorded for a step: those that repeat a request thousands of times are told by their first ones. */
const PACKETS_PER_STEP = 2000;

export class Chronicle implements Tracer {
  readonly #recorder = new JourneyRecorder();
  readonly #from: number;
  #going = 0;
  #room = 0;

  /** `from`: world time before which packets pass unseen. */
  constructor(from = Number.NEGATIVE_INFINITY) {
    this.#from = from;
  }

  step(step: Step): void {
    if (this.#recorder.journey(step.pkt) === undefined) {
      if (this.#room === 0 || step.at < this.#from) return;
      this.#room--;
    }
    this.#recorder.step(step);
  }

  begin(): void {
    // From a time on little is recorded, and a request may have begun in an earlier step.
    if (this.#going++ === 0 && this.#from === Number.NEGATIVE_INFINITY) this.#recorder.clear();
    this.#room = PACKETS_PER_STEP;
  }

  /** Packets first seen at this world time or later. */
  packetsSince(begun: number): readonly Journey[] {
    return this.#recorder.packets().filter(({ steps }) => (steps[0]?.at ?? 0) >= begun);
  }

  end(): void {
    this.#going--;
  }
}
