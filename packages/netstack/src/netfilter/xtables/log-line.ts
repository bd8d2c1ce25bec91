// The body of a LOG line (net/netfilter/nf_log_syslog.c): everything behind the prefix, with its trailing space.

import { formatIpv4 } from "../../addr/ipv4.ts";
import { formatMac } from "../../addr/mac.ts";
import type { Packet } from "../../skb/packet.ts";
import { getU16, getU32, getU48 } from "../../wire/bytes.ts";
import {
  IP_DF,
  IP_MF,
  IP_OFFSET,
  ipDaddr,
  ipFragOff,
  ipHdrLen,
  ipId,
  ipProto,
  ipSaddr,
  ipTos,
  ipTotLen,
  ipTtl,
} from "../../wire/ipv4-fields.ts";
import type { XtContext } from "./context.ts";

/** XT_LOG_*. */
const LOG_TCPSEQ = 1;
const LOG_TCPOPT = 2;
const LOG_IPOPT = 4;
const LOG_UID = 8;
const LOG_MACDECODE = 32;
const IP_CE = 0x8000;

function hexBytes(b: Uint8Array, from: number, to: number, separator: string): string {
  return Array.from(b.subarray(from, to), (x) => x.toString(16).padStart(2, "0")).join(separator);
}

function macText(pkt: Packet, flags: number): string {
  if (pkt.mac < 0 || pkt.mac >= pkt.nh) return "MAC= ";
  const { buf, mac } = pkt;
  if ((flags & LOG_MACDECODE) !== 0) {
    return `MACSRC=${formatMac(getU48(buf, mac + 6))} MACDST=${formatMac(getU48(buf, mac))} MACPROTO=${getU16(
      buf,
      mac + 12,
    )
      .toString(16)
      .padStart(4, "0")} `;
  }
  return `MAC=${hexBytes(buf, mac, mac + 14, ":")} `;
}

const TCP_FLAGS: readonly (readonly [string, number])[] = [
  ["CWR", 128],
  ["ECE", 64],
  ["URG", 32],
  ["ACK", 16],
  ["PSH", 8],
  ["RST", 4],
  ["SYN", 2],
  ["FIN", 1],
];

type Dump = (b: Uint8Array, at: number, end: number, flags: number) => string;

const dumpTcp: Dump = (b, at, end, flags) => {
  if (end - at < 20) return `INCOMPLETE [${Math.max(0, end - at)} bytes] `;
  let text = `SPT=${getU16(b, at)} DPT=${getU16(b, at + 2)} `;
  if ((flags & LOG_TCPSEQ) !== 0) text += `SEQ=${getU32(b, at + 4)} ACK=${getU32(b, at + 8)} `;
  text += `WINDOW=${getU16(b, at + 14)} RES=0x${(((b[at + 12] as number) & 15) << 2).toString(16).padStart(2, "0")} `;
  for (const [name, bit] of TCP_FLAGS) if (((b[at + 13] as number) & bit) !== 0) text += `${name} `;
  text += `URGP=${getU16(b, at + 18)} `;
  const header = ((b[at + 12] as number) >>> 4) * 4;
  if ((flags & LOG_TCPOPT) === 0 || header <= 20) return text;
  return `${text}OPT (${hexBytes(b, at + 20, Math.min(at + header, end), "").toUpperCase()}) `;
};

const dumpUdp: Dump = (b, at, end) => {
  if (end - at < 8) return `INCOMPLETE [${Math.max(0, end - at)} bytes] `;
  return `SPT=${getU16(b, at)} DPT=${getU16(b, at + 2)} LEN=${getU16(b, at + 4)} `;
};

/** ICMP of the packet itself (`inner` false) quotes the packet inside once. */
function dumpIcmp(b: Uint8Array, at: number, end: number, flags: number, inner: boolean): string {
  if (end - at < 8) return `INCOMPLETE [${Math.max(0, end - at)} bytes] `;
  const type = b[at] as number;
  const code = b[at + 1] as number;
  let text = `TYPE=${type} CODE=${code} `;
  if (type === 8 || type === 0) return `${text}ID=${getU16(b, at + 4)} SEQ=${getU16(b, at + 6)} `;
  if (type === 12) return `${text}PARAMETER=${b[at + 4]} `;
  if (type === 5) text += `GATEWAY=${formatIpv4(getU32(b, at + 4))} `;
  if (type !== 3 && type !== 4 && type !== 5 && type !== 11) return text;
  if (!inner) text += `[${dumpIpv4(b, at + 8, end, flags, true)}] `;
  return type === 3 && code === 4 ? `${text}MTU=${getU16(b, at + 6)} ` : text;
}

function dumpProto(b: Uint8Array, nh: number, end: number, flags: number, inner: boolean): string {
  const at = nh + ipHdrLen(b, nh);
  const first = (ipFragOff(b, nh) & IP_OFFSET) === 0;
  switch (ipProto(b, nh)) {
    case 6:
      return `PROTO=TCP ${first ? dumpTcp(b, at, end, flags) : ""}`;
    case 17:
      return `PROTO=UDP ${first ? dumpUdp(b, at, end, flags) : ""}`;
    case 136:
      return `PROTO=UDPLITE ${first ? dumpUdp(b, at, end, flags) : ""}`;
    case 1:
      return `PROTO=ICMP ${first ? dumpIcmp(b, at, end, flags, inner) : ""}`;
    default:
      return `PROTO=${ipProto(b, nh)} `;
  }
}

/** dump_ipv4_packet. */
function dumpIpv4(b: Uint8Array, nh: number, end: number, flags: number, inner: boolean): string {
  if (end - nh < 20) return "TRUNCATED";
  const two = (x: number): string => x.toString(16).toUpperCase().padStart(2, "0");
  const tos = ipTos(b, nh);
  const frag = ipFragOff(b, nh);
  let text = `SRC=${formatIpv4(ipSaddr(b, nh))} DST=${formatIpv4(ipDaddr(b, nh))} LEN=${ipTotLen(b, nh)} TOS=0x${two(tos & 0x1e)} PREC=0x${two(tos & 0xe0)} TTL=${ipTtl(b, nh)} ID=${ipId(b, nh)} `;
  if ((frag & IP_CE) !== 0) text += "CE ";
  if ((frag & IP_DF) !== 0) text += "DF ";
  if ((frag & IP_MF) !== 0) text += "MF ";
  if ((frag & IP_OFFSET) !== 0) text += `FRAG:${frag & IP_OFFSET} `;
  const header = ipHdrLen(b, nh);
  if ((flags & LOG_IPOPT) !== 0 && header > 20) text += `OPT (${hexBytes(b, nh + 20, nh + header, "").toUpperCase()}) `;
  return text + dumpProto(b, nh, end, flags, inner);
}

/** `IN=… OUT=… MAC=… SRC=…`, with these XT_LOG_* flags. */
export function logLine(c: XtContext, flags: number): string {
  const { pkt } = c;
  let text = `IN=${c.inName} OUT=${c.outName} `;
  const { physindev, physoutdev } = pkt.nfBridge ?? { physindev: null, physoutdev: null };
  if (physindev !== null && physindev !== c.in) text += `PHYSIN=${physindev.name} `;
  if (physoutdev !== null && physoutdev !== c.out) text += `PHYSOUT=${physoutdev.name} `;
  if (c.in !== null) text += macText(pkt, flags);
  text += dumpIpv4(c.buf, c.nh, pkt.tail, flags, false);
  // Every process of a node runs as root here.
  if ((flags & LOG_UID) !== 0 && pkt.sk !== null) text += "UID=0 GID=0 ";
  return pkt.mark === 0 ? text : `${text}MARK=0x${pkt.mark.toString(16)} `;
}
