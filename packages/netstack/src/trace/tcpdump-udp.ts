// print-udp.c, with the tunnels and name service of clusters (print-vxlan.c, print-otv.c, print-domain.c).

import { formatIpv4 } from "../addr/ipv4.ts";
import { getU32 } from "../wire/bytes.ts";
import { csumFold, csumPartial, pseudoSum } from "../wire/checksum.ts";
import { ipDaddr, IPPROTO_UDP, ipSaddr } from "../wire/ipv4-fields.ts";
import { UDP_HLEN, udpCheck, udpDport, udpLen, udpSport } from "../wire/udp-fields.ts";
import type { Dissect } from "./dissect.ts";
import { checksumShouldBe, hex } from "./dissect.ts";
import { domainPrint } from "./tcpdump-domain.ts";

const PORT_DOMAIN = 53;
const PORT_VXLAN = 4789;
/** The kernel's old VXLAN port, which flannel uses; tcpdump knows it as OTV. */
const PORT_OTV = 8472;

export function udpPrint(
  d: Dissect,
  b: Uint8Array,
  ip: number,
  off: number,
  len: number,
  snap: number,
  fragment: boolean,
): string {
  const [src, dst] = [formatIpv4(ipSaddr(b, ip)), formatIpv4(ipDaddr(b, ip))];
  if (off + UDP_HLEN > snap)
    return off + 4 > snap
      ? `${src} > ${dst}:  [|udp]`
      : `${src}.${udpSport(b, off)} > ${dst}.${udpDport(b, off)}:  [|udp]`;
  const head = `${src}.${udpSport(b, off)} > ${dst}.${udpDport(b, off)}: `;
  const ulen = udpLen(b, off);
  if (ulen < UDP_HLEN) return `${head}truncated-udplength ${ulen}`;
  const sum = d.q ? "" : checksum(d, b, ip, off, Math.min(ulen, len), snap, fragment);
  if (ulen > len && !fragment) return `${head}${sum}UDP, bad length ${ulen - UDP_HLEN} > ${len - UDP_HLEN}`;
  if (d.q) return `${head}UDP, length ${ulen - UDP_HLEN}`;
  return head + sum + body(d, b, off, ulen, Math.min(snap, off + ulen));
}

function checksum(
  d: Dissect,
  b: Uint8Array,
  ip: number,
  off: number,
  ulen: number,
  snap: number,
  fragment: boolean,
): string {
  if (d.v < 2 || fragment) return "";
  const field = udpCheck(b, off);
  if (field === 0) return "[no cksum] ";
  if (off + ulen > snap) return "";
  const sum = csumFold(csumPartial(b, off, ulen, pseudoSum(ipSaddr(b, ip), ipDaddr(b, ip), IPPROTO_UDP, ulen)));
  return sum === 0
    ? "[udp sum ok] "
    : `[bad udp cksum 0x${hex(field, 4)} -> 0x${hex(checksumShouldBe(field, sum), 4)}!] `;
}

function body(d: Dissect, b: Uint8Array, off: number, ulen: number, end: number): string {
  const [sport, dport] = [udpSport(b, off), udpDport(b, off)];
  const at = off + UDP_HLEN;
  const len = ulen - UDP_HLEN;
  if (sport === PORT_DOMAIN || dport === PORT_DOMAIN) return domainPrint(d, b, at, len, end);
  if (sport === PORT_VXLAN || dport === PORT_VXLAN) return tunnel(d, b, at, len, end, "VXLAN", "vni");
  if (sport === PORT_OTV || dport === PORT_OTV) return tunnel(d, b, at, len, end, "OTV", "overlay 0, instance");
  return `UDP, length ${len}`;
}

/** Eight bytes of header, then a frame on a line of its own. */
function tunnel(d: Dissect, b: Uint8Array, at: number, len: number, end: number, name: string, what: string): string {
  if (at + 8 > end) return `${name} [|${name.toLowerCase()}]`;
  const flags = b[at] as number;
  const head = `${name}, flags [${(flags & 0x08) !== 0 ? "I" : "invalid"}] (0x${hex(flags, 2)}), ${what} ${getU32(b, at + 4) >>> 8}`;
  return `${head}\n${d.ether(d, b, at + 8, len - 8, end)}`;
}
