// The line a packet is introduced with, and what is said of one without an end.

import type { Journey } from "@kubehop/netstack";
import type { PacketSummary } from "../model/outcome.ts";
import type { Background } from "./background.ts";
import type { Way } from "./find-flow.ts";
import { endText } from "./headers.ts";

export function headerText(first: PacketSummary, background: Background): string {
  const from = background.named(endText(first.src, first.sport));
  const to = background.named(endText(first.dst, first.dport));
  return `${first.protocol} ${from} > ${to}${flagsText(first)}`;
}

/** When it left; nothing for what leaves at time 0. */
export function beginText({ steps }: Way, background: Background): string {
  const at = background.sinceStart(steps[0]?.at ?? 0);
  return steps.length === 0 || at === 0 ? "" : `   at ${(at / 1000).toFixed(3)} s`;
}

export function flagsText({ flags }: PacketSummary): string {
  return flags === "" ? "" : ` [${flags}]`;
}

/** A packet that neither ended nor waits is a mistake of the network stack, and said so. */
export function endNote(end: Journey["end"]): string[] {
  if (end === "queued") return ["   still waiting when the step ended"];
  return end === null ? ["   its further way is told by other packets (fragments, copies)"] : [];
}
