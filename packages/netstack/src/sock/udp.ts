// UDP sockets: open, send, and the program's side of receiving (net/ipv4/udp.c).

import type { Ipv4 } from "../addr/ipv4.ts";
import { INADDR_ANY, isMulticast } from "../addr/ipv4.ts";
import { appendedPieces } from "../ipv4/ip-do-fragment.ts";
import type { Route } from "../ipv4/rtable.ts";
import { RTCF_BROADCAST } from "../ipv4/rtable.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import { CHECKSUM_PARTIAL } from "../skb/packet.ts";
import type { Packet } from "../skb/packet.ts";
import { IPPROTO_UDP } from "../wire/ipv4-fields.ts";
import { UDP_HLEN, udpSetCheck, udpSetPartialCheck, udpWrite } from "../wire/udp-fields.ts";
import type { SockErrno } from "./errno.ts";
import { SockError } from "./errno.ts";
import { IP_HLEN, ipSelectTtl, ipSendSegment, skFlow, skRoute } from "./ip-xmit.ts";
import { randomPort } from "./ports.ts";
import type { AddrLike, Endpoint, SockOptions } from "./sock.ts";
import { bindable, Sock, sockSetOptions, toAddr } from "./sock.ts";

/** Largest payload of a datagram. */
const UDP_MAX_PAYLOAD = 65535 - IP_HLEN - UDP_HLEN;

export interface UdpOptions extends SockOptions {
  /** Address to bind; any unless given. */
  readonly addr?: AddrLike;
  /** Port to bind; a free one unless given. */
  readonly port?: number;
  /** connect(): send() goes there, only its datagrams and errors arrive. */
  readonly connectTo?: { readonly addr: AddrLike; readonly port: number };
  /** SO_BROADCAST: without it a datagram to a broadcast address is refused (EACCES). */
  readonly broadcast?: boolean;
  /** IP_RECVERR: every ICMP error arrives, also at sockets that are not connected. */
  readonly recvErr?: boolean;
  /** `to` is the address the datagram was sent to (IP_PKTINFO). */
  onData?(bytes: Uint8Array, from: Endpoint, to: Ipv4): void;
  /** `about`: whom the failed datagram was meant for, and who says what (IP_RECVERR's sock_extended_err). */
  onError?(errno: SockErrno, about: UdpErrorAbout): void;
}

export interface UdpErrorAbout extends Endpoint {
  /** The ICMP message; info is the MTU of a fragmentation-needed, else 0. */
  readonly report: { readonly from: Ipv4; readonly type: number; readonly code: number; readonly info: number };
}

export class UdpSock extends Sock {
  readonly options: UdpOptions;
  /** inet_rcv_saddr as bound by hand, for clashes. */
  boundAddr: Ipv4 = INADDR_ANY;
  closed = false;
  /** sk_err: reported by the next call. */
  pendingError: SockErrno | undefined;

  constructor(ns: NetNamespace, options: UdpOptions) {
    super(ns, IPPROTO_UDP);
    this.options = options;
  }

  /** Datagram to the connected peer. */
  send(bytes: Uint8Array): SockErrno | undefined {
    if (this.daddr === 0) return "EDESTADDRREQ";
    return this.sendTo(bytes, this.daddr, this.dport);
  }

  /** sendto(). The errno of this call, undefined when the datagram was handed to IP. `from`: source address of this datagram (IP_PKTINFO). */
  sendTo(bytes: Uint8Array, addr: AddrLike, port: number, from?: AddrLike): SockErrno | undefined {
    const err = this.takeError() ?? udpSendmsg(this, bytes, toAddr(addr), port, toAddr(from));
    this.ns.world.softirq();
    return err;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.ns.sockets.udp.remove(this);
  }

  /** An error that arrived since the last call; the kernel reports it once, to the next call. */
  private takeError(): SockErrno | undefined {
    const err = this.pendingError;
    this.pendingError = undefined;
    return err;
  }
}

/** socket + bind + connect. Throws SockError EADDRINUSE, EADDRNOTAVAIL, ENETUNREACH … */
export function udpOpen(ns: NetNamespace, options: UdpOptions): UdpSock {
  const sk = new UdpSock(ns, options);
  sockSetOptions(sk, options);
  sk.boundAddr = toAddr(options.addr);
  sk.saddr = sk.boundAddr;
  const refused = bindable(ns, sk.saddr);
  if (refused !== undefined) throw new SockError(refused, "bind");
  sk.sport = udpGetPort(ns, sk.saddr, options.port ?? 0);
  if (options.connectTo !== undefined) udpConnect(sk, toAddr(options.connectTo.addr), options.connectTo.port);
  ns.sockets.udp.add(sk);
  return sk;
}

function udpGetPort(ns: NetNamespace, addr: Ipv4, wanted: number): number {
  const table = ns.sockets.udp;
  if (wanted !== 0) {
    if (table.clash(addr, wanted)) throw new SockError("EADDRINUSE", "bind");
    return wanted;
  }
  const port = ns.sockets.pins.sport?.shift() ?? randomPort(ns, ns.sockets.random, (p) => !table.clash(addr, p));
  if (port === 0) throw new SockError("EAGAIN", "bind");
  return port;
}

/** ip4_datagram_connect. */
function udpConnect(sk: UdpSock, addr: Ipv4, port: number): void {
  const flow = skFlow(sk, addr, port);
  const route = skRoute(sk, flow);
  if (typeof route === "string") throw new SockError(route, "connect");
  sk.saddr = flow.saddr;
  sk.daddr = flow.daddr;
  sk.dport = port;
  sk.inetId = sk.ns.sockets.takeIpId();
}

/** udp_sendmsg. */
function udpSendmsg(sk: UdpSock, bytes: Uint8Array, daddr: Ipv4, dport: number, from: Ipv4): SockErrno | undefined {
  if (sk.closed) return "EPIPE";
  if (bytes.length > UDP_MAX_PAYLOAD) return "EMSGSIZE";
  if (dport === 0) return "EINVAL";
  const flow = skFlow(sk, daddr, dport, from === 0 ? sk.saddr : from);
  const route = skRoute(sk, flow);
  if (typeof route === "string") return route;
  if ((route.flags & RTCF_BROADCAST) !== 0 && sk.options.broadcast !== true) return "EACCES";
  const pkt = udpBuild(sk, bytes, flow.saddr, flow.daddr, dport, route.mtu);
  if (pkt === null) return "EMSGSIZE";
  sk.ns.ipv4.mib.UdpOutDatagrams++;
  return udpTransmit(sk, pkt, route, flow.saddr, flow.daddr);
}

/** udp_send_skb: header and checksum. A datagram that fits leaves its checksum to hardware; one that IP must cut has it computed. Null: too big for IP_PMTUDISC_DO. */
function udpBuild(sk: UdpSock, bytes: Uint8Array, saddr: Ipv4, daddr: Ipv4, dport: number, mtu: number): Packet | null {
  const len = UDP_HLEN + bytes.length;
  const fits = IP_HLEN + len <= mtu;
  if (!fits && sk.pmtuDisc === "do") return null;
  const pkt = sk.ns.world.allocSkb(len);
  udpWrite(pkt.buf, pkt.head, sk.sport, dport, len);
  pkt.buf.set(bytes, pkt.head + UDP_HLEN);
  if (fits) {
    pkt.ipSummed = CHECKSUM_PARTIAL;
    udpSetPartialCheck(pkt.buf, pkt.head, len, saddr, daddr);
  } else udpSetCheck(pkt.buf, pkt.head, len, saddr, daddr);
  return pkt;
}

function udpTransmit(sk: UdpSock, pkt: Packet, route: Route, saddr: Ipv4, daddr: Ipv4): SockErrno | undefined {
  const fits = IP_HLEN + pkt.len <= route.mtu;
  pkt.mark = sk.mark;
  // ip_sk_ignore_df: with IP_PMTUDISC_WANT the datagram may still be cut here.
  pkt.ignoreDf = sk.pmtuDisc !== "do";
  pkt.fragSizes = appendedPieces(pkt.len, IP_HLEN, route.mtu);
  return ipSendSegment(sk.ns, sk, pkt, route, {
    saddr,
    daddr,
    proto: IPPROTO_UDP,
    tos: sk.tos,
    ttl: isMulticast(daddr) ? 1 : ipSelectTtl(sk.ns, sk, daddr),
    id: sk.daddr !== 0 ? sk.nextInetId() : sk.ns.ipv4.selectIdent(daddr, saddr, IPPROTO_UDP),
    df: sk.pmtuDisc === "do" || (sk.pmtuDisc === "want" && fits),
  });
}
