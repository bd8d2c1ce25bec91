// Kernel behaviour that changed between versions, as data: a row says what, and in which versions.

/** A kernel version that scenarios may name. */
export type KernelVersion = "3.10" | "4.9" | "6.18";

export interface KernelFlavour {
  readonly version: KernelVersion;
  /** tcp_syn_linear_timeouts: SYN retries that come 1 s apart before doubling starts (4 since 6.5, net/ipv4/tcp_timer.c). */
  readonly synLinearTimeouts: number;
  /** UDP stream timeout in s (180 before 4.20, 120 since). */
  readonly udpStreamTimeout: number;
  /** RST without socket carries a non-zero IP id (seen on 4.9; 0 with DF on 6.18). */
  readonly rstIpId: boolean;
  /** A retransmitted SYN renews the SYN_SENT timeout (older kernels; 6.18 does not). */
  readonly synRenewsTimeout: boolean;
  /** tcp_rmem[2] in bytes: decides the window scale. */
  readonly tcpRmemMax: number;
  /** Bridged DNAT with forwarding off is dropped (6.18); older kernels forward when the output device is the same bridge. */
  readonly bridgedDnatNeedsForwarding: boolean;
  /** DNAT to a port range starts at a random port (before 4.x rows), else at the first of the range. */
  readonly dnatRangeRandomStart: boolean;
  /** LOG in POSTROUTING of forwarded packets prints IN= and MAC=. */
  readonly logInputInPostrouting: boolean;
  /** A directly connected prefix gets a broadcast route for its network address (`broadcast 10.0.0.0`). */
  readonly networkBroadcastRoute: boolean;
}

export const KERNEL_FLAVOURS: Readonly<Record<KernelVersion, KernelFlavour>> = {
  "3.10": {
    version: "3.10", synLinearTimeouts: 0, udpStreamTimeout: 180, rstIpId: true, synRenewsTimeout: true, tcpRmemMax: 6291456,
    bridgedDnatNeedsForwarding: false, dnatRangeRandomStart: true, logInputInPostrouting: false, networkBroadcastRoute: true,
  },
  "4.9": {
    version: "4.9", synLinearTimeouts: 0, udpStreamTimeout: 180, rstIpId: true, synRenewsTimeout: true, tcpRmemMax: 6291456,
    bridgedDnatNeedsForwarding: false, dnatRangeRandomStart: true, logInputInPostrouting: false, networkBroadcastRoute: true,
  },
  "6.18": {
    version: "6.18", synLinearTimeouts: 4, udpStreamTimeout: 120, rstIpId: false, synRenewsTimeout: false, tcpRmemMax: 33554432,
    bridgedDnatNeedsForwarding: true, dnatRangeRandomStart: false, logInputInPostrouting: true, networkBroadcastRoute: false,
  },
};
