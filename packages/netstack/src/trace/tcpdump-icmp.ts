// print-icmp.c.

import { formatIpv4 } from "../addr/ipv4.ts";
import { getU32 } from "../wire/bytes.ts";
import { csumFold, csumPartial } from "../wire/checksum.ts";
import {
  ICMP_DEST_UNREACH,
  ICMP_ECHO,
  ICMP_ECHOREPLY,
  ICMP_HLEN,
  ICMP_PARAMETERPROB,
  ICMP_REDIRECT,
  ICMP_SOURCE_QUENCH,
  ICMP_TIME_EXCEEDED,
  ICMP_TIMESTAMP,
  ICMP_TIMESTAMPREPLY,
  icmpCheck,
  icmpCode,
  icmpGateway,
  icmpId,
  icmpIsError,
  icmpMtu,
  icmpSeq,
  icmpType,
} from "../wire/icmp-fields.ts";
import { ipDaddr, ipHdrLen, ipProto, IPPROTO_TCP, IPPROTO_UDP } from "../wire/ipv4-fields.ts";
import { udpDport } from "../wire/udp-fields.ts";
import type { Dissect } from "./dissect.ts";
import { checksumShouldBe } from "./dissect.ts";

export function icmpPrint(
  d: Dissect,
  b: Uint8Array,
  off: number,
  len: number,
  snap: number,
  fragment: boolean,
): string {
  if (off + ICMP_HLEN > snap) return "ICMP [|icmp]";
  const type = icmpType(b, off);
  const text = `ICMP ${message(b, off, type, snap)}, length ${len}`;
  if (d.v === 0) return text;
  return text + badChecksum(b, off, len, snap, fragment) + quoted(d, b, off, type, len, snap);
}

function badChecksum(b: Uint8Array, off: number, len: number, snap: number, fragment: boolean): string {
  if (fragment || off + len > snap) return "";
  const sum = csumFold(csumPartial(b, off, len));
  const field = icmpCheck(b, off);
  return sum === 0 ? "" : ` (wrong icmp cksum ${field.toString(16)} (->${checksumShouldBe(field, sum).toString(16)})!)`;
}

/** With -v the offending packet on a line of its own; it claims its own length, however much of it is quoted. */
function quoted(d: Dissect, b: Uint8Array, off: number, type: number, len: number, snap: number): string {
  if (!icmpIsError(type) || off + ICMP_HLEN + 20 > snap) return "";
  const ip = off + ICMP_HLEN;
  const claimed = ((b[ip + 2] as number) << 8) | (b[ip + 3] as number);
  return `\n\t${d.ip(d, b, ip, claimed, Math.min(snap, off + len))}`;
}

function message(b: Uint8Array, off: number, type: number, snap: number): string {
  switch (type) {
    case ICMP_ECHO:
    case ICMP_ECHOREPLY:
      return `echo ${type === ICMP_ECHO ? "request" : "reply"}, id ${icmpId(b, off)}, seq ${icmpSeq(b, off)}`;
    case ICMP_DEST_UNREACH:
      return unreachable(b, off, snap);
    case ICMP_SOURCE_QUENCH:
      return "source quench";
    case ICMP_REDIRECT:
      return redirect(b, off);
    case ICMP_TIME_EXCEEDED:
      return exceeded(icmpCode(b, off));
    case ICMP_PARAMETERPROB:
      return icmpCode(b, off) === 0
        ? `parameter problem - octet ${b[off + 4]}`
        : `parameter problem - code ${icmpCode(b, off)}`;
    case ICMP_TIMESTAMP:
      return `time stamp query id ${icmpId(b, off)} seq ${icmpSeq(b, off)}`;
    case ICMP_TIMESTAMPREPLY:
      return stampReply(b, off, snap);
    default:
      return `type-#${type}`;
  }
}

/** What stands before and behind the destination, by code; the codes with a text of their own are not here. */
const UNREACHABLE: Readonly<Record<number, readonly [string, string]>> = {
  0: ["net ", "unreachable"],
  1: ["host ", "unreachable"],
  5: ["", "unreachable - source route failed"],
  6: ["net ", "unreachable - unknown"],
  7: ["host ", "unreachable - unknown"],
  8: ["", "unreachable - source host isolated"],
  9: ["net ", "unreachable - admin prohibited"],
  10: ["host ", "unreachable - admin prohibited"],
  11: ["net ", "unreachable - tos prohibited"],
  12: ["host ", "unreachable - tos prohibited"],
  13: ["host ", "unreachable - admin prohibited filter"],
  14: ["host ", "unreachable - host precedence violation"],
  15: ["host ", "unreachable - precedence cutoff"],
};

function unreachable(b: Uint8Array, off: number, snap: number): string {
  const ip = off + ICMP_HLEN;
  const code = icmpCode(b, off);
  if (ip + 20 > snap) return "[|icmp]";
  const dst = formatIpv4(ipDaddr(b, ip));
  if (code === 2) return `${dst} protocol ${ipProto(b, ip)} unreachable`;
  if (code === 3) return portUnreachable(b, ip, dst, snap);
  if (code === 4) return `${dst} unreachable - need to frag${icmpMtu(b, off) === 0 ? "" : ` (mtu ${icmpMtu(b, off)})`}`;
  const row = UNREACHABLE[code];
  return row === undefined ? `${dst} unreachable - #${code}` : `${row[0]}${dst} ${row[1]}`;
}

function portUnreachable(b: Uint8Array, ip: number, dst: string, snap: number): string {
  const l4 = ip + ipHdrLen(b, ip);
  if (l4 + 4 > snap) return "[|icmp]";
  const proto = ipProto(b, ip);
  const port = udpDport(b, l4);
  if (proto === IPPROTO_TCP) return `${dst} tcp port ${port} unreachable`;
  if (proto === IPPROTO_UDP) return `${dst} udp port ${port} unreachable`;
  return `${dst} protocol ${proto} port ${port} unreachable`;
}

const REDIRECT = [
  "redirect {d} to net {g}",
  "redirect {d} to host {g}",
  "redirect-tos {d} to net {g}",
  "redirect-tos {d} to host {g}",
] as const;

function redirect(b: Uint8Array, off: number): string {
  const text = REDIRECT[icmpCode(b, off)] ?? `redirect-#${icmpCode(b, off)} {d} to {g}`;
  return text.replace("{d}", formatIpv4(ipDaddr(b, off + ICMP_HLEN))).replace("{g}", formatIpv4(icmpGateway(b, off)));
}

function exceeded(code: number): string {
  if (code === 0) return "time exceeded in-transit";
  return code === 1 ? "ip reassembly time exceeded" : `time exceeded-#${code}`;
}

function stampReply(b: Uint8Array, off: number, snap: number): string {
  if (off + 20 > snap) return "[|icmp]";
  const at = (o: number): string => timeOfDay(getU32(b, off + o));
  return `time stamp reply id ${icmpId(b, off)} seq ${icmpSeq(b, off)}: org ${at(8)}, recv ${at(12)}, xmit ${at(16)}`;
}

/** Milliseconds since midnight. */
function timeOfDay(ms: number): string {
  const pad = (n: number, width: number): string => String(n).padStart(width, "0");
  const s = Math.floor(ms / 1000);
  return `${pad(Math.floor(s / 3600), 2)}:${pad(Math.floor(s / 60) % 60, 2)}:${pad(s % 60, 2)}.${pad(ms % 1000, 3)}`;
}
