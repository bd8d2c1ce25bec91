// print-arp.c: ARP for IPv4 with six-byte hardware addresses.

import { formatIpv4 } from "../addr/ipv4.ts";
import { formatMac, MAC_BROADCAST } from "../addr/mac.ts";
import {
  ARP_LEN,
  arpHln,
  arpHrd,
  arpOp,
  ARPOP_REPLY,
  ARPOP_REQUEST,
  arpPln,
  arpPro,
  arpSha,
  arpSip,
  arpTha,
  arpTip,
} from "../wire/arp-fields.ts";
import type { Dissect } from "./dissect.ts";

const HARDWARE: Readonly<Record<number, string>> = {
  1: "Ethernet",
  6: "TokenRing",
  7: "ArcNet",
  15: "FrameRelay",
  23: "Strip",
  24: "IEEE 1394",
};

export function arpPrint(d: Dissect, b: Uint8Array, off: number, len: number, snap: number): string {
  const word = d.e ? "" : "ARP, ";
  if (off + ARP_LEN > snap) return `${word} [|arp]`;
  const known = arpPro(b, off) === 0x0800 && arpHln(b, off) === 6 && arpPln(b, off) === 4;
  const types =
    d.v > 0
      ? `${HARDWARE[arpHrd(b, off)] ?? `Unknown Hardware (${arpHrd(b, off)})`} (len ${arpHln(b, off)}), IPv4 (len ${arpPln(b, off)}), `
      : "";
  if (!known)
    return `${word}not decoded: hardware type ${arpHrd(b, off)}, protocol type 0x${arpPro(b, off).toString(16)}, length ${len}`;
  return `${word}${types}${arpBody(b, off)}, length ${len}`;
}

function arpBody(b: Uint8Array, off: number): string {
  switch (arpOp(b, off)) {
    case ARPOP_REQUEST: {
      const tha = arpTha(b, off);
      const target = tha === 0 || tha === MAC_BROADCAST ? "" : ` (${formatMac(tha)})`;
      return `Request who-has ${formatIpv4(arpTip(b, off))}${target} tell ${formatIpv4(arpSip(b, off))}`;
    }
    case ARPOP_REPLY:
      return `Reply ${formatIpv4(arpSip(b, off))} is-at ${formatMac(arpSha(b, off))}`;
    case 3:
      return `Reverse Request who-is ${formatMac(arpTha(b, off))} tell ${formatMac(arpSha(b, off))}`;
    case 4:
      return `Reverse Reply ${formatMac(arpTha(b, off))} at ${formatIpv4(arpTip(b, off))}`;
    default:
      return `Unknown (${arpOp(b, off)})`;
  }
}
