// print-tcp.c, with the text protocol that comes up in clusters (print-http.c).

import { formatIpv4 } from "../addr/ipv4.ts";
import { getU16, getU32 } from "../wire/bytes.ts";
import { csumFold, csumPartial, pseudoSum } from "../wire/checksum.ts";
import { ipDaddr, IPPROTO_TCP, ipSaddr } from "../wire/ipv4-fields.ts";
import {
  TCP_ACK,
  TCP_CWR,
  TCP_ECE,
  TCP_FIN,
  TCP_HLEN,
  TCP_PSH,
  TCP_RST,
  TCP_SYN,
  TCP_URG,
  tcpAckSeq,
  tcpCheck,
  tcpDport,
  tcpFlags,
  tcpHdrLen,
  TCPOPT_EOL,
  TCPOPT_MSS,
  TCPOPT_NOP,
  TCPOPT_SACK,
  TCPOPT_SACK_PERM,
  TCPOPT_TIMESTAMP,
  TCPOPT_WINDOW,
  tcpSeq,
  tcpSport,
  tcpUrgPtr,
  tcpWindow,
} from "../wire/tcp-fields.ts";
import type { Dissect, TcpFlow } from "./dissect.ts";
import { bitWords, checksumShouldBe, hex } from "./dissect.ts";
import { httpPrint } from "./tcpdump-http.ts";

/** Flag bits of a TCP header and tcpdump's letters for them, in its order. */
export const TCP_FLAG_LETTERS = [
  [TCP_FIN, "F"],
  [TCP_SYN, "S"],
  [TCP_RST, "R"],
  [TCP_PSH, "P"],
  [TCP_ACK, "."],
  [TCP_URG, "U"],
  [TCP_ECE, "E"],
  [TCP_CWR, "W"],
] as const;
const HTTP_PORTS = new Set([80, 8080, 3128]);

/** Sequence numbers as they are printed, and what SACK edges are relative to. */
interface Numbers {
  readonly seq: number;
  readonly ack: number;
  readonly sackBase: number;
}

export function tcpPrint(
  d: Dissect,
  b: Uint8Array,
  ip: number,
  off: number,
  len: number,
  snap: number,
  fragment: boolean,
): string {
  const [src, dst] = [formatIpv4(ipSaddr(b, ip)), formatIpv4(ipDaddr(b, ip))];
  if (off + TCP_HLEN > snap)
    return off + 4 > snap
      ? `${src} > ${dst}:  [|tcp]`
      : `${src}.${tcpSport(b, off)} > ${dst}.${tcpDport(b, off)}:  [|tcp]`;
  const head = `${src}.${tcpSport(b, off)} > ${dst}.${tcpDport(b, off)}: `;
  const hlen = tcpHdrLen(b, off);
  const dataLen = len - hlen;
  if (hlen < TCP_HLEN) return `${head} [bad hdr length ${hlen} - too short, < ${TCP_HLEN}]`;
  if (d.q) return `${head}tcp ${dataLen >>> 0}${hlen > len ? ` [bad hdr length ${hlen} - too long, > ${len}]` : ""}`;
  const flags = tcpFlags(b, off);
  const n = numbers(d, b, ip, off, flags);
  const start = `${head}Flags [${bitWords(flags, TCP_FLAG_LETTERS, "none", "")}]`;
  if (hlen > len) return `${start} [bad hdr length ${hlen} - too long, > ${len}]`;
  return (
    start +
    checksum(d, b, ip, off, len, snap, fragment) +
    fields(d, b, off, flags, dataLen, n) +
    options(b, off, hlen, snap, n) +
    data(d, b, off, hlen, dataLen, snap, flags)
  );
}

/** Relative numbers begin with the second packet of a conversation that has ACK; a SYN-ACK begins it anew. */
function numbers(d: Dissect, b: Uint8Array, ip: number, off: number, flags: number): Numbers {
  const seq = tcpSeq(b, off);
  const ack = tcpAckSeq(b, off);
  if (d.S || (flags & TCP_ACK) === 0) return { seq, ack, sackBase: 0 };
  const [saddr, daddr, sport, dport] = [ipSaddr(b, ip), ipDaddr(b, ip), tcpSport(b, off), tcpDport(b, off)];
  const rev = sport > dport || (sport === dport && saddr > daddr);
  const key = rev ? `${daddr}:${dport} ${saddr}:${sport}` : `${saddr}:${sport} ${daddr}:${dport}`;
  const known = d.flows.get(key);
  const flow: TcpFlow = known === undefined || (flags & TCP_SYN) !== 0 ? firstOf(rev, seq, ack) : known;
  d.flows.set(key, flow);
  const sackBase = rev ? flow.seq : flow.ack;
  if (flow !== known) return { seq, ack, sackBase };
  return { seq: (seq - (rev ? flow.ack : flow.seq)) >>> 0, ack: (ack - (rev ? flow.seq : flow.ack)) >>> 0, sackBase };
}

function firstOf(rev: boolean, seq: number, ack: number): TcpFlow {
  return rev ? { ack: seq, seq: (ack - 1) >>> 0 } : { seq, ack: (ack - 1) >>> 0 };
}

function checksum(
  d: Dissect,
  b: Uint8Array,
  ip: number,
  off: number,
  len: number,
  snap: number,
  fragment: boolean,
): string {
  if (d.v === 0 || fragment || off + len > snap) return "";
  const sum = csumFold(csumPartial(b, off, len, pseudoSum(ipSaddr(b, ip), ipDaddr(b, ip), IPPROTO_TCP, len)));
  const field = tcpCheck(b, off);
  return `, cksum 0x${hex(field, 4)} ${sum === 0 ? "(correct)" : `(incorrect -> 0x${hex(checksumShouldBe(field, sum), 4)})`}`;
}

function fields(d: Dissect, b: Uint8Array, off: number, flags: number, dataLen: number, n: Numbers): string {
  const showSeq = d.v > 1 || dataLen > 0 || (flags & (TCP_SYN | TCP_FIN | TCP_RST)) !== 0;
  const seq = showSeq ? `, seq ${n.seq}${dataLen > 0 ? `:${(n.seq + dataLen) >>> 0}` : ""}` : "";
  const ack = (flags & TCP_ACK) !== 0 ? `, ack ${n.ack}` : "";
  const urg = (flags & TCP_URG) !== 0 ? `, urg ${tcpUrgPtr(b, off)}` : "";
  return `${seq}${ack}, win ${tcpWindow(b, off)}${urg}`;
}

function options(b: Uint8Array, off: number, hlen: number, snap: number, n: Numbers): string {
  const end = Math.min(off + hlen, snap);
  if (hlen <= TCP_HLEN) return "";
  const words: string[] = [];
  let p = off + TCP_HLEN;
  while (p < end) {
    const kind = b[p] as number;
    if (kind === TCPOPT_NOP || kind === TCPOPT_EOL) {
      words.push(kind === TCPOPT_NOP ? "nop" : "eol");
      p++;
      if (kind === TCPOPT_EOL) break;
      continue;
    }
    const size = b[p + 1] ?? 0;
    if (size < 2 || p + size > end) {
      words.push("[bad opt]");
      break;
    }
    words.push(option(b, p, kind, size, n));
    p += size;
  }
  return `, options [${words.join(",")}]`;
}

function option(b: Uint8Array, p: number, kind: number, size: number, n: Numbers): string {
  switch (kind) {
    case TCPOPT_MSS:
      return `mss ${getU16(b, p + 2)}`;
    case TCPOPT_WINDOW:
      return `wscale ${b[p + 2]}`;
    case TCPOPT_SACK_PERM:
      return "sackOK";
    case TCPOPT_TIMESTAMP:
      return `TS val ${getU32(b, p + 2)} ecr ${getU32(b, p + 6)}`;
    case TCPOPT_SACK:
      return sack(b, p, size, n.sackBase);
    default:
      return `unknown-${kind}${size > 2 ? ` 0x${Array.from(b.subarray(p + 2, p + size), (x) => hex(x, 2)).join("")}` : ""}`;
  }
}

function sack(b: Uint8Array, p: number, size: number, base: number): string {
  const count = (size - 2) >>> 3;
  let text = `sack ${count} `;
  for (let i = 0; i < count; i++) {
    const at = p + 2 + 8 * i;
    text += `{${(getU32(b, at) - base) >>> 0}:${(getU32(b, at + 4) - base) >>> 0}}`;
  }
  return text;
}

function data(
  d: Dissect,
  b: Uint8Array,
  off: number,
  hlen: number,
  dataLen: number,
  snap: number,
  flags: number,
): string {
  const length = `, length ${dataLen}`;
  const bytes = b.subarray(off + hlen, Math.min(off + hlen + dataLen, snap));
  if (bytes.length === 0) return length;
  if ((flags & TCP_RST) !== 0) return d.v > 0 ? `${length} [RST ${printable(bytes)}]` : length;
  const http = HTTP_PORTS.has(tcpSport(b, off)) || HTTP_PORTS.has(tcpDport(b, off));
  return length + (http ? httpPrint(d, bytes) : "");
}

function printable(bytes: Uint8Array): string {
  return Array.from(bytes, (c) => (c >= 0x20 && c < 0x7f ? String.fromCharCode(c) : ".")).join("");
}
