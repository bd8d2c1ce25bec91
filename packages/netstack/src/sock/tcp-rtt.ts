// Round-trip time and retransmission timeout (RFC 6298; tcp_rtt_estimator and tcp_set_rto of net/ipv4/tcp_input.c).

import { TCP_RTO_MAX, TCP_RTO_MIN } from "./tcp-limits.ts";
import type { TcpSock } from "./tcp-sock.ts";

/** Take a measured round trip, ms. The variance never counts less than TCP_RTO_MIN, as in Linux. */
export function tcpRttEstimator(sk: TcpSock, rtt: number): void {
  if (sk.srtt < 0) {
    sk.srtt = rtt;
    sk.rttvar = rtt / 2;
  } else {
    sk.rttvar = 0.75 * sk.rttvar + 0.25 * Math.abs(sk.srtt - rtt);
    sk.srtt = 0.875 * sk.srtt + 0.125 * rtt;
  }
  tcpSetRto(sk);
}

/** The timeout that follows from what was measured; without a measurement it stays. */
export function tcpSetRto(sk: TcpSock): void {
  if (sk.srtt >= 0) sk.rto = Math.min(sk.srtt + Math.max(4 * sk.rttvar, TCP_RTO_MIN), TCP_RTO_MAX);
}
