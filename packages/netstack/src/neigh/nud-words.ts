// Words of neighbour states as `ip neigh` prints them.

import type { NudState } from "./neigh.ts";

const WORDS: Readonly<Record<NudState, string>> = {
  0: "NONE",
  0x01: "INCOMPLETE",
  0x02: "REACHABLE",
  0x04: "STALE",
  0x08: "DELAY",
  0x10: "PROBE",
  0x20: "FAILED",
  0x40: "NOARP",
  0x80: "PERMANENT",
};

export function nudWord(state: NudState): string {
  return WORDS[state];
}
