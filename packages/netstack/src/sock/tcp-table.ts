// TCP demultiplexing (net/ipv4/inet_hashtables.c): connections by four-tuple, listeners by port. Keys are numbers.

import type { Ipv4 } from "../addr/ipv4.ts";
import { INADDR_ANY } from "../addr/ipv4.ts";
import type { TcpListener, TcpRequestSock } from "./tcp-listen.ts";
import type { TcpSock } from "./tcp-sock.ts";
import type { TcpTimewaitSock } from "./tcp-timewait.ts";

export type TcpEntry = TcpSock | TcpRequestSock | TcpTimewaitSock;

/** 48 bits: exact in a double. */
function half(addr: Ipv4, port: number): number {
  return addr * 65536 + port;
}

export class TcpTable {
  /** ehash: local half → remote half → entry. */
  private readonly established = new Map<number, Map<number, TcpEntry>>();
  private readonly listeners = new Map<number, TcpListener[]>();

  hash(sk: TcpEntry): void {
    const local = half(sk.saddr, sk.sport);
    let peers = this.established.get(local);
    if (peers === undefined) {
      peers = new Map();
      this.established.set(local, peers);
    }
    peers.set(half(sk.daddr, sk.dport), sk);
  }

  /** Removes exactly this entry: another may have taken the tuple since. */
  unhash(sk: TcpEntry): void {
    const local = half(sk.saddr, sk.sport);
    const peers = this.established.get(local);
    const remote = half(sk.daddr, sk.dport);
    if (peers === undefined || peers.get(remote) !== sk) return;
    peers.delete(remote);
    if (peers.size === 0) this.established.delete(local);
  }

  /** __inet_lookup_established. */
  lookupEstablished(saddr: Ipv4, sport: number, daddr: Ipv4, dport: number): TcpEntry | undefined {
    return this.established.get(half(daddr, dport))?.get(half(saddr, sport));
  }

  /** Any connection on this local address and port. */
  usesLocal(addr: Ipv4, port: number): boolean {
    return this.established.has(half(addr, port));
  }

  listen(sk: TcpListener): void {
    const list = this.listeners.get(sk.sport);
    if (list === undefined) this.listeners.set(sk.sport, [sk]);
    else list.push(sk);
  }

  unlisten(sk: TcpListener): void {
    const rest = (this.listeners.get(sk.sport) ?? []).filter((l) => l !== sk);
    if (rest.length === 0) this.listeners.delete(sk.sport);
    else this.listeners.set(sk.sport, rest);
  }

  /** __inet_lookup_listener: a bound device and a bound address make a listener more specific. */
  lookupListener(daddr: Ipv4, dport: number, dif: number): TcpListener | undefined {
    let best: TcpListener | undefined;
    let bestScore = -1;
    for (const sk of this.listeners.get(dport) ?? []) {
      if (sk.saddr !== INADDR_ANY && sk.saddr !== daddr) continue;
      if (sk.boundDevIf !== 0 && sk.boundDevIf !== dif) continue;
      const score = (sk.boundDevIf !== 0 ? 2 : 0) + (sk.saddr !== INADDR_ANY ? 1 : 0);
      if (score > bestScore) {
        best = sk;
        bestScore = score;
      }
    }
    return best;
  }

  /** bind conflict of a listener: the same port on the same or on any address and device. */
  listenClash(addr: Ipv4, port: number, boundDevIf: number): boolean {
    return (this.listeners.get(port) ?? []).some(
      (l) =>
        (l.saddr === INADDR_ANY || addr === INADDR_ANY || l.saddr === addr) &&
        (l.boundDevIf === 0 || boundDevIf === 0 || l.boundDevIf === boundDevIf),
    );
  }

  /** Listeners, port by port. */
  *listening(): Iterable<TcpListener> {
    for (const list of this.listeners.values()) yield* list;
  }

  /** For `ss`: listeners, then connections. */
  *list(): Iterable<TcpListener | TcpEntry> {
    yield* this.listening();
    for (const peers of this.established.values()) yield* peers.values();
  }
}
