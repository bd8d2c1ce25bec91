// struct sock and struct inet_sock in one: what every IPv4 socket has (include/net/sock.h, include/net/inet_sock.h).

import type { Ipv4 } from "../addr/ipv4.ts";
import { formatIpv4, INADDR_ANY, parseIpv4 } from "../addr/ipv4.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import { IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP } from "../wire/ipv4-fields.ts";
import type { SockErrno } from "./errno.ts";
import { SockError } from "./errno.ts";

/** An address where programs give one: u32 or canonical text. */
export type AddrLike = Ipv4 | string;

/** An address and a port. */
export interface Endpoint {
  readonly addr: Ipv4;
  readonly port: number;
}

/** IP_MTU_DISCOVER: want sets DF on what fits the path, do sets it and refuses what does not fit, dont never sets it. */
export type PmtuDisc = "want" | "do" | "dont";

/** Options every socket understands. */
export interface SockOptions {
  /** SO_MARK, u32. */
  readonly mark?: number;
  /** SO_BINDTODEVICE: device name. */
  readonly device?: string;
  /** IP_TOS. */
  readonly tos?: number;
  /** IP_TTL; net.ipv4.ip_default_ttl unless set. */
  readonly ttl?: number;
  readonly pmtuDisc?: PmtuDisc;
  /** The program, as `ss -p` would name it; also shown in journeys. */
  readonly owner?: string;
}

const PROTO_NAMES: Readonly<Record<number, string>> = {
  [IPPROTO_ICMP]: "icmp",
  [IPPROTO_TCP]: "tcp",
  [IPPROTO_UDP]: "udp",
};

export class Sock {
  readonly ns: NetNamespace;
  /** IPPROTO_*. */
  readonly proto: number;
  /** inet_rcv_saddr: the local address, 0 is any. */
  saddr: Ipv4 = INADDR_ANY;
  /** inet_num: the local port, 0 while there is none. */
  sport = 0;
  /** inet_daddr: the peer, 0 while not connected. */
  daddr: Ipv4 = INADDR_ANY;
  dport = 0;
  /** SO_MARK. */
  mark = 0;
  /** sk_bound_dev_if: ifindex of SO_BINDTODEVICE, 0 is none. */
  boundDevIf = 0;
  tos = 0;
  /** uc_ttl; -1 is the namespace's default. */
  ttl = -1;
  pmtuDisc: PmtuDisc = "want";
  /** inet_id: the counter connected sockets take IP ids from. */
  inetId = 0;
  owner = "";

  constructor(ns: NetNamespace, proto: number) {
    this.ns = ns;
    this.proto = proto;
  }

  /** Next IP id of a connected socket. */
  nextInetId(): number {
    const id = this.inetId;
    this.inetId = (id + 1) & 0xffff;
    return id;
  }

  /** For journeys: `tcp 10.0.0.1:80 (nginx)`. */
  describe(): string {
    const name = PROTO_NAMES[this.proto] ?? `ip-proto-${this.proto}`;
    return `${name} ${formatIpv4(this.saddr)}:${this.sport}${this.owner === "" ? "" : ` (${this.owner})`}`;
  }
}

/** Set the common options. Throws SockError ENODEV when the named device does not exist. */
export function sockSetOptions(sk: Sock, o: SockOptions): void {
  sk.mark = o.mark ?? 0;
  sk.tos = o.tos ?? 0;
  sk.ttl = o.ttl ?? -1;
  sk.pmtuDisc = o.pmtuDisc ?? "want";
  sk.owner = o.owner ?? "";
  if (o.device === undefined) return;
  const dev = sk.ns.devices.byName(o.device);
  if (dev === undefined) throw new SockError("ENODEV", `device ${o.device}`);
  sk.boundDevIf = dev.ifindex;
}

/** Text or number → address. Throws SockError EINVAL for what is no IPv4 address. */
export function toAddr(addr: AddrLike | undefined): Ipv4 {
  if (addr === undefined) return INADDR_ANY;
  if (typeof addr === "number") return addr;
  const parsed = parseIpv4(addr);
  if (parsed === undefined) throw new SockError("EINVAL", addr);
  return parsed;
}

/** bind(): an own address (or broadcast), any, or anything with ip_nonlocal_bind. */
export function bindable(ns: NetNamespace, addr: Ipv4): SockErrno | undefined {
  if (addr === INADDR_ANY || ns.ipv4.sysctls.ip_nonlocal_bind !== 0 || addr >>> 24 === 127) return undefined;
  return ns.ipv4.addrOwners.has(addr | 0) ? undefined : "EADDRNOTAVAIL";
}

/**
 * Wake a program: its callback runs when the packets of this moment are through, as a process wakes after the softirq.
 * What it sends is processed at once behind it.
 */
export function skDataReady(ns: NetNamespace, fn: () => void): void {
  ns.world.clock.schedule(0, () => {
    fn();
    ns.world.softirq();
  });
}
