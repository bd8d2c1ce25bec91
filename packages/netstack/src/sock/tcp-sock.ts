// struct tcp_sock: the state of one connection (include/linux/tcp.h). What is done with it stands in tcp-input, tcp-output and
// tcp-timer, as in the kernel.

import type { Timer } from "@kubehop/sim";
import type { NetNamespace } from "../netns/net-namespace.ts";
import { IPPROTO_TCP } from "../wire/ipv4-fields.ts";
import type { SockErrno } from "./errno.ts";
import { Sock } from "./sock.ts";
import { tcpAbort, tcpClose, tcpSendmsg, tcpShutdown, tcpUnpause } from "./tcp-close.ts";
import type { TcpStateNum } from "./tcp-states.ts";
import { TCP_CLOSE, TCP_STATE_NAMES } from "./tcp-states.ts";
import { TCP_INIT_CWND, TCP_MSS_DEFAULT, TCP_TIMEOUT_INIT } from "./tcp-limits.ts";

/** What a program hears of its connection. All are called from the clock, never inside a call the program makes. */
export interface TcpCallbacks {
  /** connect() is done. */
  connected?(sk: TcpSock): void;
  /** Bytes in order; never empty. */
  data?(bytes: Uint8Array, sk: TcpSock): void;
  /** The peer has closed its direction (read returns 0). The own direction stays open until close(). Called once. */
  closed?(sk: TcpSock): void;
  /** The connection is gone: ECONNREFUSED, ETIMEDOUT, ECONNRESET, EHOSTUNREACH, ENETUNREACH … Called at most once, nothing follows. */
  error?(errno: SockErrno, sk: TcpSock): void;
  /** Everything sent so far has been acknowledged by the peer. */
  drained?(sk: TcpSock): void;
}

/** A piece of the write queue: SYN and FIN occupy a sequence number each. */
export interface TcpSegment {
  seq: number;
  /** Sequence number behind it. */
  end: number;
  /** TCP_SYN, TCP_FIN, TCP_PSH; ACK is added on the way out. */
  flags: number;
  data: Uint8Array;
  /** Virtual ms of the last transmission. */
  sentAt: number;
  /** Transmissions so far. */
  sent: number;
  /** Reported by a SACK block of the peer. */
  sacked: boolean;
}

/** Received beyond a gap. */
export interface OooSegment {
  readonly seq: number;
  readonly end: number;
  readonly data: Uint8Array;
  readonly fin: boolean;
}

/** Timer functions, given at creation (tcp_init_xmit_timers), so that output need not know them. */
export interface TcpTimers {
  /** ICSK_TIME_RETRANS. */
  retransmit(sk: TcpSock): void;
  /** ICSK_TIME_PROBE0. */
  probe(sk: TcpSock): void;
  /** ICSK_TIME_LOSS_PROBE. */
  lossProbe(sk: TcpSock): void;
  /** ICSK_TIME_REO_TIMEOUT. */
  reorder(sk: TcpSock): void;
  /** FIN_WAIT2 of a closed socket has lasted tcp_fin_timeout. */
  finTimeout(sk: TcpSock): void;
}

export class TcpSock extends Sock {
  state: TcpStateNum = TCP_CLOSE;
  /** May be replaced at any time. */
  on: TcpCallbacks;
  readonly timers: TcpTimers;

  // Send side.
  /** First unacknowledged. */
  sndUna = 0;
  /** Next to send. */
  sndNxt = 0;
  /** Behind the last byte in the queue. */
  writeSeq = 0;
  /** Peer's window in bytes, scaled. */
  sndWnd = 0;
  /** Sequence number of the last window update. */
  sndWl1 = 0;
  sndWscale = 0;
  /** End of the last small segment sent (Minshall's Nagle). */
  sndSml = 0;
  /** Sent and unsent segments; `sendHead` is the index of the first unsent. */
  queue: TcpSegment[] = [];
  sendHead = 0;
  cwnd = TCP_INIT_CWND;
  /** Acknowledged segments since cwnd grew (congestion avoidance). */
  cwndCnt = 0;
  ssthresh = 0x7fffffff;
  dupAcks = 0;
  /** sndNxt when loss recovery began; recovery ends when it is acknowledged. */
  highSeq = 0;
  inRecovery = false;
  /** Peer's MSS option. */
  mssClamp = TCP_MSS_DEFAULT;
  /** Payload of a full segment, options of established segments subtracted. */
  mssCache = TCP_MSS_DEFAULT;
  nodelay = false;

  // Receive side.
  rcvNxt = 0;
  /** rcvNxt when the last window was advertised. */
  rcvWup = 0;
  /** Advertised window in bytes. */
  rcvWnd = 0;
  rcvWscale = 0;
  /** Bytes the receive window may offer. */
  rcvSpace = 0;
  advmss = 0;
  ooo: OooSegment[] = [];
  /** Held back while the program does not read. */
  unread: Uint8Array[] = [];
  /** Bytes in the receive buffer: arrived, not yet taken by the program. */
  unreadBytes = 0;
  paused = false;

  // Options agreed on.
  tsOk = false;
  sackOk = false;
  wscaleOk = false;
  tsRecent = 0;
  /** Virtual ms of tsRecent. */
  tsRecentStamp = 0;
  /** tsRecent is the one to be echoed since this sequence number (RFC 7323 §4.3). */
  lastAckSent = 0;
  tsOffset = 0;

  // Timers.
  /** Smoothed round trip, ms; -1 before the first measurement. */
  srtt = -1;
  rttvar = 0;
  rto = TCP_TIMEOUT_INIT;
  backoff = 0;
  retransmits = 0;
  /** Retransmission timeouts in a row, for tcp_syn_linear_timeouts. */
  totalRto = 0;
  /** Virtual ms of the first of the present retransmissions, -1 without. */
  retransStamp = -1;
  probesOut = 0;
  /** Virtual ms of the last ACK from the peer. */
  rcvStamp = 0;
  timer: Timer | null = null;
  /** `timer` is that of a loss probe or of reordering: sending anew moves it (icsk_pending). */
  early = false;
  /** sndNxt when the loss probe of this episode was sent; -1 without. */
  tlpHighSeq = -1;
  finTimer: Timer | null = null;
  /** Delayed ACK. */
  ackTimer: Timer | null = null;
  /** Virtual ms of the last challenge ACK and the last answer to an out-of-window segment. */
  lastOowAck = Number.NEGATIVE_INFINITY;

  // The program's side.
  rcvShutdown = false;
  sndShutdown = false;
  /** Closed by the program: nothing is reported any more (sock_orphan). */
  dead = false;
  /** The peer's FIN was taken; the program was told. */
  finSeen = false;
  eofTold = false;
  err: SockErrno | undefined;
  errSoft: SockErrno | undefined;
  private readonly inbox: (() => void)[] = [];
  private awake = false;
  private corked = false;

  constructor(ns: NetNamespace, on: TcpCallbacks, timers: TcpTimers) {
    super(ns, IPPROTO_TCP);
    this.on = on;
    this.timers = timers;
  }

  get stateName(): string {
    return TCP_STATE_NAMES[this.state];
  }

  /** Queue bytes. EPIPE after close or shutdown, ENOTCONN before connected. There is no limit: the queue grows. */
  send(bytes: Uint8Array): SockErrno | undefined {
    const err = tcpSendmsg(this, bytes);
    this.ns.world.softirq();
    return err;
  }

  /** shutdown(SHUT_WR): FIN behind what is queued; reading goes on. */
  shutdown(): void {
    tcpShutdown(this);
    this.ns.world.softirq();
  }

  /** close(): FIN behind what is queued, or a reset when received bytes were not read. No callback comes after it. */
  close(): void {
    tcpClose(this);
    this.ns.world.softirq();
  }

  /** close() with SO_LINGER 0: reset. */
  abort(): void {
    tcpAbort(this);
    this.ns.world.softirq();
  }

  /** Stop reading: bytes stay in the receive buffer and the window shrinks. */
  pause(): void {
    this.paused = true;
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    tcpUnpause(this);
    this.ns.world.softirq();
  }

  /** Wake the program with an event; events of one socket come in order, and none after close(). */
  wake(event: () => void): void {
    this.inbox.push(event);
    if (!this.awake && !this.corked) this.runSoon();
  }

  /** Nobody has accepted the connection yet: events wait. */
  cork(): void {
    this.corked = true;
  }

  /** Accepted: `first` runs before everything that waited. */
  uncork(first: () => void): void {
    this.corked = false;
    this.inbox.unshift(first);
    if (!this.awake) this.runSoon();
  }

  private runSoon(): void {
    this.awake = true;
    this.ns.world.clock.schedule(0, () => {
      this.awake = false;
      for (const event of this.inbox.splice(0)) if (!this.dead) event();
      this.ns.world.softirq();
    });
  }
}
