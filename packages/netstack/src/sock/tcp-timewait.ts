// TIME_WAIT (net/ipv4/tcp_minisocks.c: tcp_timewait_state_process): what is left of a connection that closed first.

import type { Timer } from "@kubehop/sim";
import type { NetNamespace } from "../netns/net-namespace.ts";
import type { Packet } from "../skb/packet.ts";
import { IPPROTO_TCP } from "../wire/ipv4-fields.ts";
import {
  TCP_ACK,
  TCP_FIN,
  TCP_RST,
  TCP_SYN,
  seqAdd,
  seqAfter,
  seqBefore,
  tcpFlags,
  tcpHdrLen,
  tcpParseOptions,
  tcpSeq,
} from "../wire/tcp-fields.ts";
import { Sock } from "./sock.ts";
import { tcpDone } from "./tcp-close.ts";
import { TCP_TIMEWAIT_LEN } from "./tcp-limits.ts";
import { tcpSendReplyAck } from "./tcp-reset.ts";
import type { TcpSock } from "./tcp-sock.ts";

export class TcpTimewaitSock extends Sock {
  readonly sndNxt: number;
  readonly rcvNxt: number;
  /** Window field of its ACKs. */
  readonly window: number;
  readonly tsOk: boolean;
  readonly tsOffset: number;
  tsRecent: number;
  /** Virtual ms when it began. */
  readonly since: number;
  timer: Timer | null = null;

  constructor(ns: NetNamespace, from: TcpSock) {
    super(ns, IPPROTO_TCP);
    this.saddr = from.saddr;
    this.sport = from.sport;
    this.daddr = from.daddr;
    this.dport = from.dport;
    this.mark = from.mark;
    this.tos = from.tos;
    this.boundDevIf = from.boundDevIf;
    this.owner = from.owner;
    this.sndNxt = from.sndNxt;
    this.rcvNxt = from.rcvNxt;
    this.window = from.rcvWnd >>> from.rcvWscale;
    this.tsOk = from.tsOk;
    this.tsOffset = from.tsOffset;
    this.tsRecent = from.tsRecent;
    this.since = ns.world.now;
  }
}

/** tcp_time_wait: the connection gives way to a small entry for 60 s. */
export function tcpTimeWait(sk: TcpSock): void {
  const tw = new TcpTimewaitSock(sk.ns, sk);
  tcpDone(sk);
  sk.ns.sockets.tcp.hash(tw);
  reschedule(tw);
}

function reschedule(tw: TcpTimewaitSock): void {
  if (tw.timer !== null) tw.ns.world.clock.cancel(tw.timer);
  tw.timer = tw.ns.world.clock.schedule(TCP_TIMEWAIT_LEN, () => tw.ns.sockets.tcp.unhash(tw));
}

/** inet_twsk_deschedule_put. */
export function tcpTimewaitKill(tw: TcpTimewaitSock): void {
  if (tw.timer !== null) tw.ns.world.clock.cancel(tw.timer);
  tw.ns.sockets.tcp.unhash(tw);
}

/** A segment for the entry. "syn": a new connection may begin, the entry is gone (RFC 6191); else the segment is done with. */
export function tcpTimewaitStateProcess(tw: TcpTimewaitSock, pkt: Packet): "syn" | "done" {
  const opt = tw.ns.sockets.tcpOptions;
  tcpParseOptions(pkt.buf, pkt.head, opt);
  const seq = tcpSeq(pkt.buf, pkt.head);
  const flags = tcpFlags(pkt.buf, pkt.head);
  const paws = tw.tsOk && opt.hasTs && seqBefore(opt.tsVal, tw.tsRecent);
  if ((flags & TCP_RST) !== 0) {
    // A reset ends TIME_WAIT early unless RFC 1337 is asked for.
    if (seq === tw.rcvNxt && tw.ns.sockets.tcpSysctls.tcp_rfc1337 === 0) tcpTimewaitKill(tw);
    return "done";
  }
  // A bare acknowledgement in sequence: nothing to say.
  if (!paws && seq === tw.rcvNxt && isBare(pkt, flags)) {
    reschedule(tw);
    return "done";
  }
  const newer = seqAfter(seq, tw.rcvNxt) || (tw.tsOk && opt.hasTs && seqAfter(opt.tsVal, tw.tsRecent));
  if ((flags & TCP_SYN) !== 0 && (flags & TCP_ACK) === 0 && !paws && newer) {
    tcpTimewaitKill(tw);
    return "syn";
  }
  if (paws || (flags & TCP_ACK) !== 0) reschedule(tw);
  tcpTimewaitAck(tw, pkt);
  return "done";
}

function isBare(pkt: Packet, flags: number): boolean {
  return (flags & (TCP_SYN | TCP_FIN)) === 0 && pkt.len === tcpHdrLen(pkt.buf, pkt.head);
}

function tcpTimewaitAck(tw: TcpTimewaitSock, pkt: Packet): void {
  tcpSendReplyAck(tw.ns, pkt, tw, {
    seq: tw.sndNxt,
    ack: tw.rcvNxt,
    flags: TCP_ACK,
    window: tw.window,
    tos: tw.tos,
    ts: tw.tsOk ? { val: tw.ns.sockets.tcpTime(tw.tsOffset), ecr: tw.tsRecent } : null,
  });
}

/** First sequence number of a connection that takes over from this entry: beyond anything the old one sent. */
export function tcpTimewaitIsn(tw: TcpTimewaitSock): number {
  return seqAdd(tw.sndNxt, 65535 + 2);
}
