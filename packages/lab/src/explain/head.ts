// The line a packet is introduced with, and what is said of one without an end.

import type { Journey } from "@kubehop/netstack";
import type { PacketSummary } from "../model/outcome.ts";
import type { Background } from "./background.ts";
import { endText } from "./headers.ts";

export function headerText(first: PacketSummary, background: Background): string {
  const from = background.named(endText(first.src, first.sport));
  const to = background.named(endText(first.dst, first.dport));
  return `${first.protocol} ${from} > ${to}${flagsText(first)}`;
}

export function flagsText({ flags }: PacketSummary): string {
  return flags === "" ? "" : ` [${flags}]`;
}

/** A packet that neither ended nor waits is a mistake of the network stack, and said so. */
export function endNote(end: Journey["end"]): string[] {
  if (end === "queued") return ["   still waiting when the step ended"];
  return end === null ? ["   its further way is told by other packets (fragments, copies)"] : [];
}
