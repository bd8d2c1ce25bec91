// A recording of any format, as cases that can be replayed one by one.

import type { Difference } from "./compare.ts";

export interface CorpusCase {
  readonly name: string;
  /** What is compared: recorded frames of all devices, or injected packets where a format counts those. */
  readonly packets: number;
  /** Replays the case in a fresh world. Empty: nothing differs. */
  replay(): Difference[];
}

export interface Corpus {
  /** Release of the kernel that was recorded; null when the file does not tell. */
  readonly kernel: string | null;
  readonly cases: readonly CorpusCase[];
}

/** The recording asks for something that cannot be built; the message names it. */
export class RecordingError extends Error {
  override readonly name = "RecordingError";
}
