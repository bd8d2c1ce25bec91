// The sockets of one namespace: demultiplexing tables, port allocation, and the values a run may pin.

import type { Ipv4 } from "../addr/ipv4.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import type { Packet } from "../skb/packet.ts";
import type { SockErrno } from "./errno.ts";

/** Takes a datagram of a tunnel: pkt.nh is the outer IPv4 header, head == nh; the handler strips what it strips. Ends the packet or passes it on. */
export type UdpEncapHandler = (pkt: Packet) => void;

/**
 * Values that are random on a real node and that a run may fix, e.g. to print the text of a recorded one. Lists are taken
 * in order by new connections of this namespace; behind their end the normal choice returns.
 */
export interface SockPins {
  /** Initial sequence numbers, u32, of connections opened or accepted here. */
  isn?: number[];
  /** Source ports of sockets that are not bound. */
  sport?: number[];
  /** First IP id of a connection. */
  ipId?: number[];
  /** IP ids of resets made without a socket (kernel flavours whose resets carry one). */
  rstIpId?: number[];
  /** TCP timestamp value at virtual time 0, u32; no per-connection offset then. */
  tsBase?: number;
  /** Window scale that is offered. */
  wscale?: number;
  /** ICMP identifiers of ping sockets. */
  pingId?: number[];
}

export class SockTables {
  readonly ns: NetNamespace;
  pins: SockPins = {};

  constructor(ns: NetNamespace) {
    this.ns = ns;
  }

  /** setup_udp_tunnel_sock: datagrams to `port` on any address go to `handler`. */
  udpEncap(_port: number, _handler: UdpEncapHandler): SockErrno | undefined {
    throw new Error("being written");
  }

  /** Free the port again. */
  udpEncapRelease(_port: number): void {
    throw new Error("being written");
  }

  /** ping_rcv: an echo reply (pkt.nh is the IPv4 header) for the ping sockets; ends the packet. */
  pingRcv(_pkt: Packet): void {
    throw new Error("being written");
  }

  /** ping_err: an ICMP error quotes an echo request of this host; pkt.head is the quoted IPv4 header. */
  pingErr(_pkt: Packet, _type: number, _code: number, _info: number): void {
    throw new Error("being written");
  }

  /** raw_local_deliver: copies for raw sockets; true when one exists, so that no protocol-unreachable is sent. */
  rawLocalDeliver(_pkt: Packet, _proto: number): boolean {
    return false;
  }

  /** Does a TCP or UDP socket listen there? (nat's choice of free ports, programs.) */
  portInUse(_proto: number, _addr: Ipv4, _port: number): boolean {
    return false;
  }
}
