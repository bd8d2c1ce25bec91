// TCP timers (net/ipv4/tcp_timer.c): retransmission, zero-window probes, the end of patience.

import type { SockErrno } from "./errno.ts";
import { tcpDone, tcpFail } from "./tcp-close.ts";
import { TCP_RTO_MAX, TCP_RTO_MIN } from "./tcp-limits.ts";
import { tcpEnterRecovery } from "./tcp-ack.ts";
import { tcpRefreshMss, tcpRetransmitHead, tcpSendLossProbe, tcpXmitProbe } from "./tcp-output.ts";
import { tcpArmProbe, tcpArmRetransmit } from "./tcp-xmit-timer.ts";
import type { TcpSock, TcpTimers } from "./tcp-sock.ts";
import { TCP_CLOSE, TCP_SYN_SENT } from "./tcp-states.ts";

/** Retries of an orphan (tcp_orphan_retries 0 means 8). */
const ORPHAN_RETRIES = 8;
/** Doublings until TCP_RTO_MAX is reached from TCP_RTO_MIN: ilog2(120000 / 200). */
const BACKOFF_THRESH = 9;

export const TCP_TIMERS: TcpTimers = {
  retransmit: tcpRetransmitTimer,
  probe: tcpProbeTimer,
  lossProbe: tcpSendLossProbe,
  reorder: tcpRackReoTimeout,
  finTimeout: tcpDone,
};

/** tcp_retransmit_timer. */
function tcpRetransmitTimer(sk: TcpSock): void {
  if (sk.state === TCP_CLOSE || sk.sendHead === 0) return;
  if (tcpWriteTimeout(sk)) return;
  if (sk.state !== TCP_SYN_SENT) {
    tcpEnterLoss(sk);
    tcpRefreshMss(sk);
  }
  sk.totalRto++;
  sk.retransmits++;
  tcpRetransmitHead(sk);
  backOff(sk);
  tcpArmRetransmit(sk);
}

/** SYNs come at even intervals at first where the kernel has tcp_syn_linear_timeouts; everything else doubles. */
function backOff(sk: TcpSock): void {
  if (sk.state === TCP_SYN_SENT && sk.totalRto <= sk.ns.sockets.tcpSysctls.tcp_syn_linear_timeouts) return;
  sk.backoff++;
  sk.rto = Math.min(sk.rto * 2, TCP_RTO_MAX);
}

/** tcp_enter_loss: back to one segment. */
function tcpEnterLoss(sk: TcpSock): void {
  if (!sk.inRecovery) sk.ssthresh = Math.max(sk.cwnd >>> 1, 2);
  sk.inRecovery = true;
  sk.highSeq = sk.sndNxt;
  sk.cwnd = 1;
  sk.cwndCnt = 0;
  sk.dupAcks = 0;
  sk.tlpHighSeq = -1;
}

/** tcp_rack_reo_timeout: nothing came in late. Recovery begins; of what is lost one segment goes at once (PRR; seen on 6.18 with reno). */
function tcpRackReoTimeout(sk: TcpSock): void {
  if (sk.sendHead === 0) return;
  if (!sk.inRecovery) tcpEnterRecovery(sk);
  tcpArmRetransmit(sk);
}

/** tcp_write_timeout: true when the connection has been given up. */
function tcpWriteTimeout(sk: TcpSock): boolean {
  const limits = sk.ns.sockets.tcpSysctls;
  // A receiver that closed its window and still answers is alive: retransmissions serve as probes (tcp_rtx_probe0_timed_out).
  if (sk.sndWnd === 0 && !sk.dead && sk.state !== TCP_SYN_SENT && sk.ns.world.now - sk.rcvStamp <= 2 * TCP_RTO_MAX)
    return false;
  const over =
    sk.state === TCP_SYN_SENT
      ? sk.retransmits >= limits.tcp_syn_retries + limits.tcp_syn_linear_timeouts
      : retransmitsTimedOut(sk, sk.dead ? limits.tcp_orphan_retries || ORPHAN_RETRIES : limits.tcp_retries2);
  if (over) tcpWriteErr(sk);
  return over;
}

/** retransmits_timed_out: the retries as a time that has passed since the first of them. */
function retransmitsTimedOut(sk: TcpSock, boundary: number): boolean {
  if (sk.retransmits === 0 || sk.retransStamp < 0) return false;
  return sk.ns.world.now - sk.retransStamp >= tcpModelTimeout(boundary);
}

/** tcp_model_timeout: ms that `boundary` doublings from the least RTO take. */
export function tcpModelTimeout(boundary: number): number {
  if (boundary <= BACKOFF_THRESH) return (2 * 2 ** boundary - 1) * TCP_RTO_MIN;
  return (2 * 2 ** BACKOFF_THRESH - 1) * TCP_RTO_MIN + (boundary - BACKOFF_THRESH) * TCP_RTO_MAX;
}

/** tcp_write_err: the last ICMP error explains the silence, else it was just silence. */
function tcpWriteErr(sk: TcpSock): void {
  const errno: SockErrno = sk.errSoft ?? "ETIMEDOUT";
  tcpFail(sk, errno);
}

/** tcp_probe_timer: ask for the window; a peer that answers may keep it closed for ever. */
function tcpProbeTimer(sk: TcpSock): void {
  if (sk.state === TCP_CLOSE || sk.sendHead > 0 || sk.queue.length === 0) return;
  const most = sk.dead
    ? sk.ns.sockets.tcpSysctls.tcp_orphan_retries || ORPHAN_RETRIES
    : sk.ns.sockets.tcpSysctls.tcp_retries2;
  if (sk.probesOut > most) return tcpWriteErr(sk);
  sk.probesOut++;
  tcpXmitProbe(sk);
  sk.backoff = Math.min(sk.backoff + 1, 10);
  tcpArmProbe(sk);
}
