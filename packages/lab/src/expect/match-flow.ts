// Does a packet belong to a flow as a filter names it?
import type { LiveState, PacketSummary } from "../model/outcome.ts";
import type { FlowEnd, FlowSpec } from "../model/step-spec.ts";

/** What names stand for. */
export type Names = Pick<LiveState, "addressOf">;

/** Ends that are not written, or `*`, match anything; names stand for their address. */
export function matchesFlow(
  flow: FlowSpec | undefined,
  packet: Pick<PacketSummary, "protocol" | "src" | "sport" | "dst" | "dport">,
  names: Names,
): boolean {
  if (flow === undefined) return true;
  return (
    packet.protocol === flow.protocol &&
    matchesEnd(flow.from, packet.src, packet.sport, names) &&
    matchesEnd(flow.to, packet.dst, packet.dport, names)
  );
}

/** `address`: dotted text. */
export function matchesEnd(end: FlowEnd, address: string, port: number, names: Names): boolean {
  if (end.port !== undefined && end.port !== port) return false;
  return end.name === "*" || (names.addressOf(end.name) ?? end.name) === address;
}
