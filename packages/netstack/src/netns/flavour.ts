// Kernel behaviour that changed between versions, as data: a row says what, and in which versions.

import { IPPROTO_UDP, IPPROTO_UDPLITE } from "../wire/ipv4-fields.ts";

/** A kernel version that scenarios may name. */
export type KernelVersion = "3.10" | "4.9" | "6.18";

/**
 * What a kernel can do for a packet whose connection comes second into the table (nf_ct_resolve_clash):
 * `drop`: nothing (until 4.6) · `untranslated`: it joins the first where NAT has not touched that one (4.7, commit 71d8c47fc653) ·
 * `harder`: it joins an equal one whatever NAT did (4.19, ed07d9a021df), and lives a second beside one that differs only in its
 * answers (5.7, 6a757c07e51f).
 */
export type CtClash = "drop" | "untranslated" | "harder";

export interface KernelFlavour {
  readonly version: KernelVersion;
  /** tcp_syn_linear_timeouts: SYN retries that come 1 s apart before doubling starts (4 since 6.5, net/ipv4/tcp_timer.c). */
  readonly synLinearTimeouts: number;
  /** ms until a SYN goes out again after an ACK of something else (TCP_TIMEOUT_MIN, 2 jiffies, since 5.6); null: it waits for its timer. */
  readonly synResendAfterStrayAck: number | null;
  /** ms beside two round trips until the last of several segments is sent again as a probe (tcp_schedule_loss_probe, since 3.10; 2 jiffies since 4.13). */
  readonly tcpProbeMin: number;
  /** ms until segments before a selectively acknowledged one count as lost (tcp_rack_reo_timeout, 2 jiffies, since 4.13); null: only after three of those. */
  readonly tcpReoTimeout: number | null;
  /** UDP stream timeout in s (180 before 4.20, 120 since). */
  readonly udpStreamTimeout: number;
  /** RST without socket carries a non-zero IP id (seen on 4.9; 0 with DF on 6.18). */
  readonly rstIpId: boolean;
  /** A retransmitted SYN renews the SYN_SENT timeout (older kernels; 6.18 does not). */
  readonly synRenewsTimeout: boolean;
  /** tcp_rmem[1] and [2] in bytes: half of the first is the receive space, the second decides the window scale. */
  readonly tcpRmemDefault: number;
  readonly tcpRmemMax: number;
  /** The first window is at most 20 segments of 1460 bytes (tcp_default_init_rwnd, until 4.19); later it is the whole receive space up to 65535. */
  readonly tcpInitRwnd: boolean;
  /** Ticks of the TCP timestamp per second: jiffies until 4.12 (the distribution's CONFIG_HZ), milliseconds since. */
  readonly tcpTsHz: number;
  /** Timestamps start at a random offset per pair of hosts (since 4.10). */
  readonly tcpTsOffset: boolean;
  /** net.core.somaxconn (4096 since 5.4). */
  readonly somaxconn: number;
  /** Bridged DNAT with forwarding off is dropped (6.18); older kernels forward when the output device is the same bridge. */
  readonly bridgedDnatNeedsForwarding: boolean;
  /** DNAT to a port range starts at a random port (before 4.x rows), else at the first of the range. */
  readonly dnatRangeRandomStart: boolean;
  /** POST_ROUTING knows the device a forwarded packet came in by, so that LOG prints IN= and MAC= there (6.18; not 4.9). */
  readonly postRoutingInput: boolean;
  /** A directly connected prefix gets a broadcast route for its network address (`broadcast 10.0.0.0`). */
  readonly networkBroadcastRoute: boolean;
  /** Who loses the race for an entry of the connection table. */
  readonly ctClash: CtClash;
  /** l4proto->allow_clash: for which protocols it may be resolved; null: all but TCP, SCTP and ICMP (the generic tracker's since 2026-01, in stable 6.18; seen). */
  readonly ctClashProtocols: readonly number[] | null;
  /** The search for a free tuple passes over entries of the very same flow (since 5.0, commit 4e35c1cb9460). */
  readonly natSkipsSameOrigin: boolean;
  /** Routes through a device without carrier are marked `linkdown` (RTNH_F_LINKDOWN, since 4.2). */
  readonly routeLinkdown: boolean;
}

export const KERNEL_FLAVOURS: Readonly<Record<KernelVersion, KernelFlavour>> = {
  "3.10": {
    version: "3.10",
    synLinearTimeouts: 0,
    synResendAfterStrayAck: null,
    tcpProbeMin: 10,
    tcpReoTimeout: null,
    udpStreamTimeout: 180,
    rstIpId: true,
    synRenewsTimeout: true,
    tcpRmemDefault: 87380,
    tcpRmemMax: 6291456,
    tcpInitRwnd: true,
    tcpTsHz: 1000,
    tcpTsOffset: false,
    somaxconn: 128,
    bridgedDnatNeedsForwarding: false,
    dnatRangeRandomStart: true,
    postRoutingInput: false,
    networkBroadcastRoute: true,
    ctClash: "drop",
    ctClashProtocols: [],
    natSkipsSameOrigin: false,
    routeLinkdown: false,
  },
  "4.9": {
    version: "4.9",
    synLinearTimeouts: 0,
    synResendAfterStrayAck: null,
    tcpProbeMin: 10,
    tcpReoTimeout: null,
    udpStreamTimeout: 180,
    rstIpId: true,
    synRenewsTimeout: true,
    tcpRmemDefault: 87380,
    tcpRmemMax: 6291456,
    tcpInitRwnd: true,
    tcpTsHz: 250,
    tcpTsOffset: false,
    somaxconn: 128,
    bridgedDnatNeedsForwarding: false,
    dnatRangeRandomStart: true,
    postRoutingInput: false,
    networkBroadcastRoute: true,
    ctClash: "untranslated",
    ctClashProtocols: [IPPROTO_UDP, IPPROTO_UDPLITE],
    natSkipsSameOrigin: false,
    routeLinkdown: true,
  },
  "6.18": {
    version: "6.18",
    synLinearTimeouts: 4,
    synResendAfterStrayAck: 8,
    tcpProbeMin: 8,
    tcpReoTimeout: 8,
    udpStreamTimeout: 120,
    rstIpId: false,
    synRenewsTimeout: false,
    tcpRmemDefault: 131072,
    tcpRmemMax: 33554432,
    tcpInitRwnd: false,
    tcpTsHz: 1000,
    tcpTsOffset: true,
    somaxconn: 4096,
    bridgedDnatNeedsForwarding: true,
    dnatRangeRandomStart: false,
    postRoutingInput: true,
    networkBroadcastRoute: false,
    ctClash: "harder",
    ctClashProtocols: null,
    natSkipsSameOrigin: true,
    routeLinkdown: true,
  },
};
