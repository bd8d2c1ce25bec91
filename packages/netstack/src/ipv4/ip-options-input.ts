// Options on receive: validation, recording, source routes (net/ipv4/ip_options.c: ip_options_compile, ip_options_rcv_srr; ip_input.c).

import type { Ipv4 } from "../addr/ipv4.ts";
import { formatIpv4, isMulticast } from "../addr/ipv4.ts";
import type { NetDevice } from "../dev/net-device.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import type { Packet } from "../skb/packet.ts";
import { PACKET_HOST } from "../skb/packet.ts";
import { getU32, setU32 } from "../wire/bytes.ts";
import { ICMP_PARAMETERPROB } from "../wire/icmp-fields.ts";
import { ipDaddr, ipHdrLen, ipSaddr, ipTos } from "../wire/ipv4-fields.ts";
import { fibComputeSpecDst } from "./fib/spec-dst.ts";
import { inetAddrType } from "./fib/addr-type.ts";
import type { IpOptions } from "./ip-options.ts";
import {
  inetCurrentTimestamp,
  IPOPT_END,
  IPOPT_LSRR,
  IPOPT_NOOP,
  IPOPT_RA,
  IPOPT_RR,
  IPOPT_SSRR,
  IPOPT_TIMESTAMP,
  IPOPT_TS_PRESPEC,
  IPOPT_TS_TSANDADDR,
  IPOPT_TS_TSONLY,
  newIpOptions,
  optionLength,
} from "./ip-options.ts";
import { ipRouteInput } from "./route-input.ts";
import { RTN_LOCAL, RTN_UNICAST } from "./rt-types.ts";

/** ip_rcv_options: parse, record, obey. False: the packet must be dropped. */
export function ipRcvOptions(ns: NetNamespace, pkt: Packet, dev: NetDevice): boolean {
  const opt = newIpOptions();
  const bad = ipOptionsCompile(ns, pkt, opt);
  if (bad >= 0) {
    ns.ipv4.mib.IpInHdrErrors++;
    ns.ipv4.icmpSend(pkt, ICMP_PARAMETERPROB, 0, bad * 0x1000000);
    return false;
  }
  pkt.ipOpt = opt;
  if (opt.srr === 0) return true;
  if (!dev.inDev.sourceRoute) {
    if (dev.inDev.logMartians)
      ns.printk(
        `source route option ${formatIpv4(ipSaddr(pkt.buf, pkt.nh))} -> ${formatIpv4(ipDaddr(pkt.buf, pkt.nh))}`,
      );
    return false;
  }
  return optionsRcvSrr(pkt, opt, dev);
}

/** ip_options_compile for a packet: offset of the faulty byte from the header's start, -1 when all is well. It also records. */
export function ipOptionsCompile(ns: NetNamespace, pkt: Packet, opt: IpOptions): number {
  const b = pkt.buf;
  const end = pkt.nh + ipHdrLen(b, pkt.nh);
  for (let at = pkt.nh + 20; at < end;) {
    const type = b[at] as number;
    if (type === IPOPT_END) return -1;
    if (type === IPOPT_NOOP) {
      at++;
      continue;
    }
    const len = optionLength(b, at, end);
    if (len === 0) return at - pkt.nh;
    const bad = compileOption(ns, pkt, opt, type, at, len);
    if (bad >= 0) return at - pkt.nh + bad;
    at += len;
  }
  return -1;
}

/** One option; offset of the faulty byte within it, -1 when fine. */
function compileOption(ns: NetNamespace, pkt: Packet, opt: IpOptions, type: number, at: number, len: number): number {
  const offset = at - pkt.nh;
  switch (type) {
    case IPOPT_SSRR:
    case IPOPT_LSRR:
      return compileSrr(pkt, opt, type, at, len, offset);
    case IPOPT_RR:
      return compileRr(ns, pkt, opt, at, len, offset);
    case IPOPT_TIMESTAMP:
      return compileTs(ns, pkt, opt, at, len, offset);
    case IPOPT_RA:
      if (len < 4) return 1;
      if (pkt.buf[at + 2] === 0 && pkt.buf[at + 3] === 0) opt.routerAlert = true;
      return -1;
    default:
      // Unknown and security options pass by.
      return -1;
  }
}

function compileSrr(pkt: Packet, opt: IpOptions, type: number, at: number, len: number, offset: number): number {
  if (len < 3) return 1;
  if ((pkt.buf[at + 2] as number) < 4) return 2;
  // One source route only.
  if (opt.srr !== 0) return 0;
  opt.isStrict = type === IPOPT_SSRR;
  opt.srr = offset;
  return -1;
}

function compileRr(ns: NetNamespace, pkt: Packet, opt: IpOptions, at: number, len: number, offset: number): number {
  const b = pkt.buf;
  const ptr = b[at + 2] as number;
  if (opt.rr !== 0) return 0;
  if (len < 3) return 1;
  if (ptr < 4) return 2;
  if (ptr <= len) {
    if (ptr + 3 > len) return 2;
    setU32(b, at + ptr - 1, fibComputeSpecDst(ns, pkt));
    b[at + 2] = ptr + 4;
    opt.rrNeedaddr = true;
  }
  opt.rr = offset;
  return -1;
}

function compileTs(ns: NetNamespace, pkt: Packet, opt: IpOptions, at: number, len: number, offset: number): number {
  const b = pkt.buf;
  const ptr = b[at + 2] as number;
  if (opt.ts !== 0) return 0;
  if (len < 4) return 1;
  if (ptr < 5) return 2;
  opt.ts = offset;
  if (ptr > len) return overflowTs(b, at);
  if (ptr + 3 > len) return 2;
  return recordTs(ns, pkt, opt, at, len, ptr);
}

/** No room: count the overflow in the high nibble of the flags byte. */
function overflowTs(b: Uint8Array, at: number): number {
  const flags = b[at + 3] as number;
  if ((flags & 15) === IPOPT_TS_PRESPEC) return -1;
  if (flags >>> 4 === 15) return 3;
  b[at + 3] = flags + 0x10;
  return -1;
}

function recordTs(ns: NetNamespace, pkt: Packet, opt: IpOptions, at: number, len: number, ptr: number): number {
  const b = pkt.buf;
  const mode = (b[at + 3] as number) & 15;
  if (mode === IPOPT_TS_TSONLY) {
    writeTs(ns, b, at + ptr - 1);
    b[at + 2] = ptr + 4;
    opt.tsNeedtime = true;
    return -1;
  }
  if (ptr + 7 > len) return 2;
  if (mode === IPOPT_TS_TSANDADDR) {
    setU32(b, at + ptr - 1, fibComputeSpecDst(ns, pkt));
    writeTs(ns, b, at + ptr + 3);
    opt.tsNeedaddr = true;
  } else if (mode === IPOPT_TS_PRESPEC) {
    // Only the addressed host stamps its slot.
    if (inetAddrType(ns, getU32(b, at + ptr - 1) as Ipv4) === RTN_UNICAST) return -1;
    writeTs(ns, b, at + ptr + 3);
  } else {
    return 3;
  }
  b[at + 2] = ptr + 8;
  opt.tsNeedtime = true;
  return -1;
}

function writeTs(ns: NetNamespace, b: Uint8Array, at: number): void {
  setU32(b, at, inetCurrentTimestamp(ns));
}

/** ip_options_rcv_srr: route on to the next address of the list, through as many own addresses as it names. */
function optionsRcvSrr(pkt: Packet, opt: IpOptions, dev: NetDevice): boolean {
  const b = pkt.buf;
  const route = pkt.route;
  if (route === null || pkt.pktType !== PACKET_HOST) return false;
  // Not for us: a loose route is only passed on, a strict one has left its path.
  if (route.type === RTN_UNICAST) return !opt.isStrict;
  if (route.type !== RTN_LOCAL) return false;
  const at = pkt.nh + opt.srr;
  const len = b[at + 1] as number;
  for (let ptr = b[at + 2] as number; ptr <= len; ptr += 4) {
    if (ptr + 3 > len) return false;
    const next = getU32(b, at + ptr - 1) as Ipv4;
    pkt.route = null;
    if (isMulticast(next) || ipRouteInput(pkt, next, ipSaddr(b, pkt.nh), ipTos(b, pkt.nh), dev) !== null) return false;
    const onward = pkt.route as typeof route | null;
    if (onward === null || (onward.type !== RTN_UNICAST && onward.type !== RTN_LOCAL)) return false;
    if (onward.type !== RTN_LOCAL) {
      opt.srrIsHit = true;
      opt.nexthop = next;
      b[at + 2] = ptr;
      return true;
    }
    // Ourselves again: the packet is already here, look at the one behind.
    setU32(b, pkt.nh + 16, next);
  }
  pkt.route = route;
  return true;
}
