// Echo requests and what comes back (net/ipv4/ping.c), the socket under `ping`.

import type { Ipv4 } from "../addr/ipv4.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import type { Packet } from "../skb/packet.ts";
import { RTCF_BROADCAST } from "../ipv4/rtable.ts";
import { ICMP_ECHO, ICMP_HLEN, icmpId, icmpSeq, icmpSetCheck, icmpWrite } from "../wire/icmp-fields.ts";
import { IPPROTO_ICMP, ipDaddr, ipHdrLen, ipSaddr, ipTtl } from "../wire/ipv4-fields.ts";
import type { SockErrno } from "./errno.ts";
import { icmpErrConvert, SockError } from "./errno.ts";
import { IP_HLEN, ipSelectTtl, ipSendSegment, skFlow, skRoute } from "./ip-xmit.ts";
import type { AddrLike, SockOptions } from "./sock.ts";
import { bindable, Sock, skDataReady, sockSetOptions, toAddr } from "./sock.ts";

/** An echo reply. */
export interface PingReply {
  readonly from: Ipv4;
  readonly seq: number;
  readonly ttl: number;
  /** Payload behind the ICMP header. */
  readonly bytes: Uint8Array;
  /** Virtual ms from the request with this sequence number. */
  readonly rtt: number;
}

/** An ICMP error about a request: who reports what. */
export interface PingError {
  /** Address of the reporting host. */
  readonly from: Ipv4;
  readonly seq: number;
  readonly type: number;
  readonly code: number;
  /** MTU of a fragmentation-needed, else 0. */
  readonly info: number;
  readonly errno: SockErrno | undefined;
}

export interface PingOptions extends SockOptions {
  readonly dst: AddrLike;
  readonly src?: AddrLike;
  /** Identifier; a free one unless given. */
  readonly id?: number;
  /** Payload bytes; 56. */
  readonly size?: number;
  readonly broadcast?: boolean;
  onReply?(reply: PingReply): void;
  onError?(error: PingError): void;
}

export class PingSock extends Sock {
  readonly options: PingOptions;
  readonly dst: Ipv4;
  /** Virtual ms by sequence number. */
  readonly sentAt = new Map<number, number>();
  closed = false;

  constructor(ns: NetNamespace, options: PingOptions) {
    super(ns, IPPROTO_ICMP);
    this.options = options;
    this.dst = toAddr(options.dst);
  }

  /** The ICMP identifier. */
  get id(): number {
    return this.sport;
  }

  /** Send one request. EMSGSIZE: larger than the path with `pmtuDisc: "do"`; `payload` overrides the usual pattern. */
  send(seq: number, payload?: Uint8Array): SockErrno | undefined {
    const err = pingSendmsg(this, seq, payload ?? pingPattern(this.options.size ?? 56));
    this.ns.world.softirq();
    return err;
  }

  close(): void {
    this.closed = true;
    this.ns.sockets.ping.delete(this.id);
  }
}

/** Open a ping socket. Throws SockError when the source is not an own address or the identifier is taken. */
export function pingOpen(ns: NetNamespace, options: PingOptions): PingSock {
  const sk = new PingSock(ns, options);
  sockSetOptions(sk, options);
  sk.saddr = toAddr(options.src);
  const refused = bindable(ns, sk.saddr);
  if (refused !== undefined) throw new SockError(refused, "bind");
  sk.sport = pingGetId(ns, options.id);
  ns.sockets.ping.set(sk.id, sk);
  return sk;
}

function pingGetId(ns: NetNamespace, wanted: number | undefined): number {
  if (wanted !== undefined) {
    if (ns.sockets.ping.has(wanted)) throw new SockError("EADDRINUSE", "bind");
    return wanted;
  }
  let id = ns.sockets.pins.pingId?.shift() ?? 1 + ns.sockets.random.below(0xffff);
  while (ns.sockets.ping.has(id)) id = (id % 0xffff) + 1;
  return id;
}

/** Bytes 0, 1, 2 …, as ping fills what its time stamp leaves. */
function pingPattern(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => i & 0xff);
}

/** ping_v4_sendmsg. */
function pingSendmsg(sk: PingSock, seq: number, payload: Uint8Array): SockErrno | undefined {
  if (sk.closed) return "EPIPE";
  if (payload.length + ICMP_HLEN + IP_HLEN > 65535) return "EMSGSIZE";
  const flow = skFlow(sk, sk.dst, 0);
  flow.sport = 0;
  const route = skRoute(sk, flow);
  if (typeof route === "string") return route;
  if ((route.flags & RTCF_BROADCAST) !== 0 && sk.options.broadcast !== true) return "EACCES";
  const fits = IP_HLEN + ICMP_HLEN + payload.length <= route.mtu;
  if (!fits && sk.pmtuDisc === "do") return "EMSGSIZE";
  const pkt = pingBuild(sk, seq, payload);
  sk.sentAt.set(seq, sk.ns.world.now);
  return ipSendSegment(sk.ns, sk, pkt, route, {
    saddr: flow.saddr,
    daddr: flow.daddr,
    proto: IPPROTO_ICMP,
    tos: sk.tos,
    ttl: ipSelectTtl(sk.ns, sk, flow.daddr),
    id: sk.ns.ipv4.selectIdent(flow.daddr, flow.saddr, IPPROTO_ICMP),
    df: sk.pmtuDisc === "do" || (sk.pmtuDisc === "want" && fits),
  });
}

function pingBuild(sk: PingSock, seq: number, payload: Uint8Array): Packet {
  const pkt = sk.ns.world.allocSkb(ICMP_HLEN + payload.length);
  icmpWrite(pkt.buf, pkt.head, ICMP_ECHO, 0, sk.id * 0x10000 + (seq & 0xffff));
  pkt.buf.set(payload, pkt.head + ICMP_HLEN);
  icmpSetCheck(pkt.buf, pkt.head, pkt.len);
  pkt.mark = sk.mark;
  pkt.ignoreDf = sk.pmtuDisc !== "do";
  return pkt;
}

/** ping_rcv: pkt.head is the ICMP header of an echo reply. False: no such socket, the packet stays the caller's. */
export function pingRcv(ns: NetNamespace, pkt: Packet): boolean {
  if (pkt.len < ICMP_HLEN) return false;
  const b = pkt.buf;
  const sk = ns.sockets.ping.get(icmpId(b, pkt.head));
  if (sk === undefined || (sk.boundDevIf !== 0 && sk.boundDevIf !== pkt.dev?.ifindex)) return false;
  if (sk.saddr !== 0 && sk.saddr !== ipDaddr(b, pkt.nh)) return false;
  if (ns.world.tracer !== null) ns.world.trace(ns, pkt, "ping_rcv", { kind: "deliver", socket: sk.describe() });
  const seq = icmpSeq(b, pkt.head);
  const reply: PingReply = {
    from: ipSaddr(b, pkt.nh),
    seq,
    ttl: ipTtl(b, pkt.nh),
    bytes: pkt.bytes(pkt.head + ICMP_HLEN),
    rtt: ns.world.now - (sk.sentAt.get(seq) ?? ns.world.now),
  };
  skDataReady(ns, () => {
    if (!sk.closed) sk.options.onReply?.(reply);
  });
  return true;
}

/** ping_err: pkt.head is the quoted IPv4 header, pkt.nh the outer one. */
export function pingErr(ns: NetNamespace, pkt: Packet, type: number, code: number, info: number): void {
  const b = pkt.buf;
  const ih = pkt.head + ipHdrLen(b, pkt.head);
  if (ih + ICMP_HLEN > pkt.tail || b[ih] !== ICMP_ECHO) return;
  const sk = ns.sockets.ping.get(icmpId(b, ih));
  if (sk === undefined) return;
  const error: PingError = {
    from: ipSaddr(b, pkt.nh),
    seq: icmpSeq(b, ih),
    type,
    code,
    info,
    errno: icmpErrConvert(type, code)?.errno,
  };
  skDataReady(ns, () => {
    if (!sk.closed) sk.options.onError?.(error);
  });
}
