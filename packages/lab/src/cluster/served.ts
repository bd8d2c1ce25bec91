// Requests that servers saw, tied to who made them: while a request is being served, the connection tables of the namespaces it came
// through still know what it was translated from.

import { formatIpv4, IPPROTO_TCP, IPPROTO_UDP, parseIpv4 } from "@kubehop/netstack";
import type { Endpoint, World } from "@kubehop/netstack";
import type { Served } from "@kubehop/programs";

/** Ends of one direction of a flow: u32 host order, ports, IP protocol number. */
export interface FlowTuple {
  readonly proto: number;
  readonly src: number;
  readonly sport: number;
  readonly dst: number;
  readonly dport: number;
}

export interface ServedRequest extends Served {
  /** The request's tuple as the server saw it, then as it was before each translation, the client's own last. */
  readonly way: readonly FlowTuple[];
}

/** A request as its client knows it. */
export interface ClientEnds {
  readonly protocol: "tcp" | "udp" | "icmp";
  /** Absent: no connection was made. */
  readonly local?: Endpoint;
  readonly remote?: Endpoint;
  /** What the datagram said, when it alone tells it from others of the same ends. */
  readonly data?: Uint8Array;
}

const PROTOCOL_NUMBERS = { tcp: IPPROTO_TCP, udp: IPPROTO_UDP } as const;

/** To be called while the server takes the request: later the entries may be gone. */
export function servedRequest(world: World, served: Served): ServedRequest {
  const way: FlowTuple[] = [
    {
      proto: PROTOCOL_NUMBERS[served.protocol],
      src: parseIpv4(served.client) ?? 0,
      sport: served.clientPort,
      dst: parseIpv4(served.address) ?? 0,
      dport: served.port,
    },
  ];
  // The list grows while it is walked: a translation may have been translated before.
  for (const tuple of way) way.push(...origins(world, tuple).filter((found) => !way.some((t) => sameTuple(t, found))));
  return { ...served, way };
}

/** What the tuple was before NAT of any namespace: its answer is the reply direction of an entry there. */
function origins(world: World, { proto, src, sport, dst, dport }: FlowTuple): FlowTuple[] {
  const answer = { proto, src: dst, sport: dport, dst: src, dport: sport };
  const found: FlowTuple[] = [];
  for (const { ct } of world.namespaces.values()) {
    const entry = ct.peek(answer)?.ct;
    if (entry !== undefined && sameTuple(entry.reply, answer)) found.push({ ...tupleOf(entry.orig) });
  }
  return found;
}

function tupleOf({ proto, src, sport, dst, dport }: FlowTuple): FlowTuple {
  return { proto, src, sport, dst, dport };
}

function sameTuple(a: FlowTuple, b: FlowTuple): boolean {
  return a.proto === b.proto && a.src === b.src && a.sport === b.sport && a.dst === b.dst && a.dport === b.dport;
}

/** The newest record, from index `since` on, of the request with these ends at its client; undefined: no server saw it. */
export function servedFor(
  served: readonly ServedRequest[],
  since: number,
  client: ClientEnds,
): ServedRequest | undefined {
  const { protocol, local, remote, data } = client;
  if (protocol === "icmp" || local === undefined || remote === undefined) return undefined;
  const own: FlowTuple = {
    proto: PROTOCOL_NUMBERS[protocol],
    src: local.addr,
    sport: local.port,
    dst: remote.addr,
    dport: remote.port,
  };
  return served
    .slice(since)
    .findLast(
      (one) => one.way.some((tuple) => sameTuple(tuple, own)) && (data === undefined || sameBytes(one.data, data)),
    );
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a?.length === b.length && b.every((byte, i) => a[i] === byte);
}

/** `tcp 10.244.1.2:40000 > 10.244.2.3:80`. */
export function tupleText({ proto, src, sport, dst, dport }: FlowTuple): string {
  const protocol = proto === IPPROTO_UDP ? "udp" : "tcp";
  return `${protocol} ${formatIpv4(src)}:${sport} > ${formatIpv4(dst)}:${dport}`;
}
