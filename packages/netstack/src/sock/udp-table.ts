// UDP demultiplexing (net/ipv4/udp.c: udp4_lib_lookup, compute_score): by local port, the most specific socket wins.

import type { Ipv4 } from "../addr/ipv4.ts";
import type { Packet } from "../skb/packet.ts";
import type { UdpSock } from "./udp.ts";

/** Takes a datagram of a tunnel: pkt.nh is the outer IPv4 header, pkt.head the UDP header. The handler ends the packet or passes it on. */
export type UdpEncapHandler = (pkt: Packet) => void;

export class UdpTable {
  private readonly ports = new Map<number, UdpSock[]>();
  /** Kernel sockets of tunnels, bound to any address. */
  readonly encap = new Map<number, UdpEncapHandler>();

  add(sk: UdpSock): void {
    const list = this.ports.get(sk.sport);
    if (list === undefined) this.ports.set(sk.sport, [sk]);
    else list.push(sk);
  }

  remove(sk: UdpSock): void {
    const rest = (this.ports.get(sk.sport) ?? []).filter((s) => s !== sk);
    if (rest.length === 0) this.ports.delete(sk.sport);
    else this.ports.set(sk.sport, rest);
  }

  /** A bind to addr:port would clash with a socket on the same or on any address. */
  clash(addr: Ipv4, port: number): boolean {
    if (this.encap.has(port)) return true;
    return (this.ports.get(port) ?? []).some((s) => s.boundAddr === 0 || addr === 0 || s.boundAddr === addr);
  }

  /** The best socket for a datagram from saddr:sport to daddr:dport received on ifindex `dif`. */
  lookup(saddr: Ipv4, sport: number, daddr: Ipv4, dport: number, dif: number): UdpSock | null {
    const list = this.ports.get(dport);
    if (list === undefined) return null;
    let best: UdpSock | null = null;
    let bestScore = -1;
    for (const sk of list) {
      const score = computeScore(sk, saddr, sport, daddr, dif);
      if (score > bestScore) {
        best = sk;
        bestScore = score;
      }
    }
    return best;
  }

  /** All sockets a broadcast or multicast datagram goes to. */
  lookupAll(saddr: Ipv4, sport: number, daddr: Ipv4, dport: number, dif: number): UdpSock[] {
    return (this.ports.get(dport) ?? []).filter((sk) => computeScore(sk, saddr, sport, daddr, dif) >= 0);
  }

  /** All sockets, by port. */
  *list(): Iterable<UdpSock> {
    for (const list of this.ports.values()) yield* list;
  }
}

/** -1: does not match. A given peer counts most, then the bound device, then the local address. */
function computeScore(sk: UdpSock, saddr: Ipv4, sport: number, daddr: Ipv4, dif: number): number {
  if (sk.saddr !== 0 && sk.saddr !== daddr) return -1;
  let score = sk.saddr === 0 ? 0 : 1;
  if (sk.daddr !== 0) {
    if (sk.daddr !== saddr) return -1;
    score += 4;
  }
  if (sk.dport !== 0) {
    if (sk.dport !== sport) return -1;
    score += 4;
  }
  if (sk.boundDevIf !== 0) {
    if (sk.boundDevIf !== dif) return -1;
    score += 4;
  }
  return score;
}
