// IPv4 packets and frames for tests of tunnels and bridges.

import { formatIpv4, parseIpv4 } from "../../src/addr/ipv4.ts";
import { inetInsertIfa } from "../../src/ipv4/devinet.ts";
import { RT_SCOPE_UNIVERSE } from "../../src/ipv4/rt-types.ts";
import { setU16, toHex } from "../../src/wire/bytes.ts";
import { ipDaddr, ipSaddr, ipWrite } from "../../src/wire/ipv4-fields.ts";
import { frame } from "./lab.ts";
import type { Lab } from "./lab.ts";

export function ip(text: string): NonNullable<ReturnType<typeof parseIpv4>> {
  const addr = parseIpv4(text);
  if (addr === undefined) throw new Error(`not an address: ${text}`);
  return addr;
}

export interface UdpPacket {
  readonly src: string;
  readonly dst: string;
  readonly sport?: number;
  readonly dport?: number;
  readonly ttl?: number;
  readonly tos?: number;
  readonly id?: number;
  /** Flags and offset field. */
  readonly frag?: number;
  /** Bytes behind the UDP header (behind the IPv4 header for later fragments). */
  readonly payload?: number;
}

/** An IPv4 packet with a UDP header whose checksum is 0. */
export function udp(p: UdpPacket): Uint8Array {
  const later = ((p.frag ?? 0) & 0x1fff) !== 0;
  const len = 20 + (later ? 0 : 8) + (p.payload ?? 4);
  const b = new Uint8Array(len);
  ipWrite(b, 0, {
    tos: p.tos ?? 0,
    totLen: len,
    id: p.id ?? 1,
    fragOff: p.frag ?? 0,
    ttl: p.ttl ?? 64,
    proto: 17,
    saddr: ip(p.src),
    daddr: ip(p.dst),
  });
  if (!later) {
    setU16(b, 20, p.sport ?? 1000);
    setU16(b, 22, p.dport ?? 9);
    setU16(b, 24, 8 + (p.payload ?? 4));
  }
  return b;
}

export function ipFrame(dstMac: string, srcMac: string, p: UdpPacket): Uint8Array {
  return frame(dstMac, srcMac, toHex(udp(p)), 0x0800);
}

/** `src>dst` of the IPv4 header at `o`. */
export function endpoints(b: Uint8Array, o: number): string {
  return `${formatIpv4(ipSaddr(b, o))}>${formatIpv4(ipDaddr(b, o))}`;
}

/** Give a device an address with a prefix length. */
export function address(lab: Lab, ns: string, dev: string, addr: string, len: number): void {
  const local = ip(addr);
  const error = inetInsertIfa(lab.dev(ns, dev), {
    local,
    address: local,
    len,
    scope: RT_SCOPE_UNIVERSE,
    broadcast: 0 as typeof local,
    label: dev,
    noprefixroute: false,
    secondary: false,
  });
  if (error !== null) throw new Error(error.errno);
}
