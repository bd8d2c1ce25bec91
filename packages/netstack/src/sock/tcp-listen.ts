// Listening sockets and half-open connections (net/ipv4/tcp_input.c: tcp_conn_request; tcp_minisocks.c: tcp_check_req,
// tcp_create_openreq_child; inet_connection_sock.c: reqsk_timer_handler).

import type { Timer } from "@kubehop/sim";
import type { NetNamespace } from "../netns/net-namespace.ts";
import { CHECKSUM_PARTIAL } from "../skb/packet.ts";
import type { Packet } from "../skb/packet.ts";
import { kfreeSkb } from "../skb/kfree-skb.ts";
import { IPPROTO_TCP, ipDaddr, ipSaddr } from "../wire/ipv4-fields.ts";
import {
  seqAdd,
  TCP_ACK,
  TCP_HLEN,
  TCP_RST,
  TCP_SYN,
  tcpDport,
  tcpSetPartialCheck,
  tcpSport,
  tcpWrite,
} from "../wire/tcp-fields.ts";
import { ipSelectTtl, ipSendSegment, skFlow, skRoute } from "./ip-xmit.ts";
import { Sock } from "./sock.ts";
import { TCP_MSS_DEFAULT, TCP_RTO_MAX, TCP_TIMEOUT_INIT, TCPOLEN_TSTAMP_ALIGNED } from "./tcp-limits.ts";
import type { SynOptions } from "./tcp-options.ts";
import { synOptionsSize, writeSynOptions } from "./tcp-options.ts";
import type { RcvSegment } from "./tcp-ack.ts";
import type { TcpCallbacks, TcpTimers } from "./tcp-sock.ts";
import { TcpSock } from "./tcp-sock.ts";
import { TCP_ESTABLISHED } from "./tcp-states.ts";
import type { InitialWindow } from "./tcp-window.ts";
import { routeAdvmss, tcpSyncMss } from "./tcp-window.ts";

/** The program's side: returns what it wants to hear of the new connection. */
export type OnConnection = (sk: TcpSock) => TcpCallbacks;

export class TcpListener extends Sock {
  readonly onConnection: OnConnection;
  readonly timers: TcpTimers;
  readonly backlog: number;
  /** The program does not call accept(): connections wait in the queue. */
  paused = false;
  /** Established, not accepted. */
  acceptQueue: TcpSock[] = [];
  readonly requests = new Set<TcpRequestSock>();
  closed = false;

  constructor(ns: NetNamespace, onConnection: OnConnection, timers: TcpTimers, backlog: number) {
    super(ns, IPPROTO_TCP);
    this.onConnection = onConnection;
    this.timers = timers;
    this.backlog = backlog;
  }

  /** sk_acceptq_is_full. */
  get full(): boolean {
    return this.acceptQueue.length > this.backlog;
  }

  resume(): void {
    this.paused = false;
    for (const sk of this.acceptQueue.splice(0)) acceptLater(this, sk);
  }

  /** close(): half-open connections are forgotten, those not accepted are reset. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.ns.sockets.tcp.unlisten(this);
    for (const req of this.requests) reqskDrop(req);
    for (const sk of this.acceptQueue.splice(0)) sk.abort();
    this.ns.world.softirq();
  }
}

/** struct tcp_request_sock: a connection whose handshake is under way. */
export class TcpRequestSock extends Sock {
  readonly listener: TcpListener;
  readonly sndIsn: number;
  readonly rcvIsn: number;
  readonly mss: number;
  readonly advmss: number;
  readonly window: InitialWindow;
  readonly tsOk: boolean;
  readonly sackOk: boolean;
  /** Peer's shift, -1 without. */
  readonly sndWscale: number;
  readonly tsOffset: number;
  tsRecent: number;
  /** SYN-ACK retransmissions. */
  timeouts = 0;
  timer: Timer | null = null;
  /** Virtual ms of the last SYN-ACK asked for by a repeated SYN. */
  lastOow = Number.NEGATIVE_INFINITY;

  constructor(listener: TcpListener, pkt: Packet, seg: RcvSegment, isn: number, advmss: number) {
    super(listener.ns, IPPROTO_TCP);
    const sysctls = listener.ns.sockets.tcpSysctls;
    this.listener = listener;
    this.saddr = ipDaddr(pkt.buf, pkt.nh);
    this.sport = tcpDport(pkt.buf, pkt.head);
    this.daddr = ipSaddr(pkt.buf, pkt.nh);
    this.dport = tcpSport(pkt.buf, pkt.head);
    this.mark = listener.mark;
    this.boundDevIf = listener.boundDevIf;
    this.tos = listener.tos;
    this.ttl = listener.ttl;
    this.pmtuDisc = listener.pmtuDisc;
    this.owner = listener.owner;
    this.sndIsn = isn;
    this.rcvIsn = seg.seq;
    this.mss = seg.opt.mss !== 0 ? seg.opt.mss : TCP_MSS_DEFAULT;
    this.advmss = advmss;
    this.tsOk = seg.opt.hasTs && sysctls.tcp_timestamps !== 0;
    this.sackOk = seg.opt.sackOk && sysctls.tcp_sack !== 0;
    this.sndWscale = sysctls.tcp_window_scaling !== 0 ? seg.opt.wscale : -1;
    this.tsRecent = seg.opt.tsVal;
    this.tsOffset = listener.ns.sockets.tsOffset(this.saddr, this.daddr);
    const mss = advmss - (this.tsOk ? TCPOLEN_TSTAMP_ALIGNED : 0);
    this.window = listener.ns.sockets.initialWindow(mss, this.sndWscale >= 0);
  }
}

/** tcp_conn_request: a SYN for a listener. Takes the packet. */
export function tcpConnRequest(listener: TcpListener, pkt: Packet, seg: RcvSegment, isn: number | undefined): void {
  const ns = listener.ns;
  if (listener.full) return kfreeSkb(ns, pkt, "LISTEN_OVERFLOW", "tcp_conn_request");
  const flow = skFlow(listener, ipSaddr(pkt.buf, pkt.nh), tcpSport(pkt.buf, pkt.head), ipDaddr(pkt.buf, pkt.nh));
  const route = skRoute(listener, flow);
  if (typeof route === "string") return kfreeSkb(ns, pkt, "IP_OUTNOROUTES", "tcp_conn_request", route);
  const first = isn ?? ns.sockets.secureTcpSeq(flow.saddr, flow.daddr, tcpDport(pkt.buf, pkt.head), flow.dport);
  const req = new TcpRequestSock(listener, pkt, seg, first, routeAdvmss(route));
  listener.requests.add(req);
  ns.sockets.tcp.hash(req);
  if (ns.world.tracer !== null)
    ns.world.trace(ns, pkt, "tcp_conn_request", { kind: "deliver", socket: listener.describe() });
  armRequest(req);
  tcpSendSynack(req, pkt);
}

/** reqsk_timer_handler: SYN-ACKs again after 1, 2, 4 … s, tcp_synack_retries times. */
function armRequest(req: TcpRequestSock): void {
  const delay = Math.min(TCP_TIMEOUT_INIT * 2 ** req.timeouts, TCP_RTO_MAX);
  req.timer = req.ns.world.clock.schedule(delay, () => {
    req.timer = null;
    if (req.timeouts >= req.ns.sockets.tcpSysctls.tcp_synack_retries) return reqskDrop(req);
    req.timeouts++;
    tcpSendSynack(req, null);
    armRequest(req);
    req.ns.world.softirq();
  });
}

/** inet_csk_reqsk_queue_drop. */
export function reqskDrop(req: TcpRequestSock): void {
  if (req.timer !== null) req.ns.world.clock.cancel(req.timer);
  req.timer = null;
  req.listener.requests.delete(req);
  req.ns.sockets.tcp.unhash(req);
}

/** tcp_make_synack and ip_build_and_send_pkt: id 0, since the connection has no counter yet. */
export function tcpSendSynack(req: TcpRequestSock, cause: Packet | null): void {
  const ns = req.ns;
  const route = skRoute(req, skFlow(req, req.daddr, req.dport));
  if (typeof route === "string") return;
  const pkt = buildSynack(req, cause);
  ns.ipv4.mib.TcpOutSegs++;
  ipSendSegment(ns, req, pkt, route, {
    saddr: req.saddr,
    daddr: req.daddr,
    proto: IPPROTO_TCP,
    tos: req.tos,
    ttl: ipSelectTtl(ns, req, req.daddr),
    id: req.pmtuDisc === "dont" ? ns.ipv4.selectIdent(req.daddr, req.saddr, IPPROTO_TCP) : 0,
    df: req.pmtuDisc !== "dont",
  });
}

function buildSynack(req: TcpRequestSock, cause: Packet | null): Packet {
  const options: SynOptions = {
    mss: req.advmss,
    sackOk: req.sackOk,
    ts: req.tsOk ? { val: req.ns.sockets.tcpTime(req.tsOffset), ecr: req.tsRecent } : null,
    wscale: req.sndWscale >= 0 ? req.window.wscale : -1,
  };
  const hdrLen = TCP_HLEN + synOptionsSize(options);
  const pkt = req.ns.world.allocSkb(hdrLen, cause);
  tcpWrite(pkt.buf, pkt.head, {
    sport: req.sport,
    dport: req.dport,
    seq: req.sndIsn,
    ack: seqAdd(req.rcvIsn, 1),
    hdrLen,
    flags: TCP_SYN | TCP_ACK,
    window: Math.min(req.window.rcvWnd, 65535),
  });
  writeSynOptions(pkt.buf, pkt.head + TCP_HLEN, options);
  tcpSetPartialCheck(pkt.buf, pkt.head, hdrLen, req.saddr, req.daddr);
  pkt.ipSummed = CHECKSUM_PARTIAL;
  pkt.mark = req.mark;
  return pkt;
}

/** The handshake is complete: a connection of its own (tcp_create_openreq_child, tcp_v4_syn_recv_sock). */
export function tcpCreateChild(req: TcpRequestSock): TcpSock {
  const { listener, ns } = req;
  const sk = new TcpSock(ns, {}, listener.timers);
  sk.cork();
  sk.saddr = req.saddr;
  sk.sport = req.sport;
  sk.daddr = req.daddr;
  sk.dport = req.dport;
  sk.mark = req.mark;
  sk.boundDevIf = req.boundDevIf;
  sk.tos = req.tos;
  sk.ttl = req.ttl;
  sk.pmtuDisc = req.pmtuDisc;
  sk.owner = req.owner;
  sk.inetId = ns.sockets.takeIpId();
  initSequences(sk, req);
  initOptions(sk, req);
  reqskDrop(req);
  sk.state = TCP_ESTABLISHED;
  ns.sockets.tcp.hash(sk);
  ns.ipv4.mib.TcpPassiveOpens++;
  if (listener.paused) listener.acceptQueue.push(sk);
  else acceptLater(listener, sk);
  return sk;
}

/** The program learns of the connection first and of its bytes later, in one order. */
function acceptLater(listener: TcpListener, sk: TcpSock): void {
  sk.uncork(() => {
    if (listener.closed) sk.abort();
    else sk.on = listener.onConnection(sk);
  });
}

function initSequences(sk: TcpSock, req: TcpRequestSock): void {
  const snd = seqAdd(req.sndIsn, 1);
  sk.sndUna = snd;
  sk.sndNxt = snd;
  sk.writeSeq = snd;
  sk.sndSml = snd;
  sk.rcvNxt = seqAdd(req.rcvIsn, 1);
  sk.rcvWup = sk.rcvNxt;
  sk.lastAckSent = sk.rcvNxt;
  sk.sndWl1 = req.rcvIsn;
  sk.rcvWnd = req.window.rcvWnd;
  sk.rcvSpace = req.window.space;
}

function initOptions(sk: TcpSock, req: TcpRequestSock): void {
  sk.tsOk = req.tsOk;
  sk.sackOk = req.sackOk;
  sk.wscaleOk = req.sndWscale >= 0;
  sk.rcvWscale = sk.wscaleOk ? req.window.wscale : 0;
  sk.sndWscale = sk.wscaleOk ? req.sndWscale : 0;
  sk.tsRecent = req.tsRecent;
  sk.tsRecentStamp = req.ns.world.now;
  sk.tsOffset = req.tsOffset;
  sk.mssClamp = req.mss;
  sk.advmss = req.advmss;
  const route = skRoute(sk, skFlow(sk, sk.daddr, sk.dport));
  tcpSyncMss(sk, typeof route === "string" ? 65535 : route.mtu);
}

/** True for a bare SYN, false for what a listener ignores or resets. */
export function isSyn(flags: number): boolean {
  return (flags & (TCP_SYN | TCP_ACK | TCP_RST)) === TCP_SYN;
}

/** Window field of an ACK for a half-open connection. */
export function reqskWindowField(req: TcpRequestSock): number {
  return req.window.rcvWnd >>> (req.sndWscale >= 0 ? req.window.wscale : 0);
}
