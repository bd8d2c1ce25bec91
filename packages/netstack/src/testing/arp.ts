// ARP packets as values (RFC 826).

import type { Ipv4 } from "../addr/ipv4.ts";
import type { Mac } from "../addr/mac.ts";
import {
  ARP_LEN,
  ARPHRD_ETHER,
  arpHln,
  arpHrd,
  arpOp,
  arpPln,
  arpPro,
  arpSha,
  arpSip,
  arpTha,
  arpTip,
  arpWrite,
} from "../wire/arp-fields.ts";
import { ETH_P_IP } from "../wire/ethernet.ts";

export interface ArpRepr {
  /** ARPOP_*. */
  readonly op: number;
  readonly sha: Mac;
  readonly sip: Ipv4;
  readonly tha: Mac;
  readonly tip: Ipv4;
}

/** Undefined: too short, or not IPv4 over Ethernet. */
export function parseArp(b: Uint8Array): ArpRepr | undefined {
  if (
    b.length < ARP_LEN ||
    arpHrd(b, 0) !== ARPHRD_ETHER ||
    arpPro(b, 0) !== ETH_P_IP ||
    arpHln(b, 0) !== 6 ||
    arpPln(b, 0) !== 4
  )
    return undefined;
  return { op: arpOp(b, 0), sha: arpSha(b, 0), sip: arpSip(b, 0), tha: arpTha(b, 0), tip: arpTip(b, 0) };
}

export function emitArp(r: ArpRepr): Uint8Array {
  const b = new Uint8Array(ARP_LEN);
  arpWrite(b, 0, r.op, r.sha, r.sip, r.tha, r.tip);
  return b;
}
