// IPv4 of one namespace (struct netns_ipv4): protocol handlers, sysctls, counters, rate limits, id counters.

import type { Ipv4 } from "../addr/ipv4.ts";
import type { NetDevice } from "../dev/net-device.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import type { Packet } from "../skb/packet.ts";
import { Ipv4DevConf } from "./devconf.ts";
import type { InAddr } from "./in-device.ts";
import type { FragQueue } from "./ip-fragment.ts";
import type { FlowKey, Route } from "./rtable.ts";
import { flowKey } from "./rtable.ts";
import type { RouteErrno } from "./rt-types.ts";
import { SnmpMib } from "./snmp.ts";

/** Counters of selectIdent; its hash has this many bits' worth of values. */
const IDENT_BUCKETS = 2048;

/** A transport protocol above IPv4 (struct net_protocol). */
export interface InetProtocol {
  /** Takes the packet. pkt.nh is the IPv4 header, pkt.head the transport header, pkt.tail its end. */
  handler(pkt: Packet): void;
  /** An ICMP error about a packet we sent. pkt.head is the quoted IPv4 header, pkt.nh the outer one. `info`: MTU of a 3/4, else 0. The packet stays the caller's. */
  errHandler?(pkt: Packet, type: number, code: number, info: number): void;
  /** Is there somebody whose packet an ICMP error quotes? Only then is a path MTU learned from it. pkt.head as for errHandler. */
  owns?(pkt: Packet): boolean;
}

/** Per-host token bucket for ICMP errors and redirects (struct inet_peer). Tokens and times in virtual ms. */
export interface InetPeer {
  rateTokens: number;
  rateLast: number;
  redirects: number;
}

/** The integer sysctls net.ipv4.<name>. */
export class Ipv4Sysctls {
  ip_forward = 0;
  ip_default_ttl = 64;
  ip_no_pmtu_disc = 0;
  ip_forward_use_pmtu = 0;
  ip_nonlocal_bind = 0;
  ip_forward_update_priority = 1;
  min_pmtu = 552;
  icmp_echo_ignore_all = 0;
  icmp_echo_ignore_broadcasts = 1;
  icmp_ignore_bogus_error_responses = 1;
  icmp_errors_use_inbound_ifaddr = 0;
  /** ms. */
  icmp_ratelimit = 1000;
  icmp_ratemask = 6168;
  icmp_msgs_per_sec = 1000;
  icmp_msgs_burst = 50;
  /** Seconds. */
  ipfrag_time = 30;
  ipfrag_high_thresh = 4194304;
  fib_multipath_hash_policy = 0;
  fib_multipath_use_neigh = 0;
  fwmark_reflect = 0;
  ping_group_first = 1;
  ping_group_last = 0;
  local_port_first = 32768;
  local_port_last = 60999;
}

export class Ipv4State {
  readonly ns: NetNamespace;
  readonly sysctls = new Ipv4Sysctls();
  readonly confAll = new Ipv4DevConf();
  readonly confDefault = new Ipv4DevConf();
  readonly mib = new SnmpMib();
  /** Handlers by IP protocol number. */
  readonly protocols: (InetProtocol | undefined)[] = [];
  /** Echo replies for ping sockets: pkt.head at the ICMP header; true when a socket took the packet. */
  pingRcv: ((pkt: Packet) => boolean) | null = null;
  /** Errors about echo requests: as InetProtocol.errHandler of ICMP. */
  pingErr: ((pkt: Packet, type: number, code: number, info: number) => void) | null = null;
  /** icmp_send, set by registerIpv4: layers below ICMP reach it here. */
  icmpSend: (pkt: Packet, type: number, code: number, info: number) => void = unregistered;
  /** ICMP and redirect limits by peer address. */
  readonly peers = new Map<number, InetPeer>();
  /** Global ICMP credit and the virtual ms of its last refill. */
  icmpCredit = 0;
  icmpStamp = Number.NEGATIVE_INFINITY;
  /** An ICMP message is on its way out (icmp_xmit_lock): none is made because of it, e.g. when OUTPUT rejects an echo reply. */
  icmpBusy = false;
  /** A POST_ROUTING hook dropped the packet that is being sent: its sender is told (ip_local_out's return value). */
  outputDropped = false;
  /** The last packet that could not be routed again, and why (NF_DROP_ERR of the hook that asked). */
  rerouteFailure: { readonly pkt: Packet; readonly errno: RouteErrno } | null = null;
  /** Reassembly queues by id * 256 + protocol; addresses and user are compared. */
  readonly fragQueues = new Map<number, FragQueue[]>();
  /** Bytes that waiting fragments hold, bounded by ipfrag_high_thresh. */
  fragMemory = 0;
  /** Unreachable decisions by errno word. */
  readonly errorRoutes = new Map<string, Route>();
  /** Who hears of addresses that come and go (inetaddr_chain): NAT flushes masqueraded flows here. */
  readonly addrChain: ((event: "up" | "down", dev: NetDevice, ifa: InAddr) => void)[] = [];
  /** Owners of every address of the namespace: int32 address → number of devices that have it (inet_addr_lst). */
  readonly addrOwners = new Map<number, number>();
  /** Scratch of route input. */
  readonly inputKey: FlowKey = flowKey(0 as Ipv4);
  /** Keys the multipath hash; per boot in the kernel, per namespace here. */
  readonly multipathSeed: number;
  /** Counter buckets of ip_idents_reserve. */
  private idents: Uint16Array | null = null;

  constructor(ns: NetNamespace) {
    this.ns = ns;
    this.multipathSeed = ns.world.random.fork(`multipath ${ns.name}`).u32();
    // What the kernel sets apart from the struct's zeroes (net/ipv4/devinet.c): `default` accepts source routes, `all` does not.
    this.confDefault.accept_source_route = 1;
  }

  /** __ip_select_ident: the next IP id for this pair and protocol, and `count - 1` behind it. Deterministic, starts at 1. */
  selectIdent(daddr: Ipv4, saddr: Ipv4, proto: number, count = 1): number {
    const at = (Math.imul(daddr ^ Math.imul(saddr, 31), 0x9e3779b1) ^ Math.imul(proto, 0x85ebca6b)) >>> 21;
    // Most namespaces never send: made with the first packet.
    this.idents ??= new Uint16Array(IDENT_BUCKETS);
    const id = ((this.idents[at] as number) + 1) & 0xffff;
    this.idents[at] = id + count - 1;
    return id;
  }

  /** inet_getpeer_v4: created with a full bucket. */
  peer(addr: Ipv4): InetPeer {
    let peer = this.peers.get(addr);
    if (peer === undefined) {
      peer = { rateTokens: 0, rateLast: this.ns.world.now - 60_000, redirects: 0 };
      this.peers.set(addr, peer);
    }
    return peer;
  }
}

function unregistered(): never {
  throw new Error("IPv4 is not registered in this namespace");
}
