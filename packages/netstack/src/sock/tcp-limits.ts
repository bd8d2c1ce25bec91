// Numbers of TCP (include/net/tcp.h). Times in virtual ms.

/** RFC 6298 §2.1: before a round trip is measured. */
export const TCP_TIMEOUT_INIT = 1000;
export const TCP_RTO_MIN = 200;
export const TCP_RTO_MAX = 120_000;
export const TCP_DELACK_MIN = 40;
/** RFC 6928. */
export const TCP_INIT_CWND = 10;
/** Default peer MSS when a SYN has none (RFC 9293 §3.7.1). */
export const TCP_MSS_DEFAULT = 536;
export const TCP_TIMEWAIT_LEN = 60_000;
/** Bytes of the aligned timestamp option. */
export const TCPOLEN_TSTAMP_ALIGNED = 12;
/** IPv4 and TCP header without options. */
export const TCP_IP_HLEN = 40;
/** Timestamps older than this are not believed (RFC 7323 §5.5). */
export const TCP_PAWS_MSL = 60_000;
