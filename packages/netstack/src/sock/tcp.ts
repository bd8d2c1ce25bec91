// TCP for programs: connect and listen (net/ipv4/tcp_ipv4.c: tcp_v4_connect; inet_connection_sock.c: inet_csk_listen_start).

import type { Ipv4 } from "../addr/ipv4.ts";
import { RTCF_BROADCAST, RTCF_MULTICAST } from "../ipv4/rtable.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import { TCP_SYN } from "../wire/tcp-fields.ts";
import type { SockErrno } from "./errno.ts";
import { SockError } from "./errno.ts";
import { skFlow, skRoute } from "./ip-xmit.ts";
import { connectPort } from "./ports.ts";
import type { AddrLike, SockOptions } from "./sock.ts";
import { bindable, sockSetOptions, toAddr } from "./sock.ts";
import { tcpFail } from "./tcp-close.ts";
import type { OnConnection } from "./tcp-listen.ts";
import { TcpListener } from "./tcp-listen.ts";
import { tcpPushPendingFrames, tcpQueueSegment } from "./tcp-output.ts";
import type { TcpCallbacks } from "./tcp-sock.ts";
import { TcpSock } from "./tcp-sock.ts";
import { TCP_SYN_SENT } from "./tcp-states.ts";
import { TCP_TIMERS } from "./tcp-timer.ts";
import { routeAdvmss, tcpSyncMss } from "./tcp-window.ts";

export interface TcpConnectOptions extends SockOptions {
  readonly dst: AddrLike;
  readonly dport: number;
  /** Source address and port to bind; chosen by route and range unless given. */
  readonly src?: AddrLike;
  readonly sport?: number;
  /** TCP_NODELAY. */
  readonly nodelay?: boolean;
  readonly on: TcpCallbacks;
}

export interface TcpListenOptions extends SockOptions {
  readonly addr?: AddrLike;
  readonly port: number;
  /** Connections waiting for accept; net.core.somaxconn bounds it. */
  readonly backlog?: number;
  /** Called for each new connection; what it returns hears of it. */
  readonly onConnection: OnConnection;
}

/** connect(). Errors, immediate ones too, come by `on.error`. */
export function tcpConnect(ns: NetNamespace, options: TcpConnectOptions): TcpSock {
  const sk = new TcpSock(ns, options.on, TCP_TIMERS);
  const refused = startConnect(sk, options);
  if (refused !== undefined) tcpFail(sk, refused);
  ns.world.softirq();
  return sk;
}

function startConnect(sk: TcpSock, options: TcpConnectOptions): SockErrno | undefined {
  sockSetOptions(sk, options);
  sk.nodelay = options.nodelay ?? false;
  const src = toAddr(options.src);
  return bindable(sk.ns, src) ?? tcpV4Connect(sk, src, options.sport ?? 0, toAddr(options.dst), options.dport);
}

/** tcp_v4_connect: route, source address, source port, then the SYN. */
function tcpV4Connect(sk: TcpSock, src: Ipv4, sport: number, dst: Ipv4, dport: number): SockErrno | undefined {
  sk.dport = dport;
  const flow = skFlow(sk, dst, dport, src);
  const route = skRoute(sk, flow);
  if (typeof route === "string") return route;
  // "Connecting to broadcast or multicast makes no sense": tcp_v4_connect refuses them.
  if ((route.flags & (RTCF_BROADCAST | RTCF_MULTICAST)) !== 0) return "ENETUNREACH";
  sk.saddr = flow.saddr;
  sk.daddr = flow.daddr;
  const port = inetHashConnect(sk, sport);
  if (typeof port === "string") return port;
  sk.sport = port;
  sk.inetId = sk.ns.sockets.takeIpId();
  tcpConnectInit(sk, routeAdvmss(route), route.mtu);
  sk.ns.sockets.tcp.hash(sk);
  sk.ns.ipv4.mib.TcpActiveOpens++;
  tcpSendSyn(sk);
  return undefined;
}

/** inet_hash_connect: a port whose four-tuple is free. */
function inetHashConnect(sk: TcpSock, wanted: number): number | SockErrno {
  const { ns, saddr, daddr, dport } = sk;
  const isFree = (port: number): boolean => tupleFree(sk, port);
  if (wanted !== 0) return isFree(wanted) ? wanted : "EADDRNOTAVAIL";
  const pinned = ns.sockets.pins.sport?.shift();
  if (pinned !== undefined) return pinned;
  const port = connectPort(ns, ns.sockets.portOffset(saddr, daddr, dport), isFree);
  return port === 0 ? "EADDRNOTAVAIL" : port;
}

/** A listener on the port forbids it, and so does any entry with the same four-tuple, TIME_WAIT included. */
function tupleFree(sk: TcpSock, port: number): boolean {
  const table = sk.ns.sockets.tcp;
  if (table.listenClash(sk.saddr, port, sk.boundDevIf)) return false;
  return table.lookupEstablished(sk.daddr, sk.dport, sk.saddr, port) === undefined;
}

/** tcp_connect_init: sequence numbers, windows, options to offer. */
function tcpConnectInit(sk: TcpSock, advmss: number, mtu: number): void {
  const { sockets } = sk.ns;
  const isn = sockets.secureTcpSeq(sk.saddr, sk.daddr, sk.sport, sk.dport);
  sk.sndUna = isn;
  sk.sndNxt = isn;
  sk.writeSeq = isn;
  sk.sndSml = isn;
  sk.advmss = advmss;
  sk.tsOk = sockets.tcpSysctls.tcp_timestamps !== 0;
  sk.wscaleOk = sockets.tcpSysctls.tcp_window_scaling !== 0;
  sk.tsOffset = sockets.tsOffset(sk.saddr, sk.daddr);
  const window = sockets.initialWindow(advmss, sk.wscaleOk);
  sk.rcvWnd = window.rcvWnd;
  sk.rcvSpace = window.space;
  sk.rcvWscale = window.wscale;
  tcpSyncMss(sk, mtu);
}

/** tcp_connect. */
function tcpSendSyn(sk: TcpSock): void {
  sk.state = TCP_SYN_SENT;
  sk.sndWnd = 1;
  tcpQueueSegment(sk, TCP_SYN, new Uint8Array(0));
  tcpPushPendingFrames(sk);
}

/** bind and listen. Throws SockError EADDRINUSE, EADDRNOTAVAIL. */
export function tcpListen(ns: NetNamespace, options: TcpListenOptions): TcpListener {
  const backlog = Math.min(options.backlog ?? ns.sockets.tcpSysctls.somaxconn, ns.sockets.tcpSysctls.somaxconn);
  const listener = new TcpListener(ns, options.onConnection, TCP_TIMERS, backlog);
  sockSetOptions(listener, options);
  listener.saddr = toAddr(options.addr);
  listener.sport = options.port;
  const refused = bindable(ns, listener.saddr);
  if (refused !== undefined) throw new SockError(refused, "bind");
  if (ns.sockets.tcp.listenClash(listener.saddr, options.port, listener.boundDevIf))
    throw new SockError("EADDRINUSE", "bind");
  ns.sockets.tcp.listen(listener);
  return listener;
}
