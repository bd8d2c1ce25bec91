// The sockets of one namespace: demultiplexing tables, what is drawn at random, and the values a run may pin.
// Registers the transport protocols with IPv4 (inet_add_protocol).

import type { Random } from "@kubehop/sim";
import type { Ipv4 } from "../addr/ipv4.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import { IPPROTO_TCP, IPPROTO_UDP } from "../wire/ipv4-fields.ts";
import type { TcpOptions } from "../wire/tcp-fields.ts";
import { newTcpOptions } from "../wire/tcp-fields.ts";
import type { SockErrno } from "./errno.ts";
import type { PingSock } from "./ping.ts";
import { pingErr, pingRcv } from "./ping.ts";
import { tcpQuotedSock, tcpV4Err, tcpV4Rcv } from "./tcp-ipv4.ts";
import { registerTcpSysctls, TcpSysctls } from "./tcp-sysctls.ts";
import { TcpTable } from "./tcp-table.ts";
import type { InitialWindow } from "./tcp-window.ts";
import { tcpSelectInitialWindow } from "./tcp-window.ts";
import { udpErr, udpOwns, udpRcv } from "./udp-input.ts";
import type { UdpEncapHandler } from "./udp-table.ts";
import { UdpTable } from "./udp-table.ts";

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
  /** TCP timestamp value at virtual time 0, u32; no per-pair offset then. */
  tsBase?: number;
  /** Window scale that is offered. */
  wscale?: number;
  /** ICMP identifiers of ping sockets. */
  pingId?: number[];
}

export class SockTables {
  readonly ns: NetNamespace;
  readonly udp = new UdpTable();
  readonly tcp = new TcpTable();
  /** Ping sockets by identifier. */
  readonly ping = new Map<number, PingSock>();
  readonly tcpSysctls: TcpSysctls;
  pins: SockPins = {};
  /** table_perturb: how far the search for a source port has moved on, in steps of two ports, by slot of the hash. */
  readonly portPerturb = new Map<number, number>();
  /** Ports, ids and identifiers are drawn here. */
  readonly random: Random;
  /** Keys of the hashes of this boot (net_secret, ts_secret). */
  private readonly secrets: readonly [number, number, number];
  /** The one parsed option set of the receive path. */
  readonly tcpOptions: TcpOptions = newTcpOptions();

  constructor(ns: NetNamespace) {
    this.ns = ns;
    this.random = ns.world.random.fork(`sock ${ns.name}`);
    this.secrets = [this.random.u32(), this.random.u32(), this.random.u32()];
    this.tcpSysctls = new TcpSysctls(ns.flavour);
    registerTcpSysctls(ns.sysctl, this.tcpSysctls, ns.flavour);
    ns.ipv4.protocols[IPPROTO_UDP] = {
      handler: (pkt) => udpRcv(ns, pkt),
      errHandler: (pkt, type, code, info) => udpErr(ns, pkt, type, code, info),
      owns: (pkt) => udpOwns(ns, pkt),
    };
    ns.ipv4.protocols[IPPROTO_TCP] = {
      handler: (pkt) => tcpV4Rcv(ns, pkt),
      errHandler: (pkt, type, code) => tcpV4Err(ns, pkt, type, code),
      owns: (pkt) => tcpQuotedSock(ns, pkt) !== undefined,
    };
    ns.ipv4.pingRcv = (pkt) => pingRcv(ns, pkt);
    ns.ipv4.pingErr = (pkt, type, code, info) => pingErr(ns, pkt, type, code, info);
  }

  /** setup_udp_tunnel_sock: datagrams to `port` on any address go to `handler`, which gets pkt.head at the UDP header. EADDRINUSE when taken. */
  udpEncap(port: number, handler: UdpEncapHandler): SockErrno | undefined {
    if (this.udp.clash(0 as Ipv4, port)) return "EADDRINUSE";
    this.udp.encap.set(port, handler);
    return undefined;
  }

  /** Free the port of a tunnel again. */
  udpEncapRelease(port: number): void {
    this.udp.encap.delete(port);
  }

  /** Does a socket hold this local address and port? */
  portInUse(proto: number, addr: Ipv4, port: number): boolean {
    if (proto === IPPROTO_UDP) return this.udp.clash(addr, port);
    return this.tcp.listenClash(addr, port, 0) || this.tcp.usesLocal(addr, port);
  }

  /** First IP id of a connected socket. */
  takeIpId(): number {
    return this.pins.ipId?.shift() ?? this.random.below(0x10000);
  }

  /** secure_tcp_seq: a hash of the connection, and a clock of 64 ns ticks (RFC 6528). */
  secureTcpSeq(saddr: Ipv4, daddr: Ipv4, sport: number, dport: number): number {
    const pinned = this.pins.isn?.shift();
    if (pinned !== undefined) return pinned >>> 0;
    const hash = mix(mix(mix(this.secrets[0], saddr), daddr), sport * 0x10000 + dport);
    return (hash + Math.floor(this.ns.world.now * 15_625)) >>> 0;
  }

  /** secure_ipv4_port_ephemeral: where the search for a source port begins, even numbers of the low half first. */
  portOffset(saddr: Ipv4, daddr: Ipv4, dport: number): number {
    return mix(mix(mix(this.secrets[1], saddr), daddr), dport) >>> 1;
  }

  /** secure_tcp_ts_off: per pair of hosts where the flavour has it. */
  tsOffset(saddr: Ipv4, daddr: Ipv4): number {
    if (!this.ns.flavour.tcpTsOffset || this.pins.tsBase !== undefined) return 0;
    return mix(mix(this.secrets[2], saddr), daddr);
  }

  /** Timestamp value of this moment (tcp_time_stamp), u32. */
  tcpTime(offset: number): number {
    return (Math.floor((this.ns.world.now * this.ns.flavour.tcpTsHz) / 1000) + offset + (this.pins.tsBase ?? 0)) >>> 0;
  }

  /** First window and scale for a peer that may send segments of `mss` bytes. */
  initialWindow(mss: number, wscaleOk: boolean): InitialWindow {
    const window = tcpSelectInitialWindow(this.ns.flavour, this.tcpSysctls, mss, wscaleOk);
    return this.pins.wscale === undefined || !wscaleOk ? window : { ...window, wscale: this.pins.wscale };
  }
}

/** One step of MurmurHash3 with its finaliser: spreads connections, guards nothing. */
function mix(h: number, v: number): number {
  let x = Math.imul(h ^ Math.imul(v, 0xcc9e2d51), 0x1b873593);
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
