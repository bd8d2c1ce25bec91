// What a packet looks like at a step, as far as the step shows it.

import type { Journey, Step } from "@kubehop/netstack";
import type { PacketSummary } from "../model/outcome.ts";
import { summarizeFrame, summarizeIp } from "../steps/packet-summary.ts";

/** Headers of a step that carries bytes; undefined for all others. */
export function headersOf(step: Step): PacketSummary | undefined {
  if (step.kind === "rx" || step.kind === "xmit") return summarizeFrame(step.frame);
  return step.kind === "send" ? summarizeIp(step.packet, 0) : undefined;
}

/** How the packet began. */
export function firstHeaders({ steps }: Pick<Journey, "steps">): PacketSummary | undefined {
  for (const step of steps) {
    const headers = headersOf(step);
    if (headers !== undefined) return headers;
  }
  return undefined;
}

/** How the packet looked when it was seen last. */
export function lastHeaders(steps: readonly Step[]): PacketSummary | undefined {
  for (let i = steps.length - 1; i >= 0; i--) {
    const step = steps[i];
    const headers = step === undefined ? undefined : headersOf(step);
    if (headers !== undefined) return headers;
  }
  return undefined;
}

/** Same protocol and ends, in the same direction. */
export function sameFlow(a: PacketSummary, b: PacketSummary): boolean {
  return a.protocol === b.protocol && a.src === b.src && a.dst === b.dst && a.sport === b.sport && a.dport === b.dport;
}

/** The one goes back where the other came from. */
export function isReverse(a: PacketSummary, b: PacketSummary): boolean {
  return a.protocol === b.protocol && a.src === b.dst && a.dst === b.src && a.sport === b.dport && a.dport === b.sport;
}

export function endText(addr: string, port: number): string {
  return port === 0 ? addr : `${addr}:${port}`;
}
