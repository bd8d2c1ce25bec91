// Windows and segment sizes (net/ipv4/tcp_output.c: tcp_select_initial_window, tcp_select_window, tcp_sync_mss).

import type { KernelFlavour } from "../netns/flavour.ts";
import type { Route } from "../ipv4/rtable.ts";
import { TCP_IP_HLEN, TCPOLEN_TSTAMP_ALIGNED } from "./tcp-limits.ts";
import type { TcpSock } from "./tcp-sock.ts";
import type { TcpSysctls } from "./tcp-sysctls.ts";

const MAX_WINDOW = 65535;
const MAX_WSCALE = 14;
/** Segments of 1460 bytes that older kernels offer at first. */
const INIT_RWND_SEGMENTS = 20;

export interface InitialWindow {
  /** Window to advertise first, bytes. */
  readonly rcvWnd: number;
  readonly wscale: number;
  /** Bytes the window may ever offer here. */
  readonly space: number;
}

/**
 * tcp_select_initial_window: the receive space cut to whole segments. `mss` is what the peer may send us, options subtracted.
 * Kernels until 4.19 offered at most 20 segments of 1460 bytes, or as many larger ones as fit in those bytes, at least two.
 */
export function tcpSelectInitialWindow(
  flavour: KernelFlavour,
  sysctls: TcpSysctls,
  mss: number,
  wscaleOk: boolean,
): InitialWindow {
  const space = Math.floor(sysctls.tcp_rmem[1] / 2);
  let rcvWnd = space > mss ? Math.floor(space / mss) * mss : space;
  const wscale = wscaleOk ? scaleFor(sysctls.tcp_rmem[2]) : 0;
  if (flavour.tcpInitRwnd && mss > 1 << wscale) rcvWnd = Math.min(rcvWnd, initRwnd(mss) * mss);
  return { rcvWnd, wscale, space: rcvWnd };
}

/** tcp_default_init_rwnd. */
function initRwnd(mss: number): number {
  return mss > 1460 ? Math.max(Math.floor((1460 * INIT_RWND_SEGMENTS) / mss), 2) : INIT_RWND_SEGMENTS;
}

/** The smallest shift that brings the largest buffer into 16 bits. */
function scaleFor(rmemMax: number): number {
  let shift = 0;
  while (Math.floor(rmemMax / 2 ** shift) > MAX_WINDOW && shift < MAX_WSCALE) shift++;
  return shift;
}

/** tcp_receive_window: what of the last offer is left. */
export function tcpReceiveWindow(sk: TcpSock): number {
  return Math.max((sk.rcvWup + sk.rcvWnd - sk.rcvNxt) | 0, 0);
}

/**
 * tcp_select_window: the window field of the next segment. A window never shrinks (RFC 9293 §3.8.6); a space below one segment
 * is offered as zero (RFC 1122 §4.2.3.3).
 */
export function tcpSelectWindow(sk: TcpSock): number {
  const current = tcpReceiveWindow(sk);
  let win = tcpNewWindow(sk);
  if (win < current) win = alignUp(current, sk.rcvWscale);
  win = Math.min(win, MAX_WINDOW * 2 ** sk.rcvWscale);
  sk.rcvWnd = win;
  sk.rcvWup = sk.rcvNxt;
  return win >>> sk.rcvWscale;
}

/** __tcp_select_window: the free space of the receive buffer, in units of the scale, or nothing. */
export function tcpNewWindow(sk: TcpSock): number {
  return alignUp(freeSpace(sk), sk.rcvWscale);
}

function freeSpace(sk: TcpSock): number {
  const free = Math.max(sk.rcvSpace - sk.unreadBytes, 0);
  return free < sk.rcvSpace / 2 && free < Math.max(sk.advmss, sk.rcvSpace / 16) ? 0 : free;
}

function alignUp(n: number, shift: number): number {
  const unit = 1 << shift;
  return Math.ceil(n / unit) * unit;
}

/** What our SYN announces: the route's MTU less both headers (or its advmss), at least 256. */
export function routeAdvmss(route: Route): number {
  const configured = route.alias?.info.advmss ?? 0;
  return configured !== 0 ? Math.min(configured, 65495) : Math.min(Math.max(route.mtu - TCP_IP_HLEN, 256), 65495);
}

/** tcp_sync_mss: payload of a full segment on this path. */
export function tcpSyncMss(sk: TcpSock, pmtu: number): void {
  const fits = Math.max(pmtu - TCP_IP_HLEN, sk.ns.sockets.tcpSysctls.tcp_min_snd_mss);
  sk.mssCache = Math.min(fits, sk.mssClamp) - (sk.tsOk ? TCPOLEN_TSTAMP_ALIGNED : 0);
}
