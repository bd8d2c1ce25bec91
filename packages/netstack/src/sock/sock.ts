// struct sock and struct inet_sock in one: what every IPv4 socket has (include/net/sock.h, include/net/inet_sock.h).

import type { Ipv4 } from "../addr/ipv4.ts";
import { formatIpv4 } from "../addr/ipv4.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";

/** An address and a port of the peer. */
export interface Endpoint {
  readonly addr: Ipv4;
  readonly port: number;
}

/** Options every socket understands. */
export interface SockOptions {
  /** SO_MARK, u32. */
  readonly mark?: number;
  /** SO_BINDTODEVICE. */
  readonly device?: string;
  /** IP_TOS. */
  readonly tos?: number;
  /** IP_TTL; net.ipv4.ip_default_ttl unless set. */
  readonly ttl?: number;
  /** IP_MTU_DISCOVER: true (default) sets DF (IP_PMTUDISC_WANT), false clears it (IP_PMTUDISC_DONT). */
  readonly df?: boolean;
  /** What `ss -p` would show; also the name in journeys. */
  readonly owner?: string;
}

export class Sock {
  readonly ns: NetNamespace;
  /** IPPROTO_*. */
  readonly proto: number;
  /** inet_rcv_saddr: the bound address, 0 is any. */
  saddr = 0 as Ipv4;
  /** inet_num. */
  sport = 0;
  /** inet_daddr: the peer, 0 while not connected. */
  daddr = 0 as Ipv4;
  dport = 0;
  /** SO_MARK. */
  mark = 0;
  /** sk_bound_dev_if: ifindex of SO_BINDTODEVICE, 0 is none. */
  boundDevIf = 0;
  tos = 0;
  /** uc_ttl; -1 is the namespace's default. */
  ttl = -1;
  /** True: DF is set on what this socket sends. */
  df = true;
  /** inet_id: the counter connected sockets take IP ids from. */
  inetId = 0;
  owner: string;

  constructor(ns: NetNamespace, proto: number, owner: string) {
    this.ns = ns;
    this.proto = proto;
    this.owner = owner;
  }

  /** Next IP id of a connected socket. */
  nextInetId(): number {
    const id = this.inetId;
    this.inetId = (id + 1) & 0xffff;
    return id;
  }

  /** For journeys: `tcp 10.0.0.1:80`. */
  describe(): string {
    const name = this.proto === 6 ? "tcp" : this.proto === 17 ? "udp" : this.proto === 1 ? "icmp" : `proto ${this.proto}`;
    const owner = this.owner === "" ? "" : ` (${this.owner})`;
    return `${name} ${formatIpv4(this.saddr)}:${this.sport}${owner}`;
  }
}

/** Set the common options. ENODEV when the named device does not exist. */
export function sockSetOptions(sk: Sock, o: SockOptions): "ENODEV" | undefined {
  sk.mark = o.mark ?? 0;
  sk.tos = o.tos ?? 0;
  sk.ttl = o.ttl ?? -1;
  sk.df = o.df ?? true;
  if (o.device === undefined) return undefined;
  const dev = sk.ns.devices.byName(o.device);
  if (dev === undefined || dev === null) return "ENODEV";
  sk.boundDevIf = dev.ifindex;
  return undefined;
}
