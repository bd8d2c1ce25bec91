// The program's calls on a connection (net/ipv4/tcp.c: tcp_sendmsg, tcp_shutdown, tcp_close, tcp_done).

import { TCP_FIN, TCP_PSH } from "../wire/tcp-fields.ts";
import type { SockErrno } from "./errno.ts";
import {
  tcpClearDelayedAck,
  tcpPushPendingFrames,
  tcpQueueSegment,
  tcpRefreshMss,
  tcpSendAck,
  tcpSendActiveReset,
} from "./tcp-output.ts";
import { tcpClearTimer } from "./tcp-xmit-timer.ts";
import type { TcpSegment, TcpSock } from "./tcp-sock.ts";
import type { TcpStateNum } from "./tcp-states.ts";
import {
  TCP_CLOSE,
  TCP_CLOSE_WAIT,
  TCP_ESTABLISHED,
  TCP_FIN_WAIT1,
  TCP_FIN_WAIT2,
  TCP_LAST_ACK,
  TCP_SYN_RECV,
  TCP_SYN_SENT,
} from "./tcp-states.ts";
import { tcpNewWindow, tcpReceiveWindow } from "./tcp-window.ts";

/** Where close() leads from each state; states not listed have no FIN to send (new_state of net/ipv4/tcp.c). */
const FIN_STATE: Readonly<Partial<Record<TcpStateNum, TcpStateNum>>> = {
  [TCP_ESTABLISHED]: TCP_FIN_WAIT1,
  [TCP_SYN_RECV]: TCP_FIN_WAIT1,
  [TCP_CLOSE_WAIT]: TCP_LAST_ACK,
};

/** tcp_sendmsg: bytes join the write queue in full segments; the last one of a call carries PSH. */
export function tcpSendmsg(sk: TcpSock, bytes: Uint8Array): SockErrno | undefined {
  if (sk.err !== undefined) return sk.err;
  if (sk.dead || sk.sndShutdown) return "EPIPE";
  if (sk.state === TCP_SYN_SENT) return "ENOTCONN";
  if (sk.state !== TCP_ESTABLISHED && sk.state !== TCP_CLOSE_WAIT) return "EPIPE";
  if (bytes.length === 0) return undefined;
  tcpRefreshMss(sk);
  appendToTail(sk, bytes.slice());
  const tail = sk.queue[sk.queue.length - 1] as TcpSegment;
  tail.flags |= TCP_PSH;
  tcpPushPendingFrames(sk);
  return undefined;
}

/** Fill the last unsent segment, then make new ones of one MSS. */
function appendToTail(sk: TcpSock, bytes: Uint8Array): void {
  let rest = bytes;
  const tail = sk.queue[sk.queue.length - 1];
  if (sk.sendHead < sk.queue.length && tail !== undefined && tail.data.length < sk.mssCache) {
    const take = rest.subarray(0, sk.mssCache - tail.data.length);
    const joined = new Uint8Array(tail.data.length + take.length);
    joined.set(tail.data);
    joined.set(take, tail.data.length);
    tail.data = joined;
    tail.end = (tail.end + take.length) >>> 0;
    sk.writeSeq = tail.end;
    rest = rest.subarray(take.length);
  }
  for (let at = 0; at < rest.length; at += sk.mssCache) tcpQueueSegment(sk, 0, rest.subarray(at, at + sk.mssCache));
}

/** tcp_send_fin: the FIN rides on the last segment when that has not been sent. */
function tcpSendFin(sk: TcpSock): void {
  const tail = sk.queue[sk.queue.length - 1];
  if (tail !== undefined && sk.sendHead < sk.queue.length) {
    tail.flags |= TCP_FIN;
    tail.end = (tail.end + 1) >>> 0;
    sk.writeSeq = tail.end;
  } else tcpQueueSegment(sk, TCP_FIN, new Uint8Array(0));
  tcpPushPendingFrames(sk);
}

/** tcp_shutdown(SEND_SHUTDOWN). */
export function tcpShutdown(sk: TcpSock): void {
  if (sk.sndShutdown) return;
  const next = FIN_STATE[sk.state];
  if (next === undefined) return;
  sk.sndShutdown = true;
  sk.state = next;
  tcpSendFin(sk);
}

/** tcp_close: unread bytes mean a reset (RFC 2525 §2.17), else FIN; the connection lives on without its program. */
export function tcpClose(sk: TcpSock): void {
  if (sk.dead) return;
  sk.dead = true;
  sk.rcvShutdown = true;
  const next = FIN_STATE[sk.state];
  if (sk.state === TCP_SYN_SENT || sk.state === TCP_CLOSE) return tcpDone(sk);
  if (sk.unreadBytes > 0) {
    tcpSendActiveReset(sk);
    return tcpDone(sk);
  }
  if (next !== undefined && !sk.sndShutdown) {
    sk.sndShutdown = true;
    sk.state = next;
    tcpSendFin(sk);
  } else if (sk.state === TCP_FIN_WAIT2) tcpArmFinTimeout(sk);
}

/** SO_LINGER 0. */
export function tcpAbort(sk: TcpSock): void {
  if (sk.state !== TCP_CLOSE && sk.state !== TCP_SYN_SENT) tcpSendActiveReset(sk);
  sk.dead = true;
  tcpDone(sk);
}

/** An orphan waits tcp_fin_timeout for the peer's FIN. */
export function tcpArmFinTimeout(sk: TcpSock): void {
  if (sk.finTimer !== null) return;
  sk.finTimer = sk.ns.world.clock.schedule(sk.ns.sockets.tcpSysctls.tcp_fin_timeout * 1000, () => {
    sk.finTimer = null;
    sk.timers.finTimeout(sk);
  });
}

/** tcp_done: the connection is no more. */
export function tcpDone(sk: TcpSock): void {
  tcpClearTimer(sk);
  tcpClearDelayedAck(sk);
  if (sk.finTimer !== null) sk.ns.world.clock.cancel(sk.finTimer);
  sk.finTimer = null;
  sk.state = TCP_CLOSE;
  sk.queue = [];
  sk.sendHead = 0;
  sk.ooo = [];
  sk.ns.sockets.tcp.unhash(sk);
}

/** sk_error_report and tcp_done. */
export function tcpFail(sk: TcpSock, errno: SockErrno): void {
  if (sk.err === undefined) sk.err = errno;
  tcpDone(sk);
  sk.wake(() => sk.on.error?.(errno, sk));
}

/** The program reads again: hand over what waited. */
export function tcpUnpause(sk: TcpSock): void {
  for (const bytes of sk.unread.splice(0)) wakeReader(sk, bytes);
  if (sk.finSeen) tcpEof(sk);
}

/** Bytes for the program. They fill the receive buffer until it has taken them. */
export function tcpDataReady(sk: TcpSock, bytes: Uint8Array): void {
  sk.unreadBytes += bytes.length;
  if (sk.paused) sk.unread.push(bytes);
  else wakeReader(sk, bytes);
}

function wakeReader(sk: TcpSock, bytes: Uint8Array): void {
  sk.wake(() => {
    // It may have stopped reading in an earlier event.
    if (sk.paused) {
      sk.unread.push(bytes);
      return;
    }
    sk.unreadBytes -= bytes.length;
    sk.on.data?.(bytes, sk);
    tcpCleanupRbuf(sk);
  });
}

/** tcp_cleanup_rbuf: tell the peer when reading has at least doubled the window. */
function tcpCleanupRbuf(sk: TcpSock): void {
  const now = tcpReceiveWindow(sk);
  if (sk.state !== TCP_CLOSE && 2 * now <= sk.rcvSpace && tcpNewWindow(sk) >= Math.max(2 * now, 1)) tcpSendAck(sk);
}

/** Tell the program, once and behind all data, that the peer has closed its direction. */
export function tcpEof(sk: TcpSock): void {
  sk.wake(() => {
    if (sk.paused || sk.eofTold) return;
    sk.eofTold = true;
    sk.on.closed?.(sk);
  });
}
