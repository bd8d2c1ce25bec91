// The one timer of the send side (include/net/inet_connection_sock.h: inet_csk_reset_xmit_timer) and what it is armed for.

import { TCP_RTO_MAX, TCP_RTO_MIN } from "./tcp-limits.ts";
import type { TcpSock, TcpTimers } from "./tcp-sock.ts";
import { TCP_SYN_SENT } from "./tcp-states.ts";

/** tcp_reset_xmit_timer: one timer serves all purposes of the send side. */
function resetXmitTimer(sk: TcpSock, what: keyof TcpTimers, delay: number): void {
  tcpClearTimer(sk);
  sk.early = what === "lossProbe" || what === "reorder";
  sk.timer = sk.ns.world.clock.schedule(Math.min(delay, TCP_RTO_MAX), () => {
    sk.timer = null;
    sk.early = false;
    sk.timers[what](sk);
    sk.ns.world.softirq();
  });
}

/** Arm (or move) the retransmission timer. */
export function tcpArmRetransmit(sk: TcpSock, delay = sk.rto): void {
  resetXmitTimer(sk, "retransmit", delay);
}

/** Arm the zero-window probe timer. */
export function tcpArmProbe(sk: TcpSock): void {
  resetXmitTimer(sk, "probe", sk.rto * 2 ** sk.backoff);
}

/** Segments before one that has arrived are given a moment (tcp_rack_mark_lost). */
export function tcpArmReorder(sk: TcpSock, delay: number): void {
  resetXmitTimer(sk, "reorder", delay);
}

/** tcp_set_xmit_timer: what is under way is watched by a loss probe first, else by the retransmission timer. */
export function tcpSetXmitTimer(sk: TcpSock): void {
  if (mayProbe(sk)) resetXmitTimer(sk, "lossProbe", Math.min(probeTimeout(sk), sk.rto));
  else tcpArmRetransmit(sk);
}

/** tcp_schedule_loss_probe: connections with SACK, while nothing is known to be lost or out of order. */
function mayProbe(sk: TcpSock): boolean {
  if (!sk.sackOk || sk.inRecovery || sk.srtt < 0 || sk.state === TCP_SYN_SENT) return false;
  return !sk.queue.some((seg) => seg.sacked);
}

/** Two round trips; a segment that is alone may meet a delayed ACK. */
function probeTimeout(sk: TcpSock): number {
  return 2 * sk.srtt + (sk.sendHead === 1 ? TCP_RTO_MIN : sk.ns.flavour.tcpProbeMin);
}

export function tcpClearTimer(sk: TcpSock): void {
  if (sk.timer !== null) sk.ns.world.clock.cancel(sk.timer);
  sk.timer = null;
  sk.early = false;
}
