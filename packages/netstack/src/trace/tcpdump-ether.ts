// print-ether.c: link header, VLAN tags, and which layer comes next.

import { formatMac } from "../addr/mac.ts";
import { getU16 } from "../wire/bytes.ts";
import { ETH_HLEN, ETH_P_8021Q, ETH_P_ARP, ETH_P_IP, ETH_P_IPV6, ethDst, ethProto, ethSrc } from "../wire/ethernet.ts";
import type { Dissect } from "./dissect.ts";
import { hex } from "./dissect.ts";
import { arpPrint } from "./tcpdump-arp.ts";

const ETHERTYPE_NAMES: Readonly<Record<number, string>> = {
  [ETH_P_IP]: "IPv4",
  [ETH_P_ARP]: "ARP",
  [ETH_P_IPV6]: "IPv6",
  [ETH_P_8021Q]: "802.1Q",
  0x8808: "MPCP",
  0x88cc: "LLDP",
};

export function etherPrint(d: Dissect, b: Uint8Array, off: number, len: number, snap: number): string {
  if (off + ETH_HLEN > snap) return " [|ether]";
  const type = ethProto(b, off);
  const head = d.e
    ? `${formatMac(ethSrc(b, off))} > ${formatMac(ethDst(b, off))}, ${ethertypeText(d, type)}, length ${len}: `
    : "";
  return head + payload(d, b, off, off + ETH_HLEN, type, len - ETH_HLEN, snap);
}

/** `ethertype IPv4 (0x0800)`, `IPv4` with -q. */
function ethertypeText(d: Dissect, type: number): string {
  const name = ETHERTYPE_NAMES[type];
  if (d.q) return name ?? `Unknown Ethertype (0x${hex(type, 4)})`;
  return `ethertype ${name ?? "Unknown"} (0x${hex(type, 4)})`;
}

/** `frame` is where the link header began, for the dump of unknown types. */
function payload(
  d: Dissect,
  b: Uint8Array,
  frame: number,
  off: number,
  type: number,
  len: number,
  snap: number,
): string {
  switch (type) {
    case ETH_P_IP:
      return d.ip(d, b, off, len, snap);
    case ETH_P_ARP:
      return arpPrint(d, b, off, len, snap);
    case ETH_P_8021Q:
      return vlan(d, b, frame, off, len, snap);
    case ETH_P_IPV6:
      return `${d.e ? "" : "IP6 "}not decoded, length ${len}`;
    default:
      return unknown(d, b, frame, off, type, len, snap);
  }
}

function vlan(d: Dissect, b: Uint8Array, frame: number, off: number, len: number, snap: number): string {
  if (off + 4 > snap) return " [|vlan]";
  const tci = getU16(b, off);
  const type = getU16(b, off + 2);
  const dei = (tci & 0x1000) !== 0 ? ", DEI" : "";
  const head = d.e ? `vlan ${tci & 0xfff}, p ${tci >>> 13}${dei}, ${ethertypeText(d, type)}, ` : "";
  return head + payload(d, b, frame, off + 4, type, len - 4, snap);
}

/** Without -e the link header is shown after all, then the bytes (not with -q). */
function unknown(
  d: Dissect,
  b: Uint8Array,
  frame: number,
  off: number,
  type: number,
  len: number,
  snap: number,
): string {
  const head = d.e
    ? ""
    : `${formatMac(ethSrc(b, frame))} > ${formatMac(ethDst(b, frame))}, ${ethertypeText(d, type)}, length ${len + off - frame}: `;
  return head + (d.q ? "" : hexDump(b, off, snap));
}

/** hex_and_ascii_print: 16 bytes per line, in groups of two. */
function hexDump(b: Uint8Array, off: number, snap: number): string {
  let text = "";
  for (let at = off; at < snap; at += 16) {
    const row = b.subarray(at, Math.min(at + 16, snap));
    let groups = "";
    for (let i = 0; i < row.length; i += 2)
      groups += ` ${hex(row[i] as number, 2)}${i + 1 < row.length ? hex(row[i + 1] as number, 2) : ""}`;
    const ascii = Array.from(row, (c) => (c > 0x20 && c < 0x7f ? String.fromCharCode(c) : ".")).join("");
    text += `\n\t0x${hex(at - off, 4)}: ${groups.padEnd(40)}  ${ascii}`;
  }
  return text;
}
