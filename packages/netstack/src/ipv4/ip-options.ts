// IPv4 options of a packet: parsing, and what forwarding and fragmenting do to them (net/ipv4/ip_options.c; RFC 791 §3.1).

import type { Ipv4 } from "../addr/ipv4.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import type { Packet } from "../skb/packet.ts";
import { setU32 } from "../wire/bytes.ts";
import { ipDaddr, ipHdrLen, ipSaddr, ipSendCheck, ipTos } from "../wire/ipv4-fields.ts";
import { inetSelectAddr } from "./fib/addr-type.ts";
import type { FibResult } from "./fib/fib-types.ts";
import { fibResNh } from "./fib/fib-types.ts";
import { fibResultPrefsrc } from "./route-output.ts";
import { flowKey } from "./rtable.ts";
import { RT_SCOPE_UNIVERSE } from "./rt-types.ts";

const IP_HLEN = 20;
export const IPOPT_END = 0;
export const IPOPT_NOOP = 1;
export const IPOPT_RR = 7;
export const IPOPT_TIMESTAMP = 0x44;
export const IPOPT_LSRR = 0x83;
export const IPOPT_RA = 0x94;
export const IPOPT_SSRR = 0x89;
/** Options with this bit stand in every fragment. */
const IPOPT_COPY = 0x80;

/** Timestamp flags. */
export const IPOPT_TS_TSONLY = 0;
export const IPOPT_TS_TSANDADDR = 1;
export const IPOPT_TS_PRESPEC = 3;

/** What was found (struct ip_options). Offsets count from the first byte of the IPv4 header, 0: not there. */
export interface IpOptions {
  rr: number;
  ts: number;
  srr: number;
  isStrict: boolean;
  /** The destination of the packet was the next hop of the source route. */
  srrIsHit: boolean;
  routerAlert: boolean;
  rrNeedaddr: boolean;
  tsNeedaddr: boolean;
  tsNeedtime: boolean;
  /** Next hop of a strict route, set by ip_options_rcv_srr. */
  nexthop: Ipv4;
}

export function newIpOptions(): IpOptions {
  return {
    rr: 0,
    ts: 0,
    srr: 0,
    isStrict: false,
    srrIsHit: false,
    routerAlert: false,
    rrNeedaddr: false,
    tsNeedaddr: false,
    tsNeedtime: false,
    nexthop: 0 as Ipv4,
  };
}

/** The options parsed for this packet, null without. */
export function ipOptions(pkt: Packet): IpOptions | null {
  return pkt.ipOpt as IpOptions | null;
}

/** inet_current_timestamp: ms since midnight UT; virtual time starts at midnight. */
export function inetCurrentTimestamp(ns: NetNamespace): number {
  return Math.floor(ns.world.now) % 86_400_000;
}

/** ip_forward_options: record this router where the packet asks for it. */
export function ipForwardOptions(ns: NetNamespace, pkt: Packet, opt: IpOptions): void {
  const b = pkt.buf;
  const nh = pkt.nh;
  let changed = false;
  // The slot was filled on receive with an address of the way in; now the way out is known.
  if (opt.rrNeedaddr) {
    const at = nh + opt.rr;
    setU32(b, at + (b[at + 2] as number) - 5, ipRtGetSource(ns, pkt));
    changed = true;
  }
  if (opt.srrIsHit) {
    const at = nh + opt.srr;
    const ptr = b[at + 2] as number;
    setU32(b, at + ptr - 1, ipRtGetSource(ns, pkt));
    setU32(b, nh + 16, opt.nexthop);
    b[at + 2] = ptr + 4;
    changed = true;
  }
  if (opt.tsNeedaddr) {
    const at = nh + opt.ts;
    setU32(b, at + (b[at + 2] as number) - 9, ipRtGetSource(ns, pkt));
    changed = true;
  }
  if (changed) ipSendCheck(b, nh);
}

/** ip_rt_get_source: the address this host would send from on the packet's output route. */
function ipRtGetSource(ns: NetNamespace, pkt: Packet): Ipv4 {
  const route = pkt.route;
  if (route === null) return 0 as Ipv4;
  const saddr = ipSaddr(pkt.buf, pkt.nh);
  const daddr = ipDaddr(pkt.buf, pkt.nh);
  if (!route.input) return saddr;
  const res: FibResult = { alias: null, nhSel: 0 };
  const key = flowKey(daddr, {
    saddr,
    tos: ipTos(pkt.buf, pkt.nh),
    oif: route.dev.ifindex,
    iif: pkt.dev?.ifindex ?? 0,
    mark: pkt.mark,
  });
  const nh = ns.fib.lookup(key, res) === null ? fibResNh(res) : null;
  if (nh !== null && res.alias !== null) return fibResultPrefsrc(ns, res.alias, nh);
  return inetSelectAddr(ns, route.dev, route.nexthop(daddr), RT_SCOPE_UNIVERSE);
}

/** ip_options_fragment: fragments behind the first keep only options marked for copying; the rest become no-ops. */
export function ipOptionsFragment(b: Uint8Array, nh: number): void {
  const end = nh + ipHdrLen(b, nh);
  for (let at = nh + 20; at < end;) {
    const type = b[at] as number;
    if (type === IPOPT_END) return;
    const len = type === IPOPT_NOOP ? 1 : (b[at + 1] as number);
    if (len < 1 || at + len > end) return;
    if ((type & IPOPT_COPY) === 0) b.fill(IPOPT_NOOP, at, at + len);
    at += len;
  }
}

/** Options of a packet that is made here: the bytes, padded to 4, and what stands where (IPCB(skb)->opt behind ip_options_build). */
export interface BuiltOptions {
  readonly bytes: Uint8Array;
  readonly opt: IpOptions | null;
}

/**
 * ip_options_echo and ip_options_build: the options an answer to `pkt` carries — record route and timestamp as
 * they came, this host (`saddr`) entered once more where it had entered itself on receive. A source route is not answered by one.
 */
export function ipOptionsEcho(ns: NetNamespace, pkt: Packet, saddr: Ipv4): BuiltOptions {
  const opt = ipOptions(pkt);
  if (opt === null || (opt.rr === 0 && opt.ts === 0)) return { bytes: new Uint8Array(0), opt: null };
  const parts: number[] = [];
  const built = newIpOptions();
  if (opt.rr !== 0) {
    built.rr = IP_HLEN;
    parts.push(...echoRr(optionBytes(pkt, opt.rr), opt, saddr, built));
  }
  if (opt.ts !== 0) {
    built.ts = IP_HLEN + parts.length;
    parts.push(...echoTs(ns, optionBytes(pkt, opt.ts), opt, saddr, built));
  }
  while (parts.length % 4 !== 0) parts.push(IPOPT_END);
  return { bytes: Uint8Array.from(parts), opt: built };
}

function optionBytes(pkt: Packet, offset: number): Uint8Array {
  const at = pkt.nh + offset;
  return pkt.buf.slice(at, at + (pkt.buf[at + 1] as number));
}

function echoRr(b: Uint8Array, opt: IpOptions, saddr: Ipv4, built: IpOptions): Uint8Array {
  const ptr = b[2] as number;
  if (opt.rrNeedaddr && ptr + 3 <= b.length) {
    setU32(b, ptr - 1, saddr);
    b[2] = ptr + 4;
    built.rrNeedaddr = true;
  }
  return b;
}

function echoTs(ns: NetNamespace, b: Uint8Array, opt: IpOptions, saddr: Ipv4, built: IpOptions): Uint8Array {
  let ptr = b[2] as number;
  const need = (opt.tsNeedaddr ? 4 : 0) + 4;
  if (!opt.tsNeedtime || ((b[3] as number) & 15) === IPOPT_TS_PRESPEC || ptr + need - 1 > b.length) return b;
  built.tsNeedtime = true;
  built.tsNeedaddr = opt.tsNeedaddr;
  if (opt.tsNeedaddr) {
    setU32(b, ptr - 1, saddr);
    ptr += 4;
  }
  setU32(b, ptr - 1, inetCurrentTimestamp(ns));
  b[2] = ptr + 4;
  return b;
}

/** Length of an option that fits before `end`, 0 when it is malformed. */
export function optionLength(b: Uint8Array, at: number, end: number): number {
  if (at + 2 > end) return 0;
  const len = b[at + 1] as number;
  return len < 2 || at + len > end ? 0 : len;
}
